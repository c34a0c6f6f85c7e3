// What the token endpoint's answers mean: each row of the facts' table, and success with everything that may be wrong in it.
import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import * as fc from "fast-check";
import { Secret } from "../../src/core/secret.ts";
import { postJson } from "../../src/oauth/client.ts";
import type { EndpointReply } from "../../src/oauth/client.ts";
import {
  isRefusal,
  processTokenReply,
  toError,
  toExchangeRequest,
  toRefreshRequest,
  toRevocationRequest,
} from "../../src/oauth/endpoint.ts";
import type { Refusal, TokenReply } from "../../src/oauth/endpoint.ts";

const NOW = Date.UTC(2026, 0, 15, 12);
const reply = (status: number, body: unknown, more: Partial<EndpointReply> = {}): EndpointReply => ({
  status,
  contentType: typeof body === "string" ? "text/html; charset=UTF-8" : "application/json",
  retryAfter: null,
  mitigated: false,
  text: typeof body === "string" ? body : JSON.stringify(body),
  ...more,
});

describe("refusals", () => {
  const CHALLENGE = "<!DOCTYPE html><title>Just a moment...</title>";
  const rows: readonly (readonly [string, EndpointReply, Refusal, string | null, string])[] = [
    // what, the answer, its meaning, the code for the log, what ccb answers at a sign-in
    [
      "invalid_grant",
      reply(400, { error: "invalid_grant", error_description: "Refresh token not found or invalid" }),
      "invalid_grant",
      "invalid_grant",
      "login_code_invalid",
    ],
    [
      "invalid_grant under 401",
      reply(401, { error: "invalid_grant" }),
      "invalid_grant",
      "invalid_grant",
      "login_code_invalid",
    ],
    [
      "invalid_grant as an object",
      reply(400, { error: { type: "invalid_grant" } }),
      "invalid_grant",
      "invalid_grant",
      "login_code_invalid",
    ],
    [
      "invalid_grant under 500",
      reply(500, { error: "invalid_grant" }),
      "invalid_grant",
      "invalid_grant",
      "login_code_invalid",
    ],
    [
      "invalid_scope",
      reply(400, {
        error: "invalid_scope",
        error_description: "The requested scope is invalid, unknown, or malformed.",
      }),
      "refused",
      "invalid_scope",
      "oauth_denied",
    ],
    [
      "429 with an object",
      reply(429, { error: { type: "rate_limit_error", message: "Rate limited. Please try again later." } }),
      "rate_limited",
      "rate_limit_error",
      "oauth_rate_limited",
    ],
    [
      "a throttle under another status",
      reply(400, { error: { type: "rate_limit_error" } }),
      "rate_limited",
      "rate_limit_error",
      "oauth_rate_limited",
    ],
    ["429 with nothing", reply(429, ""), "rate_limited", null, "oauth_rate_limited"],
    ["429 as a page", reply(429, CHALLENGE), "rate_limited", null, "oauth_rate_limited"],
    ["a block page", reply(403, CHALLENGE), "blocked", null, "oauth_unavailable"],
    ["a block page that says so", reply(403, CHALLENGE, { mitigated: true }), "blocked", null, "oauth_unavailable"],
    [
      "a challenge without a type",
      reply(403, "x", { mitigated: true, contentType: "" }),
      "blocked",
      null,
      "oauth_unavailable",
    ],
    ["a page under 503", reply(503, CHALLENGE), "unavailable", null, "oauth_unavailable"],
    [
      "403 forbidden",
      reply(403, { error: { type: "forbidden", message: "Request not allowed" } }),
      "refused",
      "forbidden",
      "oauth_denied",
    ],
    ["404", reply(404, { error: { type: "not_found_error" } }), "unavailable", "not_found_error", "oauth_unavailable"],
    ["404 with nothing", reply(404, "", { contentType: "" }), "unavailable", null, "oauth_unavailable"],
    ["408", reply(408, "", { contentType: "" }), "unavailable", null, "oauth_unavailable"],
    ["500", reply(500, { error: "server_error" }), "unavailable", "server_error", "oauth_unavailable"],
    [
      "502 without JSON",
      reply(502, "bad gateway", { contentType: "text/plain" }),
      "unavailable",
      null,
      "oauth_unavailable",
    ],
    [
      "529",
      reply(529, { error: { type: "overloaded_error" } }),
      "unavailable",
      "overloaded_error",
      "oauth_unavailable",
    ],
    ["a redirect is not followed", reply(302, "", { contentType: "" }), "refused", null, "oauth_denied"],
    [
      "a code that is no code is not repeated",
      reply(400, { error: "the code ABC-123 is bad" }),
      "refused",
      null,
      "oauth_denied",
    ],
    ["200 with a page", reply(200, CHALLENGE), "invalid_reply", null, "oauth_reply_invalid"],
    ["200 with nothing", reply(200, ""), "invalid_reply", null, "oauth_reply_invalid"],
    ["200 with rubbish", reply(200, [1, 2, 3]), "invalid_reply", null, "oauth_reply_invalid"],
    ["200 with an error", reply(200, { error: "invalid_grant" }), "invalid_reply", null, "oauth_reply_invalid"],
  ];
  for (const [what, answer, meaning, error, code] of rows) {
    test(what, () => {
      const processed = processTokenReply(answer, NOW);
      if (!isRefusal(processed)) throw new Error("it was taken for tokens");
      expect([processed.refusal, processed.error, processed.status]).toEqual([meaning, error, answer.status]);
      expect<string>(toError(processed).code).toBe(code);
    });
  }

  test("retry-after in seconds and as a date reaches the person; without one a throttle says a minute", () => {
    const throttle = { error: { type: "rate_limit_error" } };
    const seconds = (retryAfter: string | null, status = 429): number | undefined => {
      const processed = processTokenReply(reply(status, status === 429 ? throttle : "x", { retryAfter }), NOW);
      return isRefusal(processed) ? toError(processed).retryAfterSeconds : undefined;
    };
    expect(seconds("7")).toBe(7);
    expect(seconds("Thu, 15 Jan 2026 12:02:00 GMT")).toBe(120);
    expect(seconds(null)).toBe(60);
    expect(seconds("rubbish")).toBe(60);
    expect(seconds("30", 503)).toBe(30);
    expect(seconds(null, 503)).toBeUndefined();
  });
});

