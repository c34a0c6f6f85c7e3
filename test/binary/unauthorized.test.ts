// A refused token through the binary: renewed once, the next account, at last the 401 with the address for the client.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { messagesHandler } from "../support/anthropic.ts";
import type { Ccb } from "../support/binary.ts";
import { identity, startOAuthServer } from "../support/oauth-server.ts";
import type { OAuthServer } from "../support/oauth-server.ts";
import { error } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { eventually, settledNow } from "../support/world.ts";
import { envelopeOf, messagesRequest, parsed, requestLines, signIn, startOAuth } from "./_ccb.ts";
import type { Envelope } from "./_ccb.ts";
import { request } from "./_raw.ts";

const ANNA = identity("anna@example.com");
const BERT = identity("bert@example.com");

let oauth: OAuthServer;
let upstream: Upstream;
let ccb: Ccb;
beforeEach(async () => {
  oauth = await startOAuthServer();
  upstream = await startUpstream({ authorize: oauth.identify });
  upstream.handle(messagesHandler());
  ccb = await startOAuth(upstream.url, oauth);
});
afterEach(async () => {
  await ccb[Symbol.asyncDispose]();
  await upstream.stop();
  await oauth.stop();
});

const ask = (more: Readonly<Record<string, unknown>> = {}): Promise<Response> =>
  ccb.request("/v1/messages", messagesRequest(more));
const times = (text: string, part: string): number => text.split(part).length - 1;

describe("a token that expired upstream", () => {
  test("is renewed and the request sent again, without the client noticing", async () => {
    await signIn(ccb, oauth, ANNA);
    oauth.expire(ANNA.email);
    const reply = await ask();
    expect([reply.status, reply.headers.get("x-ccb-attempts")]).toEqual([200, "2"]);
    expect(oauth.refreshes).toBe(1);
    expect(upstream.requests.map(({ text }) => text)).toEqual([
      upstream.requests[0]?.text ?? "",
      upstream.requests[0]?.text ?? "",
    ]);
    expect(new Set(upstream.requests.map(({ bearer }) => bearer)).size).toBe(2);
  });

  test("is renewed once for 100 requests at the same time", async () => {
    await signIn(ccb, oauth, ANNA);
    oauth.expire(ANNA.email);
    const release = oauth.hold();
    const replies = Array.from({ length: 100 }, () => ask());
    await upstream.request(99);
    release();
    expect(new Set((await Promise.all(replies)).map(({ status }) => status))).toEqual(new Set([200]));
    expect([oauth.refreshes, oauth.reuse]).toEqual([1, 0]);
  });

  test("a stream is no exception, nor is a request without a body", async () => {
    await signIn(ccb, oauth, ANNA);
    oauth.expire(ANNA.email);
    expect(await (await ask({ stream: true })).text()).toContain("message_stop");
    oauth.expire(ANNA.email);
    expect((await ccb.request("/v1/models")).status).toBe(200);
    expect(oauth.refreshes).toBe(2);
  });

  test("a body that passes through once cannot be sent again: 503 with retry-after, and then it works", async () => {
    await signIn(ccb, oauth, ANNA);
    oauth.expire(ANNA.email);
    upstream.handle(() => error(404, "not_found_error", "taken"));
    const upload = { method: "POST", body: "x".repeat(3_000_000) };
    const release = oauth.hold();
    const answer = ccb.request("/v1/files", upload);
    await eventually("a refresh", () => oauth.calls.some(({ text }) => text.includes("refresh_token")));
    await Bun.sleep(50);
    // Not before the renewal is through: the next try would be refused as well.
    expect(await settledNow(answer)).toBe(false);
    release();
    const refused = await answer;
    expect([refused.headers.get("retry-after"), refused.headers.get("x-should-retry")]).toEqual(["1", null]);
    expect(await envelopeOf(refused)).toMatchObject({ status: 503, type: "api_error" });
    expect((await ccb.request("/v1/files", upload)).status).toBe(404);
    expect(oauth.refreshes).toBe(1);
  });
});

describe("an account that is refused for good", () => {
  test("the next one serves, and who was lost is said once", async () => {
    await signIn(ccb, oauth, ANNA);
    await signIn(ccb, oauth, BERT);
    oauth.revokeAll(ANNA.email);
    const replies = await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(upstream.perAccount.get(BERT.email)).toBe(20);
    expect(times(ccb.stderr, `The account ${ANNA.email} has to sign in again`)).toBe(1);
    // Others still serve: nobody is asked for a login.
    expect(ccb.stderr).not.toContain("AUTHORIZATION REQUIRED");
  });

  test("so it is where the upstream refuses even a token that was just renewed", async () => {
    await signIn(ccb, oauth, ANNA);
    await signIn(ccb, oauth, BERT);
    const answer = messagesHandler();
    upstream.handle((asked) =>
      asked.identity?.email === ANNA.email ? error(401, "authentication_error", "no") : answer(asked),
    );
    for (let index = 0; index < 4; index += 1) expect((await ask()).status).toBe(200);
    expect(oauth.refreshes).toBe(1);
    expect(upstream.perAccount.get(ANNA.email)).toBe(2);
  });

  test("a new sign-in brings it back", async () => {
    await signIn(ccb, oauth, ANNA);
    oauth.revokeAll(ANNA.email);
    expect((await ask()).status).toBe(401);
    await signIn(ccb, oauth, ANNA);
    expect((await ask()).status).toBe(200);
  });
});

