// How often and how long is tried: `max_attempts`, `failover_budget_seconds`, and what does not count.
import { describe, expect, test } from "bun:test";
import { error, hang } from "../support/replies.ts";
import { always, startRig } from "./_rig.ts";

const names = ["A", "B", "C", "D", "E", "F", "G"];
const SEVEN = Object.fromEntries(names.map((name) => [name, {}]));
const FAILED = error(500, "api_error", "no");
const balancing = (more: object) => ({ settings: { balancing: more } });

describe("max_attempts", () => {
  for (const [most, asked] of [
    [undefined, "A1 B1 C1 D1 E0 F0 G0"],
    [1, "A1 B0 C0 D0 E0 F0 G0"],
    [6, "A1 B1 C1 D1 E1 F1 G0"],
    [100, "A1 B1 C1 D1 E1 F1 G1"],
  ] as const) {
    test(`${most ?? "4, the default"}`, async () => {
      await using rig = await startRig({
        providers: SEVEN,
        ...(most === undefined ? {} : balancing({ max_attempts: most })),
      });
      for (const name of names) rig.on(name).handle(always(FAILED));
      const reply = await rig.ask();
      expect([reply.status, reply.provider, rig.asked()]).toEqual([500, "A", asked]);
      expect((await rig.trace(reply)).attempt_count).toBe(asked.split("1").length - 1);
    });
  }

  test("hops off a target that names its reset do not count", async () => {
    await using rig = await startRig({ providers: SEVEN, ...balancing({ max_attempts: 2 }) });
    for (const name of ["A", "B", "C", "D", "F"])
      rig.on(name).handle(always(error(429, "rate_limit_error", "limit", { "retry-after": "7200" })));
    rig.on("E").handle(always(FAILED));
    const reply = await rig.ask();
    expect([reply.status, reply.provider, reply.attempts]).toEqual([200, "G", 7]);
    expect(rig.asked()).toBe("A1 B1 C1 D1 E1 F1 G1");
  });

  test("accounts that are known to need a sign-in do not count", async () => {
    const accounts = ["one@x.io", "two@x.io", "three@x.io"];
    await using rig = await startRig({ providers: { A: {} }, accounts, ...balancing({ max_attempts: 1 }) });
    for (const email of accounts.slice(0, 2)) {
      rig.world.oauth.revokeAll(email);
      expect((await rig.world.post(`/oauth/refresh/${email}`, {})).status).toBe(401);
    }
    const reply = await rig.ask();
    expect([reply.status, reply.account, rig.asked()]).toEqual([200, "three@x.io", "A1"]);
  });

  test("the renewal of a token is part of its attempt", async () => {
    await using rig = await startRig({
      providers: { A: {} },
      accounts: ["one@x.io"],
      ...balancing({ max_attempts: 1 }),
    });
    rig.world.oauth.expire("one@x.io");
    const reply = await rig.ask();
    expect([reply.status, reply.attempts]).toEqual([200, 2]);
  });
});

describe("failover_budget_seconds", () => {
  test("the wait for the first target does not count: it may take all its time, and another is tried", async () => {
    await using rig = await startRig({ settings: { timeouts: { first_byte: 500 } } });
    rig.on("A").script(hang());
    const pending = rig.ask();
    await rig.on("A").request(0);
    expect(await rig.duration(pending, 600_000, 10_000)).toBeWithin(490_000, 520_001);
    expect([(await pending).status, (await pending).provider]).toEqual([200, "B"]);
  });

  test("from the first failure on 90 s are left for all others, whatever their own time-out", async () => {
    await using rig = await startRig({ providers: SEVEN, ...balancing({ max_attempts: 100 }) });
    rig.on("A").script(FAILED);
    rig.on("B").script(hang());
    const pending = rig.ask();
    await rig.on("B").request(0);
    expect(await rig.duration(pending, 120_000, 500)).toBeWithin(89_000, 91_001);
    const reply = await pending;
    expect([reply.status, rig.asked()]).toEqual([500, "A1 B1 C0 D0 E0 F0 G0"]);
    expect(await rig.tried(reply)).toEqual(["A 500 upstream_failed", "B - upstream_silent ambiguous"]);
  });

  test("is set in the configuration, and targets that answer in time are tried within it", async () => {
    await using rig = await startRig({
      providers: SEVEN,
      settings: { balancing: { failover_budget_seconds: 30 }, timeouts: { first_byte: 20 } },
    });
    rig.on("A").script(FAILED);
    for (const name of ["B", "C", "D"]) rig.on(name).script(hang());
    const pending = rig.ask();
    await rig.on("B").request(0);
    expect(await rig.duration(pending, 60_000, 500)).toBeWithin(29_000, 31_001);
    expect([(await pending).status, rig.asked()]).toEqual([500, "A1 B1 C1 D0 E0 F0 G0"]);
  });

  test("a long answer that is no stream is not cut off by it: that would pay for it twice", async () => {
    await using rig = await startRig({ settings: { timeouts: { first_byte: 400 } } });
    rig.on("A").script(FAILED);
    rig.on("B").script(hang());
    const pending = rig.ask({ body: { max_tokens: 32_000 } });
    await rig.on("B").request(0);
    expect(await rig.duration(pending, 600_000, 5_000)).toBeWithin(395_000, 410_001);
  });

  test("holds for a reused connection that stays silent, too: its second try gets what is left", async () => {
    await using rig = await startRig({ settings: { balancing: { failover_budget_seconds: 30 } } });
    // The connection to B has brought bytes: ccb gives up its silence after 20 s and tries a new one.
    rig.on("A").script(FAILED);
    expect((await rig.ask({ body: { stream: true } })).provider).toBe("B");
    rig.on("A").script(FAILED);
    rig.on("B").script(hang(), hang());
    const pending = rig.ask({ body: { stream: true } });
    await rig.on("B").request(1);
    expect(await rig.duration(pending, 120_000, 500)).toBeLessThanOrEqual(31_000);
    expect((await pending).status).toBe(500);
  });

  test("holds for renewals that hang, too: one account after the other would take minutes", async () => {
    const accounts = ["one@x.io", "two@x.io", "three@x.io", "four@x.io"];
    await using rig = await startRig({ providers: { A: {} }, accounts });
    for (const email of accounts) rig.world.oauth.expire(email);
    rig.world.oauth.hold();
    const pending = rig.ask();
    await rig.on("A").request(0);
    // The first account's renewal gives up after 92 s; that wait does not count.
    expect(await rig.duration(pending, 900_000, 1_000)).toBeLessThanOrEqual(92_000 + 90_000 + 2_000);
    expect((await pending).status).toBe(503);
  });
});
