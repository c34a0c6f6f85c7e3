// What ccb's own paths refuse, and how: the envelope, the right status, a next step, and never an echo.
import { describe, expect, test } from "bun:test";
import { createWorld, eventually } from "../support/world.ts";
import type { JsonReply } from "../support/world.ts";

const CANARY = "sk-ant-canary-0123456789abcdef";
const JSON_TYPE = { "content-type": "application/json" };

function envelope(reply: JsonReply, status: number, type: string): void {
  expect(reply.status).toBe(status);
  expect(reply.headers.get("content-type")).toBe("application/json");
  expect(reply.body).toEqual({
    type: "error",
    error: { type, message: expect.stringMatching(/\w{3}/) },
    request_id: reply.headers.get("x-ccb-request-id"),
  });
  expect(reply.body.request_id).toMatch(/^ccb_[0-9a-f]{24}$/);
  expect(reply.headers.get("x-should-retry")).toBe(status < 500 ? "false" : null);
  expect(reply.text).not.toContain("canary");
}

describe("unknown paths", () => {
  for (const path of [
    "/page",
    "/nothing",
    "/oauth",
    "/oauth/",
    "/oauth/nothing",
    "/v1",
    "/v2/messages",
    `/${CANARY}`,
    `/oauth/tokens/a/${CANARY}`,
    "/health/x",
    "/docs/x",
    "//v1/messages",
    "/%2e%2e/etc/passwd",
    "/%FF",
  ]) {
    for (const method of ["GET", "POST", "DELETE"]) {
      test(`${method} ${path}`, async () => {
        await using world = await createWorld();
        const init = method === "POST" ? { method, headers: JSON_TYPE, body: `{"code":"${CANARY}` } : { method };
        const reply = await world.json(path, init);
        envelope(reply, 404, "not_found_error");
        expect(reply.body.error.message).toContain("/docs");
      });
    }
  }
});

describe("wrong methods say which are right", () => {
  const rows: readonly (readonly [string, string, readonly string[]])[] = [
    ["/oauth/generate-url", "GET, HEAD", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]],
    ["/oauth/status", "GET, HEAD", ["POST", "DELETE", "OPTIONS"]],
    ["/oauth/exchange-code", "POST", ["GET", "HEAD", "PUT", "DELETE"]],
    ["/oauth/refresh/me@example.com", "POST", ["GET", "HEAD", "DELETE"]],
    ["/oauth/tokens", "DELETE", ["GET", "HEAD", "POST", "PUT"]],
    ["/oauth/tokens/me@example.com", "DELETE", ["GET", "POST"]],
    ["/oauth/tokens/me@example.com/pause", "POST", ["GET", "HEAD", "DELETE"]],
    ["/oauth/tokens/me@example.com/resume", "POST", ["GET", "DELETE"]],
    ["/health", "GET, HEAD", ["POST", "DELETE"]],
    ["/providers", "GET, HEAD", ["POST"]],
    ["/providers/reload", "POST", ["GET", "HEAD", "DELETE"]],
    ["/providers/reload/enable", "POST", ["GET", "PUT"]],
    ["/providers/Claude%20Code%20Official/disable", "POST", ["GET", "DELETE"]],
    ["/requests", "GET, HEAD", ["POST", "DELETE"]],
    ["/requests/ccb_0f1e2d3c4b5a69788796a5b4", "GET, HEAD", ["POST", "DELETE"]],
    ["/requests/events", "GET, HEAD", ["POST"]],
    ["/usage", "GET, HEAD", ["POST", "DELETE"]],
    ["/metrics", "GET, HEAD", ["POST"]],
    ["/callback", "GET", ["HEAD", "POST"]],
    ["/docs", "GET, HEAD", ["POST"]],
    ["/docs/json", "GET, HEAD", ["PUT"]],
  ];
  for (const [path, allow, methods] of rows) {
    test(path, async () => {
      await using world = await createWorld();
      for (const method of methods) {
        const reply = await world.json(path, { method });
        expect([method, reply.status, reply.headers.get("allow")]).toEqual([method, 405, allow]);
        if (method === "HEAD") expect(reply.text).toBe("");
        else envelope(reply, 405, "invalid_request_error");
      }
    });
  }
});