const GOOD = {
  token_type: "Bearer",
  access_token: "sk-ant-oat01-aaa",
  expires_in: 28_800,
  refresh_token: "sk-ant-ort01-bbb",
  scope: "user:inference user:profile",
  account: { uuid: "acc-1", email_address: "me@example.com" },
  organization: { uuid: "org-1", name: "Example" },
};

function tokens(body: unknown): TokenReply {
  const processed = processTokenReply(reply(200, body), NOW);
  if (isRefusal(processed)) throw new Error(`refused: ${processed.refusal}`);
  return processed;
}

const plain = (value: TokenReply) => ({
  ...value,
  access: value.access.reveal(),
  refresh: value.refresh?.reveal() ?? null,
});
const FULL = {
  access: "sk-ant-oat01-aaa",
  refresh: "sk-ant-ort01-bbb",
  expiresIn: 28_800,
  scopes: ["user:inference", "user:profile"],
  accountUuid: "acc-1",
  email: "me@example.com",
  organizationUuid: "org-1",
  organizationName: "Example",
};

describe("success", () => {
  test("everything is read", () => expect(plain(tokens(GOOD))).toEqual(FULL));

  test("the three certain fields are enough", () => {
    const { token_type, access_token, expires_in } = GOOD;
    expect(plain(tokens({ token_type, access_token, expires_in }))).toEqual({
      ...FULL,
      refresh: null,
      scopes: null,
      accountUuid: null,
      email: null,
      organizationUuid: null,
      organizationName: null,
    });
  });

  const optional: readonly (readonly [string, object, Partial<typeof FULL> | Record<string, unknown>])[] = [
    ["a refresh token of a wrong type", { refresh_token: 42 }, { refresh: null }],
    ["an empty refresh token", { refresh_token: "" }, { refresh: null }],
    ["a scope of a wrong type", { scope: ["user:profile"] }, { scopes: null }],
    ["an empty scope", { scope: "" }, { scopes: [] }],
    ["an account that is null", { account: null }, { accountUuid: null, email: null }],
    ["an account that is a text", { account: "me" }, { accountUuid: null, email: null }],
    ["an account with an email alone", { account: { email_address: "me@example.com" } }, { accountUuid: null }],
    ["an email that is none", { account: { uuid: "acc-1", email_address: "nobody" } }, { email: null }],
    [
      "an email with a line end",
      { account: { uuid: "acc-1", email_address: "me@example.com\r\nx: y" } },
      { email: null },
    ],
    ["an organization without a name", { organization: { uuid: "org-1" } }, { organizationName: null }],
    ["an organization of a wrong type", { organization: 7 }, { organizationUuid: null, organizationName: null }],
    [
      "a name that would look like ccb's own",
      { organization: { uuid: "org-1", name: " A (B)\n" } },
      { organizationName: "A  B" },
    ],
    ["a name of nothing but brackets", { organization: { uuid: "org-1", name: "()" } }, { organizationName: null }],
    ["a token type in small letters", { token_type: "bearer" }, {}],
    ["no token type", { token_type: undefined }, {}],
    ["a token type that is null", { token_type: null }, {}],
    ["a token type that is no text", { token_type: 7 }, {}],
    ["an empty token type", { token_type: "" }, {}],
    // RFC 6749 appendix A.17: VSCHAR, and that begins with the blank. No header ever holds a refresh token.
    ["a refresh token with a blank", { refresh_token: "sk-ant-ort01 b" }, { refresh: "sk-ant-ort01 b" }],
    ["a refresh token of any length", { refresh_token: "r".repeat(50_000) }, { refresh: "r".repeat(50_000) }],
    // Dropping a rotated token would cost the account: it is kept, for an hour.
    ["no lifetime", { expires_in: undefined }, { expiresIn: 3600 }],
    ["a lifetime that is a text", { expires_in: "28800" }, { expiresIn: 3600 }],
    ["a lifetime before now", { expires_in: -1 }, { expiresIn: 3600 }],
    ["a lifetime of no end", { expires_in: 1e300 }, { expiresIn: 3600 }],
    ["fields that nobody knows", { new_field: { a: 1 }, token_uuid: "x" }, {}],
  ];
  for (const [what, change, expected] of optional) {
    test(`${what} loses no token`, () =>
      expect(plain(tokens({ ...GOOD, ...change }))).toEqual({ ...FULL, ...expected }));
  }

  test("another status of success loses no token", () => {
    // RFC 9110 §15.3.4: what a proxy changed on its way comes as 203.
    for (const status of [201, 203]) expect(processTokenReply(reply(status, GOOD), NOW)).not.toHaveProperty("refusal");
  });

  const fatal: readonly (readonly [string, object])[] = [
    ["no access token", { access_token: undefined }],
    ["an empty one", { access_token: "" }],
    ["one that would break a header", { access_token: "a\r\nx-evil: 1" }],
    ["a token type that is not Bearer", { token_type: "mac" }],
  ];
  for (const [what, change] of fatal) {
    test(`${what} is no success`, () => {
      expect(processTokenReply(reply(200, { ...GOOD, ...change }), NOW)).toMatchObject({ refusal: "invalid_reply" });
    });
  }
});

