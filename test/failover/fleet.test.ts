// Many at once: a fleet with an account at its limit, a stampede onto one that returns, an even load without a split
// session.
import { describe, expect, test } from "bun:test";
import { createFleet } from "../../src/balance/fleet.ts";
import type { Begun, Fleet } from "../../src/balance/fleet.ts";
import { createPlan } from "../../src/balance/plan.ts";
import { READY } from "../../src/account/store.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { account } from "../relay/_targets.ts";
import { askedOf } from "../support/asked.ts";
import { messagesHandler } from "../support/anthropic.ts";
import { createTestClock } from "../support/clock.ts";
import { createTestRandom } from "../support/random.ts";
import { error } from "../support/replies.ts";
import { eventually } from "../support/world.ts";
import { always, forAccount, startRig } from "./_rig.ts";
import type { Got, Rig } from "./_rig.ts";
import { HOUR, seconds, unified } from "./_limits.ts";

const three = ["one@x.io", "two@x.io", "three@x.io"];
const equals = (accounts: readonly string[]) => ({
  providers: { A: {} },
  accounts,
  rules: Object.fromEntries(accounts.map((email) => [email, { priority: 1 }])),
});
const SPENT = unified({
  status: "rejected",
  "representative-claim": "five_hour",
  "5h-status": "rejected",
  "5h-reset": seconds(2 * HOUR),
  "5h-utilization": 1.01,
  "7d-status": "allowed",
  "7d-reset": seconds(100 * HOUR),
  "7d-utilization": 0.69,
});
const LIMIT = error(429, "rate_limit_error", "This request would exceed your account's rate limit.", {
  ...SPENT,
  "retry-after": "7200",
  "x-should-retry": "true",
});

describe("three accounts, one at its five-hour limit for 2 h", () => {
  for (const together of [false, true]) {
    test(`50 requests ${together ? "at once" : "one by one"}: no error, and ccb says why`, async () => {
      await using rig = await startRig(equals(three));
      rig.on("A").handle(forAccount("two@x.io", LIMIT));
      const send = (turn: number): Promise<Got> =>
        rig.ask(turn % 2 === 0 ? {} : { headers: { "x-claude-code-session-id": `s${turn % 10}` } });
      const replies: Got[] = [];
      if (together) replies.push(...(await Promise.all(Array.from({ length: 50 }, (_, turn) => send(turn)))));
      else for (let turn = 0; turn < 50; turn += 1) replies.push(await send(turn));
      expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
      expect(replies.filter((reply) => reply.account === "two@x.io")).toEqual([]);
      const limited = rig.on("A").requests.filter(({ identity }) => identity?.email === "two@x.io");
      expect(limited.length).toBeWithin(1, together ? 26 : 2);
      expect(await rig.target("A", "two@x.io")).toMatchObject({
        state: "cooldown",
        reason: "five_hour",
        cooldowns: [{ scope: "target", reason: "five_hour", official: true }],
        windows: [{ name: "5h" }, { name: "7d", utilization: 0.69 }],
      });
      const hopped = replies.find(({ attempts }) => attempts > 1);
      expect(await rig.tried(hopped ?? { id: "" })).toEqual([
        "A/two@x.io 429 limit_reached",
        expect.stringMatching(/200 served$/),
      ]);
      const later = await rig.ask();
      expect((await rig.trace(later)).excluded).toMatchObject([
        { account: rig.idOf("two@x.io"), reason: "limit", detail: "five_hour" },
      ]);
      // Not before its reset; then it serves again.
      rig.on("A").handle(messagesHandler());
      rig.on("A").clear();
      await rig.world.clock.advance(2 * HOUR - 1);
      for (let turn = 0; turn < 6; turn += 1) await rig.ask();
      expect(rig.on("A").perAccount.get("two@x.io")).toBe(undefined);
      await rig.world.clock.advance(2_001);
      for (let turn = 0; turn < 6; turn += 1) await rig.ask();
      expect(rig.on("A").perAccount.get("two@x.io")).toBeGreaterThan(0);
    });
  }
});

