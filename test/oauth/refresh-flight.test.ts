// One refresh at a time, durable before use, and what happens to it when the account changes under it.
import { describe, expect, test } from "bun:test";
import { identity } from "../support/oauth-server.ts";
import { createScriptedVault } from "../support/scripted-vault.ts";
import { createWorld, eventually, settledNow } from "../support/world.ts";
import { asked, HOUR, MINUTE, quiet, row, SECOND, untilNext } from "./_refresh.ts";

const me = identity("user1@example.com");
const REFRESH = "/oauth/refresh/user1@example.com";

describe("one refresh", () => {
  test("for 100 concurrent requests on an expired token", async () => {
    await using world = await createWorld();
    await world.signIn(me);
    world.clock.sleep(9 * HOUR);
    const replies = await Promise.all(Array.from({ length: 100 }, () => world.message()));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect([world.oauth.refreshes, asked(world), world.oauth.reuse]).toEqual([1, 1, 0]);
  });

  test("for 100 concurrent requests whose token the upstream refuses early", async () => {
    await using world = await createWorld();
    await world.signIn(me);
    world.oauth.expire("user1@example.com");
    const replies = await Promise.all(Array.from({ length: 100 }, () => world.message()));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect([world.oauth.refreshes, asked(world)]).toEqual([1, 1]);
    expect((await row(world)).usage_count).toBe(100);
  });

  test("shared by the timer, requests and the API", async () => {
    await using world = await createWorld();
    await world.signIn(me);
    const release = world.oauth.hold();
    await world.clock.advance(((await untilNext(world)) ?? 0) + SECOND);
    await eventually("the timer's refresh", () => asked(world) === 1);
    expect((await row(world)).state).toBe("refreshing");
    const waiting = [world.post(REFRESH, {}), world.message(), world.message()];
    expect(await settledNow(Promise.race(waiting))).toBe(false);
    release();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect([asked(world), world.oauth.refreshes]).toEqual([1, 1]);
  });

  test("per account: two accounts refresh side by side", async () => {
    await using world = await createWorld();
    await world.signIn(identity("a@example.com"));
    await world.signIn(identity("b@example.com"));
    const release = world.oauth.hold();
    const both = [world.post("/oauth/refresh/a@example.com", {}), world.post("/oauth/refresh/b@example.com", {})];
    await eventually("both are asked", () => asked(world) === 2);
    release();
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe("rotation", () => {
  test("the new refresh token is used next, the old one never again", async () => {
    await using world = await createWorld();
    await world.signIn(me);
    for (let round = 1; round <= 4; round += 1) expect((await world.post(REFRESH, {})).status).toBe(200);
    expect([world.oauth.refreshes, world.oauth.reuse]).toEqual([4, 0]);
  });

  test("an answer without a new refresh token keeps the old one", async () => {
    await using world = await createWorld({ oauth: { omitRefreshToken: true, omitScope: true, omitIdentity: false } });
    await world.signIn(me);
    for (let round = 1; round <= 3; round += 1)
      expect((await world.post(REFRESH, {})).body.scopes).toEqual(["user:profile", "user:inference"]);
    expect([world.oauth.refreshes, world.oauth.refreshTokens.size]).toEqual([3, 1]);
    await using again = await createWorld({ after: world, vault: world.vault });
    expect((await again.post(REFRESH, {})).status).toBe(200);
  });

  test("optional fields of wrong types in a refresh answer lose no token", async () => {
    const vault = createScriptedVault();
    await using world = await createWorld({ vault });
    await world.signIn(me);
    world.oauth.failNext({
      status: 200,
      body: {
        token_type: "bearer",
        access_token: "sk-ant-oat01-odd",
        expires_in: 3600.5,
        refresh_token: 7,
        scope: null,
        account: [],
        organization: "x",
      },
    });
    const reply = await world.post(REFRESH, {});
    expect([reply.status, reply.body.account_email, reply.body.scopes]).toEqual([
      200,
      "user1@example.com",
      ["user:profile", "user:inference"],
    ]);
    expect(Number.isInteger(reply.body.expires_at)).toBe(true);
    expect(vault.json(`account:${(await row(world)).account_id}`)).toMatchObject({
      access_token: "sk-ant-oat01-odd",
      refresh_token: [...world.oauth.refreshTokens.keys()][0],
    });
  });

  test("before its expiry a request does not wait for a refresh that is under way", async () => {
    await using world = await createWorld();
    await world.signIn(me);
    const release = world.oauth.hold();
    const refresh = world.post(REFRESH, {});
    await eventually("the refresh is asked for", () => asked(world) === 1);
    expect((await world.message()).status).toBe(200);
    release();
    await refresh;
  });
});

describe("durable before use", () => {
  test("the new token signs nothing until the keyring has it", async () => {
    const vault = createScriptedVault();
    await using world = await createWorld({ vault });
    await world.signIn(me);
    const first = [...world.oauth.accessTokens.keys()][0];
    world.clock.sleep(9 * HOUR);
    vault.mode("hang");
    const request = world.message();
    await eventually("the server has answered", () => world.oauth.refreshes === 1);
    await world.clock.advance(4_999);
    expect(await settledNow(request)).toBe(false);
    expect(world.upstream.requests.length).toBe(0);
    vault.mode("open");
    expect((await request).status).toBe(200);
    const used = world.upstream.requests[0]?.bearer ?? "";
    expect(used).not.toBe(first ?? "");
    expect(vault.json(`account:${(await row(world)).account_id}`)).toMatchObject({ access_token: used });
  });

  test("after 5 s it serves from memory and says so; it is saved when the keyring answers", async () => {
    const vault = createScriptedVault();
    await using world = await createWorld({ vault });
    await world.signIn(me);
    vault.mode("hang");
    const refresh = world.post(REFRESH, {});
    await eventually("the server has answered", () => world.oauth.refreshes === 1);
    await eventually("the keyring is asked", () => vault.operations.at(-1)?.startsWith("set account:") === true);
    await world.clock.advance(5_000);
    const reply = await refresh;
    expect([reply.status, reply.body.durable, reply.body.notices.length]).toEqual([200, false, 1]);
    expect(reply.body.notices[0]).toContain("memory only");
    expect((await world.json("/health")).body.persistence).toMatchObject({
      durable: false,
      detail: expect.stringContaining("does not answer"),
    });
    expect((await world.message()).status).toBe(200);
    vault.mode("open");
    await eventually("it is saved", async () => (await world.json("/health")).body.persistence.durable === true);
    expect(vault.json(`account:${(await row(world)).account_id}`)).toMatchObject({
      access_token: [...world.oauth.accessTokens.keys()].at(-1),
    });
  });
});

describe("while a refresh is under way", () => {
  test("a removal wins: the account stays away, and the token that came is revoked too", async () => {
    const vault = createScriptedVault();
    await using world = await createWorld({ vault });
    await world.signIn(me);
    const release = world.oauth.hold();
    const refresh = world.post(REFRESH, {});
    await eventually("the refresh is asked for", () => asked(world) === 1);
    expect((await world.json("/oauth/tokens", { method: "DELETE" })).body.removed).toEqual(["user1@example.com"]);
    release();
    expect((await refresh).status).toBe(401);
    await eventually("both tokens are revoked", () => world.oauth.revocations.length === 2);
    expect([world.oauth.refreshTokens.size, world.oauth.accessTokens.size]).toEqual([0, 0]);
    expect((await world.json("/oauth/status")).body.total_tokens).toBe(0);
    expect([...vault.values.keys()].filter((name) => name.startsWith("account:"))).toEqual([]);
    expect(vault.json("index")).toEqual({ version: 1, accounts: [] });
    expect(world.announced.filter((text) => text.includes("has to sign in again"))).toEqual([]);
  });

  for (const [what, failure] of [
    ["a refusal of the old token", { status: 400, body: { error: "invalid_grant" } }],
    ["a block page", { status: 403, html: "<title>Just a moment...</title>" }],
    ["an answer", undefined],
  ] as const) {
    test(`a new sign-in wins over ${what}`, async () => {
      const vault = createScriptedVault();
      await using world = await createWorld({ vault });
      await world.signIn(me);
      const { pasted } = await world.authorize(me);
      const release = world.oauth.hold();
      const refresh = world.post(REFRESH, {});
      await eventually("the refresh is asked for", () => asked(world) === 1);
      const exchange = world.post("/oauth/exchange-code", { code: pasted });
      await eventually("the exchange is asked for", () => world.oauth.calls.length === 3);
      if (failure !== undefined) world.oauth.failNext({ ...failure, grant: "refresh_token" });
      release();
      expect((await exchange).status).toBe(200);
      expect((await refresh).status).toBeOneOf([200, 401, 503]);
      await quiet(world);
      // Whatever order the two answers came in, the account serves and the keyring has what memory has.
      expect((await world.message()).status).toBe(200);
      const used = world.upstream.requests.at(-1)?.bearer;
      expect(vault.json(`account:${(await row(world)).account_id}`)).toMatchObject({ access_token: used });
      expect((await row(world)).state).toBe("ready");
    });
  }
});

describe("shutdown", () => {
  test("waits for a refresh that is under way, and keeps its answer", async () => {
    const vault = createScriptedVault();
    await using world = await createWorld({ vault });
    await world.signIn(me);
    const release = world.oauth.hold();
    const refresh = world.post(REFRESH, {});
    await eventually("the refresh is asked for", () => asked(world) === 1);
    const stop = world.app.stop();
    expect(await settledNow(stop)).toBe(false);
    expect(vault.closed).toBe(false);
    release();
    await stop;
    expect((await refresh).status).toBe(200);
    expect(vault.closed).toBe(true);
    await using again = await createWorld({
      after: world,
      vault: createScriptedVault(Object.fromEntries(vault.values)),
    });
    expect((await again.post(REFRESH, {})).status).toBe(200);
    expect(world.oauth.reuse).toBe(0);
  });

  test("leaves no timer that would refresh", async () => {
    await using world = await createWorld();
    await world.signIn(me);
    await world.app.stop();
    await world.clock.advance(9 * HOUR + MINUTE);
    expect(asked(world)).toBe(0);
  });
});