describe("when no account is left", () => {
  test("the client gets the address to open, at once; the console prints the block once for 50 requests", async () => {
    await signIn(ccb, oauth, ANNA);
    oauth.revokeAll(ANNA.email);
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => request(ccb.port, "/v1/messages", { method: "POST" }, "{}")),
    );
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([401]));
    expect(new Set(replies.map(({ headers }) => headers["x-should-retry"]))).toEqual(new Set(["false"]));
    const messages = new Set(replies.map(({ text }) => parsed<Envelope>(text).error.message));
    expect(messages.size).toBe(1);
    const [message = ""] = messages;
    const [url = ""] = /http:\/\/127\.0\.0\.1:\d+\/oauth\/authorize\?\S+/.exec(message) ?? [];
    await ccb.output("AUTHORIZATION REQUIRED");
    expect(times(ccb.stderr, "AUTHORIZATION REQUIRED")).toBe(1);
    expect(ccb.stderr).toContain(
      [
        "🔐 CLAUDE CODE OFFICIAL AUTHORIZATION REQUIRED",
        `Please authorize: ${url}`,
        "After login, copy the 'code' parameter and run:",
        `curl -X POST http://localhost:${ccb.port}/oauth/exchange-code \\`,
        '     -H "Content-Type: application/json" \\',
        `     -d '{"code":"YOUR_CODE","account_email":"your@email.com"}'`,
        "",
      ].join("\n"),
    );
    // The address works: its code signs in, and the request that failed goes through.
    const { code } = oauth.authorize(url, ANNA);
    const exchanged = await ccb.request("/oauth/exchange-code", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code, account_email: ANNA.email }),
    });
    expect(exchanged.status).toBe(200);
    expect((await ask()).status).toBe(200);
    expect(times(ccb.stderr, "AUTHORIZATION REQUIRED")).toBe(1);
  });

  test("nobody signed in yet is the same, and nothing goes upstream", async () => {
    const error_ = await envelopeOf(await ask());
    expect(error_).toMatchObject({ status: 401, type: "authentication_error" });
    expect(error_.message).toContain("/oauth/authorize?code=true&client_id=");
    expect(upstream.requests).toEqual([]);
    expect((await requestLines(ccb, 1))[0]).toMatchObject({
      status: 401,
      error: "login_required",
      attempts: 0,
      bytes: 0,
    });
  });

  test("the reader's language, whatever the console's", async () => {
    const reply = await ccb.request("/v1/models", { headers: { "accept-language": "zh-CN,zh;q=0.9" } });
    expect((await envelopeOf(reply)).message).toMatch(/[\u4e00-\u9fff]{4}/);
  });
});

describe("a token endpoint that fails", () => {
  test("a refused token and no new one: 503 with a retry-after that clients wait for", async () => {
    await signIn(ccb, oauth, ANNA);
    oauth.expire(ANNA.email);
    oauth.failNext({
      status: 429,
      headers: { "retry-after": "7200" },
      body: { error: { type: "rate_limit_error" } },
      grant: "refresh_token",
    });
    const reply = await ask();
    const wait = Number(reply.headers.get("retry-after"));
    expect([wait > 0 && wait <= 60, reply.headers.get("x-should-retry")]).toEqual([true, null]);
    expect(await envelopeOf(reply)).toMatchObject({ status: 503, type: "api_error" });
    oauth.assertUsed();
  });

  test("the next account serves meanwhile", async () => {
    await signIn(ccb, oauth, ANNA);
    await signIn(ccb, oauth, BERT);
    oauth.expire(ANNA.email);
    oauth.failNext({ status: 429, headers: { "retry-after": "60" }, grant: "refresh_token" });
    for (let index = 0; index < 4; index += 1) expect((await ask()).status).toBe(200);
    expect(upstream.perAccount.get(BERT.email)).toBe(4);
    expect(ccb.stderr).not.toContain("has to sign in again");
  });
});

test("100 requests are shared 50 to 50", async () => {
  await signIn(ccb, oauth, ANNA);
  await signIn(ccb, oauth, BERT);
  const replies = await Promise.all(Array.from({ length: 100 }, () => ask()));
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
  expect([...upstream.perAccount.values()]).toEqual([50, 50]);
  // The account is an opaque id, never the email.
  const ids = new Set(replies.map(({ headers }) => headers.get("x-ccb-account")));
  expect([ids.size, [...ids].some((id) => id === null || id.includes("@"))]).toEqual([2, false]);
});