describe("30 sessions at once, and the only account with headroom returns", () => {
  /** `one` is back after an hour, `two` stays at its limit. */
  async function returning(): Promise<Rig> {
    const rig = await startRig(equals(["one@x.io", "two@x.io"]));
    const until = (after: number) => error(429, "rate_limit_error", "limit", { "retry-after": String(after) });
    rig.on("A").handle(forAccount("one@x.io", until(3_600), forAccount("two@x.io", until(36_000))));
    expect((await rig.ask()).status).toBe(429);
    rig.on("A").handle(forAccount("two@x.io", until(36_000)));
    await rig.world.clock.advance(3_602_000);
    rig.on("A").clear();
    return rig;
  }
  const session = (number: number) => ({ headers: { "x-claude-code-session-id": `session ${number}` } });

  test("no more than its ramp reaches it in the first second: 1, then 2, 4, 8 …; all are served in the end", async () => {
    await using rig = await returning();
    const replies = Promise.all(Array.from({ length: 30 }, (_, number) => rig.ask(session(number))));
    const arrived: number[] = [];
    for (const most of [1, 3, 7, 15, 30]) {
      await eventually(`${most} have arrived`, () => rig.on("A").requests.length >= most);
      await Bun.sleep(30);
      await rig.world.clock.advance(999);
      await Bun.sleep(10);
      arrived.push(rig.on("A").requests.length);
      await rig.world.clock.advance(1);
    }
    expect(arrived).toEqual([1, 3, 7, 15, 30]);
    expect((await replies).map(({ status, account: email }) => `${status} ${email}`)).toEqual(
      Array.from({ length: 30 }, () => "200 one@x.io"),
    );
    expect(rig.on("A").perAccount.get("two@x.io")).toBe(undefined);
  });

  test("those that were held for it ramp up, too", async () => {
    await using rig = await startRig({
      ...equals(["one@x.io", "two@x.io"]),
      settings: { balancing: { when_exhausted: "hold" } },
    });
    rig.on("A").handle(always(error(429, "rate_limit_error", "limit", { "retry-after": "300" })));
    expect((await rig.ask()).status).toBe(429);
    rig.on("A").handle(forAccount("two@x.io", error(429, "rate_limit_error", "limit", { "retry-after": "9000" })));
    await rig.world.clock.advance(100_000);
    rig.on("A").clear();
    const replies = Promise.all(Array.from({ length: 30 }, (_, number) => rig.ask(session(number))));
    await Bun.sleep(20);
    await rig.world.clock.advance(199_999);
    await Bun.sleep(10);
    expect(rig.on("A").requests.length).toBe(0);
    let inOneSecond = 0;
    let before = 0;
    while (before < 30) {
      await rig.world.clock.advance(500);
      await Bun.sleep(10);
      const { length } = rig.on("A").requests;
      if (length > 0 && inOneSecond === 0) inOneSecond = length;
      before = length;
    }
    expect(inOneSecond).toBeLessThanOrEqual(2);
    expect(new Set((await replies).map(({ status }) => status))).toEqual(new Set([200]));
  });

  test("further turns of a session that was let in are free", async () => {
    await using rig = await returning();
    for (let turn = 0; turn < 5; turn += 1) expect((await rig.ask(session(0))).status).toBe(200);
    expect(rig.asked()).toBe("A5");
  });
});

const four = ["a", "b", "c", "d"].map((name) => `${name}@x.io`);

/** Each session begins once; then they go on at random. */
function turns(requests: number, sessions: number, seed: number): readonly string[] {
  const random = createTestRandom(seed);
  return Array.from({ length: requests }, (_, turn) => {
    const number = turn < sessions ? turn : Math.floor(random.fraction() * sessions);
    return `session ${number}`;
  });
}

/** Throws where a session was on two accounts; the load of each. */
function loads(served: readonly (readonly [string, string])[]): number[] {
  const homes = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const [session, home] of served) {
    if ((homes.get(session) ?? home) !== home) throw new Error(`${session} was split`);
    homes.set(session, home);
    counts.set(home, (counts.get(home) ?? 0) + 1);
  }
  return [...counts.values()];
}

function expectEven(counts: readonly number[], requests: number): void {
  expect(counts).toHaveLength(4);
  const even = requests / 4;
  for (const count of counts) expect(Math.abs(count - even) / even).toBeLessThanOrEqual(0.15);
}

describe("four equal accounts, 200 sessions", () => {
  test.each([1, 2, 3])(
    "10,000 requests, 64 under way at a time: no session is split, the load is even (%i)",
    async (seed) => {
      const clock = createTestClock();
      const accounts = four.map((email) => account(email));
      const fleet: Fleet = createFleet({
        clock,
        random: createTestRandom(seed),
        store: { health: () => READY },
        sessionTtlMs: () => 3_600_000,
      });
      const parsed = parseConfig("providers: [{name: A, base_url: https://api.anthropic.com, auth_value: oauth}]", {
        file: null,
        env: {},
      });
      if (!parsed.ok) throw new Error("the configuration is bad");
      const plan = createPlan(parsed.config, { all: () => accounts });
      const served: (readonly [string, string])[] = [];
      const underWay: Begun[] = [];
      for (const sessionId of turns(10_000, 200, seed)) {
        const asked = askedOf(fleet, sessionId);
        const { begun } = fleet.pick(plan, asked, { skip: () => false, avoided: new Set() });
        if (begun === null) throw new Error("nobody may serve");
        served.push([sessionId, begun.target.id]);
        underWay.push(begun);
        if (underWay.length < 64) continue;
        const over = underWay.shift();
        over?.flight.judge("ok");
        over?.flight.end();
        await clock.advance(20);
      }
      expectEven(loads(served), 10_000);
    },
  );

  test("2,000 over sockets, 20 at a time", async () => {
    await using rig = await startRig(equals(four));
    const served: (readonly [string, string])[] = [];
    const all = turns(2_000, 200, 5);
    for (let from = 0; from < all.length; from += 20) {
      const batch = all.slice(from, from + 20);
      const replies = await Promise.all(
        batch.map((session) => rig.ask({ headers: { "x-claude-code-session-id": session } })),
      );
      for (const [index, { status, account: email }] of replies.entries()) {
        expect(status).toBe(200);
        served.push([batch[index] ?? "", email ?? ""]);
      }
    }
    expectEven(loads(served), 2_000);
  });
});
