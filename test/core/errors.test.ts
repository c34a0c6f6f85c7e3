// The table of codes, and what each becomes over HTTP.
import { describe, expect, test } from "bun:test";
import { CcbError, codeOf, ERROR_TABLE } from "../../src/core/errors.ts";
import type { ErrorCode } from "../../src/core/errors.ts";
import { toErrorResponse } from "../../src/http/errors.ts";
import { VaultError } from "../../src/vault/vault.ts";

const isCode = (name: string): name is ErrorCode => Object.hasOwn(ERROR_TABLE, name);
const CODES = Object.keys(ERROR_TABLE).filter(isCode);

/** design.md, HTTP: which types a status may have. */
const TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  405: "invalid_request_error",
  408: "invalid_request_error",
  409: "conflict_error",
  413: "request_too_large",
  415: "invalid_request_error",
  422: "invalid_request_error",
  429: "rate_limit_error",
  499: "invalid_request_error",
  500: "api_error",
  502: "api_error",
  503: "api_error",
  504: "timeout_error",
};

async function respond(error: unknown, language: "en" | "zh-CN" = "en") {
  const response = toErrorResponse(error, language, "ccb_test");
  const body: unknown = await response.json();
  return { response, body };
}

describe("every code", () => {
  for (const code of CODES) {
    test(code, async () => {
      const { response, body } = await respond(new CcbError(code, () => "What to do next."));
      const { status, type } = ERROR_TABLE[code];
      expect(response.status).toBe(status);
      expect<string | undefined>(type).toBe(TYPES[status]);
      expect(response.headers.get("content-type")).toBe("application/json");
      expect(response.headers.get("x-ccb-request-id")).toBe("ccb_test");
      expect(body).toEqual({ type: "error", error: { type, message: "What to do next." }, request_id: "ccb_test" });
      // Claude Code shows a 4xx with this to the person at once; 5xx and short 429s it tries again by itself.
      expect(response.headers.get("x-should-retry")).toBe(status < 500 && status !== 429 ? "false" : null);
    });
  }
});

describe("429", () => {
  const rows: readonly (readonly [number | undefined, string | null, string | null])[] = [
    // retry after, the header, x-should-retry
    [1, "1", null],
    [60, "60", null],
    [60.2, "61", "false"],
    [61, "61", "false"],
    [3_600, "3600", "false"],
    [0, "1", null],
    [0.2, "1", null],
  ];
  for (const [seconds, header, retry] of rows) {
    test(`retry after ${seconds} s`, async () => {
      const options = seconds === undefined ? {} : { retryAfterSeconds: seconds };
      const { response } = await respond(new CcbError("oauth_rate_limited", () => "Wait.", options));
      expect(response.headers.get("retry-after")).toBe(header);
      expect(response.headers.get("x-should-retry")).toBe(retry);
    });
  }
});

test("a 503 says when to come back, in whole seconds", async () => {
  const { response } = await respond(new CcbError("keyring_unreadable", () => "Unlock.", { retryAfterSeconds: 4.1 }));
  expect([response.status, response.headers.get("retry-after"), response.headers.get("x-should-retry")]).toEqual([
    503,
    "5",
    null,
  ]);
});

test("no retry-after where none was given", async () => {
  const { response } = await respond(new CcbError("not_found", () => "Nothing."));
  expect(response.headers.get("retry-after")).toBeNull();
});

test("what is not of the family is hidden behind a 500, in the reader's language", async () => {
  for (const error of [
    new Error("secret sk-ant-oat01-x"),
    new VaultError("locked", "sk-ant-oat01-x"),
    "sk-ant-oat01-x",
    null,
    undefined,
  ]) {
    const { response, body } = await respond(error);
    expect(response.status).toBe(500);
    expect(JSON.stringify(body)).not.toContain("sk-ant");
    expect(JSON.stringify((await respond(error, "zh-CN")).body)).toMatch(/[\u4e00-\u9fff]/);
  }
});

test("the message is said in the reader's language, the error's own in English", async () => {
  const error = new CcbError("not_found", (words) => words.http.notFound);
  expect(error.message).toContain("There is nothing at this path");
  expect((await respond(error, "zh-CN")).body).toMatchObject({
    error: { message: expect.stringMatching(/[\u4e00-\u9fff]/) },
  });
});

test("codeOf tells a code and never a message", () => {
  expect(codeOf(new CcbError("internal", () => "text"))).toBe("internal");
  expect(codeOf(Object.assign(new Error("https://user:secret@host"), { code: "ECONNREFUSED" }))).toBe("ECONNREFUSED");
  expect(codeOf(new TypeError("secret"))).toBe("TypeError");
  expect(codeOf("secret")).toBe("string");
  expect(codeOf(undefined)).toBe("undefined");
  expect(codeOf({ code: 42 })).toBe("object");
});
