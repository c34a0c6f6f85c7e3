// When a refresh fails: what is tried again, when, and what serves meanwhile.
import { describe, expect, test } from "bun:test";
import { identity } from "../support/oauth-server.ts";
import { createScriptedVault } from "../support/scripted-vault.ts";
import { advanceUntil, createWorld, eventually } from "../support/world.ts";
import type { World } from "../support/world.ts";
import { asked, HOUR, MINUTE, quiet, row, SECOND, untilNext } from "./_refresh.ts";

const CHALLENGE = { status: 403, html: "<title>Just a moment...</title>", headers: { "cf-mitigated": "challenge" } };

/** Advances to the next scheduled try and lets it end; quick retries inside of it need the clock too. */
async function nextTry(world: World): Promise<void> {
  const before = world.lines.filter(({ event }) => /^oauth_refresh(ed|_failed)$|^login_required$/.test(event)).length;
  const ended = (): boolean =>
    world.lines.filter(({ event }) => /^oauth_refresh(ed|_failed)$|^login_required$/.test(event)).length > before;
  await world.clock.advance(((await untilNext(world)) ?? 0) + SECOND);
  await advanceUntil(world, 10 * SECOND, ended);
  await quiet(world);
}

describe("transient failures", () => {
  const rows = [
    ["a server fault", { status: 503 }, 3, "unavailable"],
    ["a reset", { transport: "reset" }, 3, "ECONNRESET"],
    ["404", { status: 404, body: { error: { type: "not_found_error" } } }, 3, "unavailable"],
    ["a throttle", { status: 429, body: { error: { type: "rate_limit_error" } } }, 1, "rate_limited"],
    ["a block page", CHALLENGE, 1, "blocked"],
    ["200 with rubbish", { status: 200, body: { ok: true } }, 1, "invalid_reply"],
  ] as const;
  for (const [what, failure, tries, reason] of rows) {
    test(`${what}: the old token serves, and it is tried again`, async () => {
      await using world = await createWorld();
      await world.signIn();
      world.oauth.failNext(failure, tries);
      await nextTry(world);
      world.oauth.assertUsed();
      expect(await row(world)).toMatchObject({ is_healthy: true, state: "ready", reason });
      expect((await world.message()).status).toBe(200);
      expect(asked(world)).toBe(tries);
      await nextTry(world);
      expect(await row(world)).toMatchObject({ state: "ready", reason: null, expires_in_minutes: expect.any(Number) });
      expect(world.oauth.refreshes).toBe(1);
      expect(world.announced).toEqual([]);
    });
  }

  test("one lost connection is mended within the same refresh", async () => {
    await using world = await createWorld();
    await world.signIn();
    world.oauth.failNext({ transport: "reset" });
    await nextTry(world);
    expect([asked(world), world.oauth.refreshes]).toEqual([2, 1]);
    expect(world.log.of("oauth_refresh_failed")).toEqual([]);
  });

  test("back-off doubles from half a minute up to an hour, and a success forgets it", async () => {
    await using world = await createWorld();
    await world.signIn();
    world.oauth.failNext(CHALLENGE, 10);
    const waits: number[] = [];
    for (let failure = 0; failure < 10; failure += 1) {
      await nextTry(world);
      waits.push(Math.round(((await untilNext(world)) ?? 0) / SECOND / 10) * 10);
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
    await nextTry(world);
    expect((await row(world)).reason).toBeNull();
    world.oauth.failNext(CHALLENGE);
    await nextTry(world);
    expect(await untilNext(world)).toBeLessThanOrEqual(30 * SECOND);
  });

  test("retry-after is honoured, in seconds and as a date, up to an hour", async () => {
    await using world = await createWorld();
    await world.signIn();
    const throttle = (value: string) => ({
      status: 429,
      body: { error: { type: "rate_limit_error" } },
      headers: { "retry-after": value },
    });
    world.oauth.failNext(throttle("200"));
    await nextTry(world);
    expect(Math.abs(((await untilNext(world)) ?? 0) - 200 * SECOND)).toBeLessThan(5 * SECOND);
    world.oauth.failNext(throttle(new Date(world.clock.now() + 800 * SECOND).toUTCString()));
    await nextTry(world);
    expect(Math.abs(((await untilNext(world)) ?? 0) - 600 * SECOND)).toBeLessThan(10 * SECOND);
    world.oauth.failNext(throttle("80000"));
    await nextTry(world);
    expect(Math.abs(((await untilNext(world)) ?? 0) - HOUR)).toBeLessThan(5 * SECOND);
  });

  test("a refused network is asked again once an hour, no loop", async () => {
    await using world = await createWorld();
    await world.signIn();
    world.oauth.failNext({ status: 403, body: { error: { type: "forbidden", message: "Request not allowed" } } });
    await nextTry(world);
    expect(await row(world)).toMatchObject({ reason: "refused", is_healthy: true });
    expect(Math.abs(((await untilNext(world)) ?? 0) - HOUR)).toBeLessThan(5 * SECOND);
  });

  test("an expired token that cannot be refreshed: 503 with retry-after, no login prompt; a failure is not repeated per request", async () => {
    await using world = await createWorld();
    await world.signIn();
    world.clock.sleep(9 * HOUR);
    world.oauth.failNext(CHALLENGE);
    const first = await world.message();
    expect([first.status, first.body.error.type, first.headers.get("x-should-retry")]).toEqual([
      503,
      "api_error",
      null,
    ]);
    expect(Number(first.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(Number(first.headers.get("retry-after"))).toBeLessThanOrEqual(60);
    for (let request = 0; request < 20; request += 1) expect((await world.message()).status).toBe(503);
    expect(asked(world)).toBe(1);
    expect(world.announced).toEqual([]);
    await world.clock.advance(31 * SECOND);
    await quiet(world);
    expect((await world.message()).status).toBe(200);
  });

  test("POST /oauth/refresh asks at once, whatever failed before, and says what is wrong", async () => {
    await using world = await createWorld();
    await world.signIn();
    world.oauth.failNext(CHALLENGE);
    const failed = await world.post("/oauth/refresh/user1@example.com", {});
    expect([failed.status, failed.body.error.type]).toEqual([503, "api_error"]);
    expect(Number(failed.headers.get("retry-after"))).toBeLessThanOrEqual(60);
    const mended = await world.post("/oauth/refresh/user1@example.com", {});
    expect(mended.status).toBe(200);
    expect(mended.body).toEqual({
      status: "success",
      account_email: "user1@example.com",
      expires_at: Math.floor(world.clock.now() / 1000) + 28_800,
      scopes: ["user:profile", "user:inference"],
      durable: true,
      notices: [],
    });
  });
});

describe("invalid_grant", () => {
  test("login required, announced once, not tried again, other accounts serve", async () => {
    await using world = await createWorld();
    await world.signIn(identity("lost@example.com"));
    await world.signIn(identity("kept@example.com"));
    world.oauth.revokeAll("lost@example.com");
    for (let request = 0; request < 6; request += 1) expect((await world.message()).status).toBe(200);
    expect(await row(world, 0)).toMatchObject({
      state: "login_required",
      is_healthy: false,
      reason: "invalid_grant",
      next_refresh_at: null,
    });
    expect(await row(world, 1)).toMatchObject({ state: "ready", is_healthy: true, usage_count: 6 });
    expect(world.announced).toEqual([expect.stringContaining("lost@example.com has to sign in again")]);
    const calls = asked(world);
    await world.clock.advance(HOUR);
    expect(asked(world)).toBe(calls);
    expect(world.announced.length).toBe(1);
  });

  test("POST /oauth/refresh answers 401 with the address to open", async () => {
    await using world = await createWorld();
    await world.signIn();
    world.oauth.revokeAll("user1@example.com");
    const reply = await world.post("/oauth/refresh/user1@example.com", {});
    expect([reply.status, reply.body.error.type, reply.headers.get("x-should-retry")]).toEqual([
      401,
      "authentication_error",
      "false",
    ]);
    expect(reply.body.error.message).toContain(world.oauth.authorizeUrl);
  });

  test("a newer token in the keyring, left by a crash or another program, is used", async () => {
    const vault = createScriptedVault();
    await using world = await createWorld({ vault });
    await world.signIn();
    await world.clock.advance(MINUTE);
    // Another program refreshes with the same entry.
    await using other = await createWorld({ vault, after: world });
    await other.post("/oauth/refresh/user1@example.com", {});
    const reply = await world.post("/oauth/refresh/user1@example.com", {});
    expect([reply.status, reply.body.expires_at]).toEqual([200, Math.floor(world.clock.now() / 1000) + 28_800]);
    expect((await world.message()).status).toBe(200);
    expect(world.log.of("oauth_newer_token_found").length).toBe(1);
    expect(world.announced).toEqual([]);
    expect(world.oauth.reuse).toBe(1);
  });

  test("a newer token that has expired by now is refreshed in turn", async () => {
    const vault = createScriptedVault();
    await using world = await createWorld({ vault, config: { settings: { oauth: { enable_auto_refresh: false } } } });
    await world.signIn();
    await world.clock.advance(MINUTE);
    await using other = await createWorld({
      vault,
      after: world,
      config: { settings: { oauth: { enable_auto_refresh: false } } },
    });
    await other.post("/oauth/refresh/user1@example.com", {});
    await world.clock.advance(9 * HOUR);
    expect((await world.message()).status).toBe(200);
    expect(world.oauth.refreshes).toBe(2);
  });

  test("an older token in the keyring, which could not be written, is not shown to the server again", async () => {
    const vault = createScriptedVault();
    await using world = await createWorld({ vault, oauth: { reuseRevokesChain: true } });
    await world.signIn();
    await world.clock.advance(MINUTE);
    const name = [...vault.values.keys()].find((key) => key.startsWith("account:")) ?? "";
    const old = vault.values.get(name) ?? "";
    await world.post("/oauth/refresh/user1@example.com", {});
    vault.values.set(name, old);
    world.oauth.revokeAll("user1@example.com");
    await world.post("/oauth/refresh/user1@example.com", {});
    expect(world.oauth.reuse).toBe(0);
    expect((await row(world)).state).toBe("login_required");
  });

  test("signing in again mends it", async () => {
    await using world = await createWorld();
    const me = identity("user1@example.com");
    await world.signIn(me);
    world.oauth.revokeAll("user1@example.com");
    expect((await world.message()).status).toBe(401);
    await world.clock.advance(SECOND);
    await world.signIn(me);
    expect(await row(world)).toMatchObject({
      state: "ready",
      is_healthy: true,
      reason: null,
      next_refresh_at: expect.any(Number),
    });
    expect((await world.message()).status).toBe(200);
    // Lost anew, said anew.
    world.oauth.revokeAll("user1@example.com");
    await world.message();
    expect(world.announced.filter((text) => text.includes("has to sign in again")).length).toBe(2);
  });

  test("failures of the old tokens do not hold back those of a new sign-in", async () => {
    await using world = await createWorld({ oauth: { expiresIn: 600 } });
    const me = identity("user1@example.com");
    await world.signIn(me);
    world.oauth.failNext({ status: 403, body: { error: { type: "forbidden" } } });
    await world.post("/oauth/refresh/user1@example.com", {});
    expect(await untilNext(world)).toBeGreaterThan(50 * MINUTE);
    await world.signIn(me);
    expect(await untilNext(world)).toBeLessThan(10 * MINUTE);
    await world.clock.advance(((await untilNext(world)) ?? 0) + SECOND);
    await eventually("the refresh by the timer", () => world.oauth.refreshes === 1);
  });
});

test("a token set without a refresh token serves to its end and then needs its owner", async () => {
  await using world = await createWorld();
  const { pasted } = await world.authorize(identity("year@example.com"));
  const setup = {
    token_type: "Bearer",
    access_token: "sk-ant-oat01-year",
    expires_in: 3600,
    account: { uuid: "u", email_address: "year@example.com" },
  };
  world.oauth.failNext({ status: 200, body: setup });
  await world.post("/oauth/exchange-code", { code: pasted });
  expect(await row(world)).toMatchObject({ is_healthy: true, next_refresh_at: null });
  await world.clock.advance(2 * HOUR);
  expect((await row(world)).is_healthy).toBe(false);
  expect((await world.message()).status).toBe(401);
  expect(asked(world)).toBe(0);
});
