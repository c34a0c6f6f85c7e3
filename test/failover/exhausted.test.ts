// Nobody may serve: all at official limits, or nobody who could answer well. What the client is told, and `when_exhausted: hold`.
import { describe, expect, test } from "bun:test";
import { messagesHandler } from "../support/anthropic.ts";
import { error, reset } from "../support/replies.ts";
import { settledNow } from "../support/world.ts";
import { always, first, forAccount, startRig } from "./_rig.ts";
import type { Rig } from "./_rig.ts";
import { HOUR, seconds, unified } from "./_limits.ts";

const limit = (headers: Readonly<Record<string, string>>) => error(429, "rate_limit_error", "Limit.", headers);
const wait = (after: number) => limit({ "retry-after": String(after) });
const window = (name: string, milliseconds: number) =>
  limit(unified({ status: "rejected", [`${name}-status`]: "rejected", [`${name}-reset`]: seconds(milliseconds) }));
const HOLD = { settings: { balancing: { when_exhausted: "hold" } } };

describe("all at official limits", () => {
  test("429 names the window that opens first and when, with the soonest retry-after; nobody is asked again", async () => {
    await using rig = await startRig();
    rig.on("A").handle(always(window("7d", 48 * HOUR)));
    rig.on("B").handle(always(window("5h", 2 * HOUR)));
    for (const asked of ["A1 B1", "A0 B0"]) {
      const reply = await rig.ask();
      expect([reply.status, reply.error.type, rig.asked()]).toEqual([429, "rate_limit_error", asked]);
      expect(reply.retryAfter).toBeWithin(7_200, 7_203);
      expect(reply.error.message).toContain("five_hour");
      expect(reply.error.message).toContain("2026-01-15T14:00:0");
      expect(reply.headers.get("x-should-retry")).toBe("false");
      expect(reply.headers.get("x-ccb-request-id")).toBe(reply.id);
    }
    expect(await rig.last()).toMatchObject({
      state: "failed",
      error: "rate_limited",
      status: 429,
      attempts: [],
      excluded: [
        { provider: "A", reason: "limit", detail: "seven_day" },
        { provider: "B", reason: "limit", detail: "five_hour" },
      ],
    });
  });

  test("up to 60 s the client may wait itself: no x-should-retry: false", async () => {
    await using rig = await startRig();
    rig.on("A").handle(always(wait(45)));
    rig.on("B").handle(always(wait(50)));
    const reply = await rig.ask();
    expect([reply.status, reply.headers.get("x-should-retry")]).toEqual([429, null]);
    expect(reply.retryAfter).toBeWithin(45, 49);
    await rig.world.clock.advance(Number(reply.retryAfter) * 1000);
    rig.on("A").handle(messagesHandler());
    expect((await rig.ask()).provider).toBe("A");
  });

  test("of a single target the upstream's own words are relayed, then ccb's", async () => {
    await using rig = await startRig({ providers: { A: {} } });
    rig.on("A").script(wait(7_200));
    const own = await rig.ask();
    expect([own.status, own.error.message, own.retryAfter, rig.asked()]).toEqual([429, "Limit.", 7_200, "A1"]);
    await rig.world.clock.advance(60_000);
    const again = await rig.ask();
    expect([again.status, again.error.type, rig.asked()]).toEqual([429, "rate_limit_error", "A0"]);
    expect(again.retryAfter).toBeWithin(7_140, 7_143);
  });

  test("one target at its limit, the other fails: what may pass by itself tells most", async () => {
    await using rig = await startRig();
    rig.on("A").handle(always(wait(7_200)));
    rig.on("B").handle(always(error(503, "api_error", "B fails")));
    const reply = await rig.ask();
    expect([reply.status, reply.error.message, reply.provider]).toEqual([503, "B fails", "B"]);
    rig.on("B").handle(always(reset()));
    const lost = await rig.ask();
    expect([lost.status, rig.asked()]).toEqual([502, "A1 B2"]);
  });
});

/** Time in which the request is still open, moved in steps of one second. */
const holds = (rig: Rig, pending: Promise<unknown>, most: number): Promise<number> =>
  rig.duration(pending, most, 1_000);