describe("POST /oauth/exchange-code refuses", () => {
  const rows: readonly (readonly [string, RequestInit, number, string, string?])[] = [
    ["no content type", { body: new Uint8Array([123, 125]) }, 415, "invalid_request_error"],
    [
      "a form",
      { headers: { "content-type": "application/x-www-form-urlencoded" }, body: `code=${CANARY}` },
      415,
      "invalid_request_error",
    ],
    [
      "plain text",
      { headers: { "content-type": "text/plain" }, body: `{"code":"${CANARY}"}` },
      415,
      "invalid_request_error",
    ],
    [
      "a type that only begins so",
      { headers: { "content-type": "application/jsonp" }, body: "{}" },
      415,
      "invalid_request_error",
    ],
    ["broken JSON", { headers: JSON_TYPE, body: `{"code":"${CANARY}` }, 400, "invalid_request_error"],
    ["nothing", { headers: JSON_TYPE, body: "" }, 400, "invalid_request_error"],
    ["a list", { headers: JSON_TYPE, body: "[]" }, 422, "invalid_request_error"],
    ["null", { headers: JSON_TYPE, body: "null" }, 422, "invalid_request_error"],
    [
      "no code",
      { headers: JSON_TYPE, body: JSON.stringify({ account_email: "a@b.example" }) },
      422,
      "invalid_request_error",
      "code",
    ],
    ["an empty code", { headers: JSON_TYPE, body: JSON.stringify({ code: "" }) }, 422, "invalid_request_error", "code"],
    [
      "a code that is a number",
      { headers: JSON_TYPE, body: JSON.stringify({ code: 42 }) },
      422,
      "invalid_request_error",
      "code",
    ],
    [
      "a code that is an object",
      { headers: JSON_TYPE, body: JSON.stringify({ code: { secret: CANARY } }) },
      422,
      "invalid_request_error",
      "code",
    ],
    [
      "an over-long code",
      { headers: JSON_TYPE, body: JSON.stringify({ code: CANARY.repeat(400) }) },
      422,
      "invalid_request_error",
      "code",
    ],
    [
      "an over-long state",
      { headers: JSON_TYPE, body: JSON.stringify({ code: "x", state: CANARY.repeat(40) }) },
      422,
      "invalid_request_error",
      "state",
    ],
    [
      "an email that is none",
      { headers: JSON_TYPE, body: JSON.stringify({ code: "x", account_email: CANARY }) },
      422,
      "invalid_request_error",
      "account_email",
    ],
    [
      "an email with a line end",
      { headers: JSON_TYPE, body: JSON.stringify({ code: "x", account_email: "a@b.example\r\nx: y" }) },
      422,
      "invalid_request_error",
      "account_email",
    ],
    [
      "an over-long email",
      { headers: JSON_TYPE, body: JSON.stringify({ code: "x", account_email: `${"a".repeat(320)}@b.example` }) },
      422,
      "invalid_request_error",
      "account_email",
    ],
    [
      "a field that nobody asked for",
      { headers: JSON_TYPE, body: JSON.stringify({ code: "x", password: CANARY }) },
      422,
      "invalid_request_error",
      "password",
    ],
    [
      "a secret for a name",
      { headers: JSON_TYPE, body: JSON.stringify({ code: "x", [CANARY]: 1 }) },
      422,
      "invalid_request_error",
    ],
    ["__proto__", { headers: JSON_TYPE, body: `{"code":"x","__proto__":{"state":"y"}}` }, 422, "invalid_request_error"],
    [
      "a body over the limit",
      { headers: JSON_TYPE, body: JSON.stringify({ code: CANARY.repeat(4000) }) },
      413,
      "request_too_large",
    ],
    [
      "a code that is none",
      { headers: JSON_TYPE, body: JSON.stringify({ code: `${CANARY} and more` }) },
      400,
      "invalid_request_error",
    ],
    [
      "a code that nobody waits for",
      { headers: JSON_TYPE, body: JSON.stringify({ code: `${CANARY}#${CANARY}` }) },
      400,
      "invalid_request_error",
    ],
  ];
  for (const [what, init, status, type, field] of rows) {
    test(what, async () => {
      await using world = await createWorld();
      const reply = await world.json("/oauth/exchange-code", { method: "POST", ...init });
      envelope(reply, status, type);
      if (field !== undefined) expect(reply.body.error.message).toContain(field);
      expect(world.log.text()).not.toContain("canary");
      expect(world.oauth.calls.length).toBe(0);
    });
  }

  test("a body over the limit that comes in pieces and does not say its length", async () => {
    await using world = await createWorld();
    const pieces = Array.from({ length: 100 }, () => new TextEncoder().encode(CANARY.repeat(64)));
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = pieces.pop();
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
    });
    envelope(
      await world.json("/oauth/exchange-code", { method: "POST", headers: JSON_TYPE, body }),
      413,
      "request_too_large",
    );
  });

  test("a body that stops arriving, after 10 s", async () => {
    await using world = await createWorld();
    let pulled = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (!pulled) controller.enqueue(new TextEncoder().encode(`{"code":"${CANARY}`));
        pulled = true;
      },
    });
    const reply = world.json("/oauth/exchange-code", { method: "POST", headers: JSON_TYPE, body });
    await eventually("the body is read", () => pulled);
    await Bun.sleep(5);
    await world.clock.advance(11_000);
    envelope(await reply, 408, "invalid_request_error");
  });

  test("JSON with a charset, or of a subtype, is JSON", async () => {
    await using world = await createWorld();
    for (const type of ["application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json"]) {
      const reply = await world.json("/oauth/exchange-code", {
        method: "POST",
        headers: { "content-type": type },
        body: '{"code":"x"}',
      });
      expect(reply.body.error.message).toContain("No sign-in is waiting");
    }
  });
});

