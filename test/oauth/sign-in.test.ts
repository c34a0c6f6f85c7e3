// Signing in through the HTTP interface, against a real authorization server.
import { describe, expect, test } from "bun:test";
import { identity } from "../support/oauth-server.ts";
import { createScriptedVault } from "../support/scripted-vault.ts";
import { createWorld, eventually } from "../support/world.ts";

const me = identity("me@example.com", "First");

describe("the three forms", () => {
  for (const form of ["code", "pasted", "callbackUrl"] as const) {
    test(form, async () => {
      await using world = await createWorld();
      const authorization = await world.authorize(me);
      const reply = await world.post("/oauth/exchange-code", { code: `  ${authorization[form]}\n` });
      expect(reply.status).toBe(200);
      expect(reply.body).toEqual({
        status: "success",
        account_email: "me@example.com",
        expires_at: Math.floor(world.clock.now() / 1000) + 28_800,
        scopes: ["user:profile", "user:inference"],
        durable: true,
        notices: [],
      });
      expect((await world.message()).status).toBe(200);
      // The code alone is sent, with an honest User-Agent.
      expect(world.oauth.userAgents).toEqual([expect.stringMatching(/^ccb\/\d/)]);
    });
  }
});

describe("several logins at once", () => {
  test("each by its state, in any order", async () => {
    await using world = await createWorld();
    const people = ["a@example.com", "b@example.com", "c@example.com"].map((email) => identity(email));
    const pasted = [];
    for (const person of people) pasted.push((await world.authorize(person)).pasted);
    for (const index of [1, 0, 2]) {
      const reply = await world.post("/oauth/exchange-code", { code: pasted[index] });
      expect([reply.status, reply.body.account_email]).toEqual([200, people[index]?.email]);
    }
    expect((await world.json("/oauth/status")).body.total_tokens).toBe(3);
  });

  test("`state` beside a bare code chooses; two different states are a mistake", async () => {
    await using world = await createWorld();
    const first = await world.authorize(me);
    const second = await world.authorize(identity("other@example.com"));
    const mixed = await world.post("/oauth/exchange-code", { code: first.pasted, state: second.state });
    expect([mixed.status, mixed.body.error.type]).toEqual([400, "invalid_request_error"]);
    const reply = await world.post("/oauth/exchange-code", { code: first.code, state: first.state });
    expect([reply.status, reply.body.account_email]).toEqual([200, "me@example.com"]);
  });

  test("single use: the same line again is refused without asking the server", async () => {
    await using world = await createWorld();
    const { pasted } = await world.authorize(me);
    await world.post("/oauth/exchange-code", { code: pasted });
    const again = await world.post("/oauth/exchange-code", { code: pasted });
    expect(again.status).toBe(400);
    expect(again.body.error.message).toContain("/oauth/generate-url");
    expect(world.oauth.calls.length).toBe(1);
  });

  test("while an exchange is under way a second one is a conflict", async () => {
    await using world = await createWorld();
    const { pasted } = await world.authorize(me);
    const release = world.oauth.hold();
    const first = world.post("/oauth/exchange-code", { code: pasted });
    await eventually("the exchange is under way", () => world.oauth.calls.length === 1);
    const second = await world.post("/oauth/exchange-code", { code: pasted });
    expect([second.status, second.body.error.type, second.headers.get("x-should-retry")]).toEqual([
      409,
      "conflict_error",
      "false",
    ]);
    release();
    expect((await first).status).toBe(200);
    expect(world.oauth.exchanges).toBe(1);
  });

  test("ten minutes later the address is dead", async () => {
    await using world = await createWorld();
    const { pasted } = await world.authorize(me);
    await world.clock.advance(600_000);
    expect((await world.post("/oauth/exchange-code", { code: pasted })).status).toBe(400);
  });
});

describe("what the server answers to a code", () => {
  test("invalid_grant ends this login: begin anew", async () => {
    await using world = await createWorld();
    const { state } = await world.authorize(me);
    const reply = await world.post("/oauth/exchange-code", { code: `WRONG#${state}` });
    expect([reply.status, reply.body.error.type]).toEqual([400, "invalid_request_error"]);
    expect(reply.body.error.message).toContain("wrong, was used already or has expired");
    expect(reply.text).not.toContain("WRONG");
    expect((await world.post("/oauth/exchange-code", { code: `WRONG#${state}` })).body.error.message).toContain(
      "No sign-in is waiting",
    );
  });

  const transient = [
    ["a server fault", { status: 500 }, 502],
    [
      "a throttle",
      { status: 429, body: { error: { type: "rate_limit_error" } }, headers: { "retry-after": "7" } },
      429,
    ],
    ["a block page", { status: 403, html: "<title>Just a moment...</title>" }, 502],
    [
      "a refusal of the network",
      { status: 403, body: { error: { type: "forbidden", message: "Request not allowed" } } },
      502,
    ],
    ["a reset", { transport: "reset" }, 502],
  ] as const;
  for (const [what, failure, status] of transient) {
    test(`${what} loses nothing: the same line works afterwards`, async () => {
      await using world = await createWorld();
      const { pasted } = await world.authorize(me);
      world.oauth.failNext(failure);
      const failed = await world.post("/oauth/exchange-code", { code: pasted });
      expect(failed.status).toBe(status);
      expect(failed.headers.get("retry-after")).toBe(status === 429 ? "7" : null);
      expect((await world.post("/oauth/exchange-code", { code: pasted })).status).toBe(200);
      world.oauth.assertUsed();
    });
  }

  test("silence is given up after 30 s", async () => {
    await using world = await createWorld();
    const { pasted } = await world.authorize(me);
    world.oauth.failNext({ transport: "hang" });
    const reply = world.post("/oauth/exchange-code", { code: pasted });
    await eventually("the exchange is under way", () => world.oauth.calls.length === 1);
    await world.clock.advance(30_000);
    expect((await reply).status).toBe(502);
    expect((await world.post("/oauth/exchange-code", { code: pasted })).status).toBe(200);
  });

  test("200 with rubbish takes no token and says to begin anew", async () => {
    await using world = await createWorld();
    const { pasted } = await world.authorize(me);
    world.oauth.failNext({ status: 200, body: { access_token: 5 }, consume: true });
    const reply = await world.post("/oauth/exchange-code", { code: pasted });
    expect([reply.status, reply.body.error.type]).toEqual([502, "api_error"]);
    expect((await world.json("/oauth/status")).body.total_tokens).toBe(0);
  });
});