test("whatever comes, nothing is thrown and nothing of it is shown", () => {
  const canary = "sk-ant-ort01-canary-0123456789";
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.constant(canary),
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      tie("object"),
    ),
    object: fc.dictionary(
      fc.constantFrom(
        "error",
        "type",
        "message",
        "access_token",
        "refresh_token",
        "expires_in",
        "token_type",
        "scope",
        "account",
        "uuid",
        "name",
      ),
      tie("any"),
    ),
  })).any;
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 599 }), value, fc.boolean(), (status, body, html) => {
      const processed = processTokenReply(reply(status, body, html ? { contentType: "text/html" } : {}), NOW);
      if (!isRefusal(processed)) return;
      expect(JSON.stringify(processed)).not.toContain(canary);
      expect(inspect(toError(processed), { depth: 10 })).not.toContain(canary);
    }),
    { numRuns: 1_000 },
  );
});

test("a byte order mark before a reply loses no token", async () => {
  // RFC 8259 §8.1 forbids it and lets a reader ignore it, as Response.json() does.
  const deps = {
    fetch: async () => new Response(`\ufeff${JSON.stringify(GOOD)}`),
    clock: { now: () => NOW, monotonic: () => 0, after: () => () => {}, turn: async () => {} },
    route: () => ({ proxy: false as const }),
  };
  const processed = processTokenReply(await postJson(deps, "https://platform.claude.com/v1/oauth/token", {}), NOW);
  expect(isRefusal(processed)).toBe(false);
});

test("what is sent", () => {
  const client = { client_id: "id", authorize_url: "a", token_url: "t", redirect_uri: "r", scopes: "s" };
  expect(toExchangeRequest(client, new Secret("CODE"), "STATE", new Secret("VERIFIER"))).toEqual({
    grant_type: "authorization_code",
    code: "CODE",
    state: "STATE",
    client_id: "id",
    redirect_uri: "r",
    code_verifier: "VERIFIER",
  });
  // No scope: the server has answered invalid_scope to it.
  expect(toRefreshRequest(client, new Secret("R"))).toEqual({
    grant_type: "refresh_token",
    refresh_token: "R",
    client_id: "id",
  });
  expect(toRevocationRequest(client, new Secret("R"), "refresh_token")).toEqual({
    token: "R",
    token_type_hint: "refresh_token",
    client_id: "id",
  });
});