describe("account paths", () => {
  for (const [what, path, status, type] of [
    ["an unknown account", "/oauth/refresh/nobody@example.com", 404, "not_found_error"],
    ["a secret for a name", `/oauth/refresh/${CANARY}`, 404, "not_found_error"],
    ["escapes that are no UTF-8", "/oauth/refresh/%FF%FE", 400, "invalid_request_error"],
    ["a broken escape", "/oauth/refresh/%zz", 400, "invalid_request_error"],
    ["a very long name", `/oauth/refresh/${"a".repeat(5_000)}`, 404, "not_found_error"],
  ] as const) {
    test(what, async () => {
      await using world = await createWorld();
      envelope(await world.json(path, { method: "POST" }), status, type);
      envelope(await world.json(path.replace("refresh", "tokens"), { method: "DELETE" }), status, type);
    });
  }

  test("a body that is not asked for is no reason to refuse", async () => {
    await using world = await createWorld();
    await world.signIn();
    for (const init of [{ headers: JSON_TYPE, body: "{ half" }, {}]) {
      expect((await world.json("/oauth/refresh/user1@example.com", { method: "POST", ...init })).status).toBe(200);
    }
    expect((await world.json("/oauth/tokens", { method: "DELETE", headers: JSON_TYPE, body: "{ half" })).status).toBe(
      200,
    );
  });
});

test("a Host that the router would misread is refused", async () => {
  await using world = await createWorld();
  for (const host of ["x", "a.b"]) {
    const response = await world.app.handle(new Request(`http://${host}/health`), () => {});
    expect([host, response.status]).toEqual([host, 400]);
    expect(await response.json()).toMatchObject({
      type: "error",
      error: { type: "invalid_request_error" },
    });
  }
});

describe("HEAD", () => {
  for (const path of [
    "/health",
    "/oauth/status",
    "/oauth/generate-url",
    "/providers",
    "/docs",
    "/docs/json",
    "/nothing",
  ]) {
    test(`${path}: GET's status and headers, no content`, async () => {
      await using world = await createWorld();
      const get = await world.request(path);
      const head = await world.request(path, { method: "HEAD" });
      expect(await head.text()).toBe("");
      expect([head.status, head.headers.get("content-type")]).toEqual([get.status, get.headers.get("content-type")]);
      expect(Math.abs(Number(head.headers.get("content-length")) - (await get.arrayBuffer()).byteLength)).toBeLessThan(
        3,
      );
    });
  }
});