describe("a reply that names nobody", () => {
  test("needs account_email, and loses nothing: the second call completes without a second exchange", async () => {
    await using world = await createWorld({ oauth: { omitIdentity: true } });
    const { pasted } = await world.authorize(me);
    const first = await world.post("/oauth/exchange-code", { code: pasted });
    expect([first.status, first.body.error.message]).toEqual([400, expect.stringContaining("account_email")]);
    const second = await world.post("/oauth/exchange-code", { code: pasted, account_email: "typed@example.com" });
    expect([second.status, second.body.account_email]).toEqual([200, "typed@example.com"]);
    expect([world.oauth.exchanges, world.oauth.calls.length]).toEqual([1, 1]);
    expect((await world.message()).status).toBe(200);
  });

  test("a bare code finds its own login again, whatever began since", async () => {
    await using world = await createWorld({ oauth: { omitIdentity: true } });
    const { code } = await world.authorize(me);
    expect((await world.post("/oauth/exchange-code", { code })).status).toBe(400);
    expect((await world.message()).status).toBe(401); // begins another login
    const reply = await world.post("/oauth/exchange-code", { code, account_email: "typed@example.com" });
    expect([reply.status, reply.body.account_email]).toEqual([200, "typed@example.com"]);
  });
});

describe("identity", () => {
  test("another email than the typed one: the server's is kept, the reply says so, the typed one works in paths", async () => {
    await using world = await createWorld();
    const reply = await world.signIn(me, { account_email: "typed@example.com" });
    expect(reply.body.account_email).toBe("me@example.com");
    expect(reply.body.notices).toEqual([
      expect.stringContaining("You typed typed@example.com, but me@example.com signed in"),
    ]);
    expect((await world.post("/oauth/refresh/typed@example.com", {})).status).toBe(200);
    const removed = await world.json("/oauth/tokens/typed%40example.com", { method: "DELETE" });
    expect(removed.body).toEqual({ status: "success", removed: ["me@example.com"], durable: true });
  });

  test("a second organization under one email, and its path", async () => {
    await using world = await createWorld();
    await world.signIn(me);
    const second = await world.signIn({ ...identity("me@example.com", "R/D 50%"), accountUuid: me.accountUuid });
    expect(second.body.account_email).toBe("me@example.com (R/D 50%)");
    const path = `/oauth/tokens/${encodeURIComponent("me@example.com (R/D 50%)")}`;
    expect((await world.json(path, { method: "DELETE" })).body.removed).toEqual(["me@example.com (R/D 50%)"]);
    expect(
      (await world.json("/oauth/status")).body.tokens.map((token: { account_email: string }) => token.account_email),
    ).toEqual(["me@example.com"]);
  });

  test("a second sign-in replaces the tokens and keeps the count and the first sign-in", async () => {
    await using world = await createWorld();
    await world.signIn(me);
    await world.message();
    const created = world.clock.now() / 1000;
    await world.clock.advance(3_600_000);
    await world.signIn(me);
    const { tokens, total_tokens } = (await world.json("/oauth/status")).body;
    expect([total_tokens, tokens[0].usage_count, tokens[0].created_at]).toEqual([1, 1, created]);
    await world.message();
    expect(world.upstream.requests.at(-1)?.identity?.email).toBe("me@example.com");
    expect(world.upstream.requests[0]?.bearer).not.toBe(world.upstream.requests[1]?.bearer);
  });
});

test("no token, code, verifier or state's secret is in any reply or log line", async () => {
  const vault = createScriptedVault();
  await using world = await createWorld({ vault });
  const { code, pasted } = await world.authorize(me);
  const replies = [
    await world.post("/oauth/exchange-code", { code: pasted }),
    await world.message(),
    await world.json("/oauth/status"),
  ];
  const { code_verifier: verifier }: { code_verifier: string } = JSON.parse(world.oauth.calls[0]?.text ?? "{}");
  const secrets = [code, verifier, ...world.oauth.accessTokens.keys(), ...world.oauth.refreshTokens.keys()];
  expect(secrets.length).toBe(4);
  const shown = [...replies.map(({ text, headers }) => text + JSON.stringify([...headers])), world.log.text()].join(
    "\n",
  );
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(20);
    expect(shown).not.toContain(secret);
  }
});