describe("when_exhausted: hold", () => {
  test("waits until the first window opens, and then serves", async () => {
    await using rig = await startRig(HOLD);
    rig.on("A").handle(first(wait(100)));
    rig.on("B").handle(first(wait(200)));
    const pending = rig.ask();
    await rig.on("B").request(0);
    expect(await holds(rig, pending, 240_000)).toBeWithin(100_000, 103_001);
    const reply = await pending;
    expect([reply.status, reply.provider, reply.attempts]).toEqual([200, "A", 3]);
    expect(await rig.tried(reply)).toEqual(["A 429 limit_reached", "B 429 limit_reached", "A 200 served"]);
  });

  test("a request that comes while all are at their limits waits, too, and sends nothing meanwhile", async () => {
    await using rig = await startRig({ ...HOLD, providers: { A: {} } });
    rig.on("A").script(wait(300));
    expect((await rig.ask()).status).toBe(429);
    await rig.world.clock.advance(70_000);
    rig.asked();
    const pending = rig.ask();
    await rig.world.clock.advance(229_000);
    expect([await settledNow(pending), rig.asked()]).toEqual([false, "A0"]);
    expect(await holds(rig, pending, 10_000)).toBeWithin(1_000, 4_001);
    expect([(await pending).status, rig.asked()]).toEqual([200, "A1"]);
  });

  test("longer than 240 s: 429 at once", async () => {
    await using rig = await startRig(HOLD);
    rig.on("A").handle(always(wait(243)));
    rig.on("B").handle(always(wait(7_200)));
    const reply = await rig.ask();
    expect([reply.status, reply.headers.get("x-should-retry"), rig.asked()]).toEqual([429, "false", "A1 B1"]);
  });

  test("never longer in all: a window that does not open is not waited for again and again", async () => {
    await using rig = await startRig({ ...HOLD, providers: { A: {}, B: {} } });
    rig.on("A").handle(always(wait(150)));
    rig.on("B").handle(always(wait(200)));
    const pending = rig.ask();
    await rig.on("B").request(0);
    expect(await holds(rig, pending, 250_000)).toBeLessThanOrEqual(240_000);
    expect((await pending).status).toBe(429);
  });

  test("the client's leaving ends it", async () => {
    await using rig = await startRig(HOLD);
    rig.on("A").handle(always(wait(100)));
    rig.on("B").handle(always(wait(100)));
    const abort = new AbortController();
    const pending = rig.send({ signal: abort.signal });
    await rig.on("B").request(0);
    await Bun.sleep(10);
    await rig.world.clock.advance(50_000);
    expect(await settledNow(pending)).toBe(false);
    abort.abort();
    await pending;
    await rig.world.clock.advance(60_000);
    await Bun.sleep(10);
    expect([rig.asked(), (await rig.last()).state]).toEqual(["A1 B1", "client_gone"]);
  });

  test("a reload while it waits changes nothing for it", async () => {
    await using rig = await startRig(HOLD);
    rig.on("A").handle(first(wait(60)));
    rig.on("B").handle(first(wait(90)));
    const pending = rig.ask();
    await rig.on("B").request(0);
    await Bun.sleep(10);
    await rig.world.clock.advance(30_000);
    expect((await rig.world.post("/providers/reload", {})).status).toBe(200);
    expect(await holds(rig, pending, 60_000)).toBeWithin(30_000, 33_001);
    expect((await pending).status).toBe(200);
  });

  test("a throttle is not waited for", async () => {
    await using rig = await startRig(HOLD);
    rig.on("A").script(limit({}));
    rig.on("B").script(limit({}));
    expect([(await rig.ask()).status, rig.asked()]).toEqual([429, "A1 B1"]);
  });
});

describe("otherwise the most telling reply, unmodified", () => {
  const THROTTLED = error(429, "rate_limit_error", "throttled");
  const FAILED = error(500, "api_error", "failed");
  const MONEY = error(402, "billing_error", "money");
  const CASES = [
    [MONEY, FAILED, 500, "failed"],
    [FAILED, MONEY, 500, "failed"],
    [MONEY, THROTTLED, 429, "throttled"],
    [reset(), FAILED, 500, "failed"],
    [FAILED, reset(), 500, "failed"],
    [error(401, "authentication_error", "a key"), MONEY, 402, "money"],
  ] as const;
  for (const [a, b, status, message] of CASES) {
    test(`${a.name}, then ${b.name}: ${status}`, async () => {
      await using rig = await startRig();
      rig.on("A").script(a);
      rig.on("B").script(b);
      const reply = await rig.ask();
      expect([reply.status, reply.error.message, rig.asked()]).toEqual([status, message, "A1 B1"]);
    });
  }

  test("an account that needs a sign-in hides nobody's limit", async () => {
    await using rig = await startRig({ providers: { A: {} }, accounts: ["one@x.io", "two@x.io"] });
    rig.world.oauth.revokeAll("one@x.io");
    rig.on("A").handle(forAccount("two@x.io", wait(7_200)));
    const reply = await rig.ask();
    expect([reply.status, rig.asked()]).toEqual([429, "A2"]);
    expect((await rig.ask()).status).toBe(429);
  });
});
