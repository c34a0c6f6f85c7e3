// When tokens are refreshed: early, over long waits and sleeps, and not at all where that is asked.
import { describe, expect, test } from "bun:test";
import { refreshDueAt } from "../../src/oauth/schedule.ts";
import { Secret } from "../../src/core/secret.ts";
import { identity } from "../support/oauth-server.ts";
import { createWorld } from "../support/world.ts";
import { advanceToRefresh, asked, HOUR, MINUTE, row, SECOND, untilNext } from "./_refresh.ts";

describe("due", () => {
  const rows: readonly (readonly [number, number])[] = [
    // lifetime, refresh this long before its end; seconds
    [28_800, 300],
    [3_600, 300],
    [3_000, 300],
    [2_999, 299.9],
    [600, 60],
    [10, 1],
    [0, 0],
    [31_536_000, 300],
  ];
  for (const [life, early] of rows) {
    test(`a life of ${life} s: ${early} s early`, () => {
      const tokens = {
        access: new Secret("a"),
        refresh: null,
        obtainedAt: 1e12,
        expiresAt: 1e12 + life * 1000,
        scopes: [],
      };
      expect(refreshDueAt(tokens)).toBeCloseTo(1e12 + (life - early) * 1000, 0);
    });
  }
});

test("eight hours: refreshed five minutes early, with at most a tenth of that as jitter, again and again", async () => {
  await using world = await createWorld();
  await world.signIn();
  for (let round = 1; round <= 5; round += 1) {
    const left = (await untilNext(world)) ?? 0;
    expect(left).toBeGreaterThanOrEqual(8 * HOUR - 5 * MINUTE - 30 * SECOND - 1000);
    expect(left).toBeLessThanOrEqual(8 * HOUR - 5 * MINUTE);
    await world.clock.advance(left - 1_000);
    expect(asked(world)).toBe(round - 1);
    await advanceToRefresh(world, 2_000, round);
  }
  expect([world.oauth.refreshes, world.oauth.reuse]).toEqual([5, 0]);
  expect(await row(world)).toMatchObject({ is_healthy: true, state: "ready", reason: null, expires_in_minutes: 480 });
});

test("accounts that signed in together do not refresh together", async () => {
  await using world = await createWorld();
  for (const email of ["a@x.org", "b@x.org", "c@x.org", "d@x.org"]) await world.signIn(identity(email));
  const times = new Set(
    (await world.json("/oauth/status")).body.tokens.map((token: { next_refresh_at: number }) => token.next_refresh_at),
  );
  expect(times.size).toBeGreaterThan(1);
});

test("ten minutes: refreshed at a tenth of the life", async () => {
  await using world = await createWorld({ oauth: { expiresIn: 600 } });
  await world.signIn();
  const left = (await untilNext(world)) ?? 0;
  expect(left).toBeGreaterThanOrEqual(540_000 - 7_000);
  expect(left).toBeLessThanOrEqual(540_000);
  await advanceToRefresh(world, left + 1_000, 1);
});

test("tokens of no life at all do not make a loop", async () => {
  await using world = await createWorld({ oauth: { expiresIn: 0 } });
  await world.signIn();
  await advanceToRefresh(world, 5_000, 1);
  for (let second = 0; second < 30; second += 1) {
    await world.clock.advance(1_000);
    await Bun.sleep(1);
  }
  expect(asked(world)).toBeLessThanOrEqual(8);
});

test("a token of two seconds still serves without a refresh for every request", async () => {
  await using world = await createWorld({ oauth: { expiresIn: 2 } });
  await world.signIn();
  for (let request = 0; request < 5; request += 1) expect((await world.message()).status).toBe(200);
  expect(asked(world)).toBe(0);
  await world.clock.advance(1_900);
  expect((await world.message()).status).toBe(200);
  expect(asked(world)).toBe(1);
});

test("a life longer than a timer can take is waited for in pieces", async () => {
  const year = 365 * 24 * HOUR;
  await using world = await createWorld({ oauth: { expiresIn: year / 1000 } });
  await world.signIn();
  // setTimeout fires at once beyond 2^31-1 ms.
  const longest = (): number => Math.max(...world.clock.timers());
  expect(longest()).toBeLessThanOrEqual(2 ** 31 - 1);
  expect(await untilNext(world)).toBeGreaterThan(year - HOUR);
  // Without the watch every 5 s the year is quick.
  await world.app.stop();
  expect(asked(world)).toBe(0);
});

test("the pieces add up to the whole wait", async () => {
  const days = 24 * HOUR;
  await using world = await createWorld({ oauth: { expiresIn: (60 * days) / 1000 }, start: false });
  await world.signIn();
  const left = (await untilNext(world)) ?? 0;
  await world.clock.advance(left - 1_000);
  expect(asked(world)).toBe(0);
  await advanceToRefresh(world, 2_000, 1);
});

describe("sleep", () => {
  test("a machine that wakes after the expiry refreshes at once, not when the timer would have come", async () => {
    await using world = await createWorld();
    await world.signIn();
    world.clock.sleep(9 * HOUR);
    await advanceToRefresh(world, 5_000, 1);
    expect((await row(world)).is_healthy).toBe(true);
  });

  test("one that wakes before it waits for the rest alone", async () => {
    await using world = await createWorld();
    await world.signIn();
    world.clock.sleep(4 * HOUR);
    await world.clock.advance(3 * HOUR);
    expect(asked(world)).toBe(0);
    const left = (await untilNext(world)) ?? 0;
    expect(left).toBeLessThanOrEqual(55 * MINUTE);
    await advanceToRefresh(world, left + SECOND, 1);
  });

  test("a request right after the wake refreshes first; the upstream sees no old token", async () => {
    await using world = await createWorld();
    await world.signIn();
    world.clock.sleep(9 * HOUR);
    expect((await world.message()).status).toBe(200);
    expect(world.upstream.requests.length).toBe(1);
    expect(world.oauth.refreshes).toBe(1);
  });

  test("a clock that was set back does not refresh early", async () => {
    await using world = await createWorld();
    await world.signIn();
    world.clock.sleep(-2 * HOUR);
    await world.clock.advance(9 * HOUR);
    expect(asked(world)).toBe(0);
  });
});

describe("enable_auto_refresh: false", () => {
  test("no timer; a request that needs it refreshes all the same", async () => {
    await using world = await createWorld({ config: { settings: { oauth: { enable_auto_refresh: false } } } });
    await world.signIn();
    expect((await row(world)).next_refresh_at).toBeNull();
    await world.clock.advance(10 * HOUR);
    expect(asked(world)).toBe(0);
    expect((await row(world)).is_healthy).toBe(true);
    expect((await world.message()).status).toBe(200);
    expect(asked(world)).toBe(1);
    expect((await row(world)).next_refresh_at).toBeNull();
  });
});

test("a removed account is not refreshed any more", async () => {
  await using world = await createWorld();
  await world.signIn();
  await world.json("/oauth/tokens", { method: "DELETE" });
  await world.clock.advance(9 * HOUR);
  expect(asked(world)).toBe(0);
});
