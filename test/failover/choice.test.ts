// Who is asked first: paid overage, the owner's reserve, the strategies.
import { describe, expect, test } from "bun:test";
import { messagesHandler } from "../support/anthropic.ts";
import { error } from "../support/replies.ts";
import type { Handler } from "../support/upstream.ts";
import { always, startRig } from "./_rig.ts";
import type { Rig } from "./_rig.ts";
import { HOUR, seconds, unified } from "./_limits.ts";

const ONE = "one@x.io";
const TWO = "two@x.io";
const served = (fields: Readonly<Record<string, string | number>>): Handler =>
  messagesHandler({
    headers: unified({ status: "allowed", "5h-status": "allowed", "5h-reset": seconds(HOUR), ...fields }),
  });
const PAID = served({ "5h-status": "rejected", "overage-status": "allowed", "overage-in-use": "true" });
const LIMIT = error(429, "rate_limit_error", "limit", { "retry-after": "7200" });

async function providersOf(rig: Rig, count: number, session?: (turn: number) => string): Promise<string> {
  let names = "";
  for (let turn = 0; turn < count; turn += 1) {
    const headers = session === undefined ? {} : { "x-claude-code-session-id": session(turn) };
    names += (await rig.ask({ headers })).provider ?? "-";
  }
  return names;
}

describe("extra_usage", () => {
  test("last: a target in paid overage serves only when no plan quota is left", async () => {
    await using rig = await startRig();
    rig.on("A").handle(PAID);
    expect(await providersOf(rig, 4)).toBe("ABBB");
    expect(await rig.target("A")).toMatchObject({ overage_until: seconds(HOUR) });
    rig.on("B").handle(always(LIMIT));
    const reply = await rig.ask();
    expect([reply.status, reply.provider, await rig.tried(reply)]).toEqual([
      200,
      "A",
      ["B 429 limit_reached", "A 200 served"],
    ]);
    expect((await rig.trace(reply)).candidates[1]).toMatchObject({ provider: "A", reason: "extra_usage" });
  });

  test("last: a failure of a target with quota is no reason for a bill", async () => {
    await using rig = await startRig();
    rig.on("A").handle(PAID);
    await rig.ask();
    rig.asked();
    rig.on("B").script(error(500, "api_error", "B fails"));
    expect([(await rig.ask()).error.message, rig.asked()]).toEqual(["B fails", "A0 B1"]);
    const overloaded = error(529, "overloaded_error", "Overloaded");
    rig.on("B").script(overloaded, overloaded);
    expect([(await rig.drive(rig.ask(), 3_000, 50)).status, rig.asked()]).toEqual([529, "A0 B2"]);
    // Its cooldown neither: it only orders those that may serve.
    expect([(await rig.ask()).status, rig.asked()]).toEqual([200, "A0 B1"]);
  });

  test("never: not even then", async () => {
    await using rig = await startRig({ providers: { A: { extra_usage: "never" }, B: {} } });
    rig.on("A").handle(PAID);
    await rig.ask();
    rig.on("B").handle(always(LIMIT));
    const reply = await rig.ask();
    expect([reply.status, reply.retryAfter, rig.asked()]).toEqual([429, 3_600, "A1 B1"]);
    expect((await rig.ask()).status).toBe(429);
    expect((await rig.last()).excluded[0]).toMatchObject({ provider: "A", reason: "extra_usage" });
    await rig.world.clock.advance(HOUR);
    expect((await rig.ask()).provider).toBe("A");
  });

  test("allow: like any other", async () => {
    await using rig = await startRig({ providers: { A: { extra_usage: "allow" }, B: {} } });
    rig.on("A").handle(PAID);
    expect(await providersOf(rig, 3)).toBe("AAA");
  });
});

describe("reserve_percent", () => {
  const options = { providers: { A: {} }, accounts: [ONE, TWO], rules: { [ONE]: { reserve_percent: 20 } } };

  test("the rest of a window is its owner's until the window begins anew", async () => {
    await using rig = await startRig(options);
    rig.on("A").handle(served({ "5h-utilization": 0.79 }));
    expect([(await rig.ask()).account, (await rig.ask()).account]).toEqual([ONE, ONE]);
    rig.on("A").handle(served({ "5h-utilization": 0.8 }));
    expect([(await rig.ask()).account, (await rig.ask()).account]).toEqual([ONE, TWO]);
    expect((await rig.last()).excluded[0]).toMatchObject({ account: rig.idOf(ONE), reason: "reserve" });
    await rig.world.clock.advance(HOUR);
    expect((await rig.ask()).account).toBe(ONE);
  });

  test("where nothing else is left: 429 until then", async () => {
    await using rig = await startRig({ ...options, accounts: [ONE] });
    rig.on("A").handle(served({ "5h-utilization": 0.95 }));
    expect((await rig.ask()).status).toBe(200);
    const reply = await rig.ask();
    expect([reply.status, reply.retryAfter, rig.asked()]).toEqual([429, 3_600, "A1"]);
  });
});

describe("strategy", () => {
  const equal = (more: object = {}) => ({ A: { priority: 1 }, B: { priority: 1 }, C: { priority: 1, ...more } });
  const by = (strategy: string, providers = equal()) => ({ providers, settings: { balancing: { strategy } } });

  test("round_robin: strict turns, whatever the session", async () => {
    await using rig = await startRig(by("round_robin"));
    expect(await providersOf(rig, 6, () => "s")).toBe("ABCABC");
  });

  test("weighted: shares in proportion", async () => {
    await using rig = await startRig(by("weighted", equal({ weight: 4 })));
    await providersOf(rig, 60);
    const counts = ["A", "B", "C"].map((name) => rig.on(name).requests.length);
    for (const [index, share] of [10, 10, 40].entries())
      expect(Math.abs((counts[index] ?? 0) - share)).toBeLessThanOrEqual(2);
  });

  test("least_used: where most is left", async () => {
    await using rig = await startRig(by("least_used"));
    rig.on("A").handle(served({ "5h-utilization": 0.7 }));
    rig.on("B").handle(served({ "5h-utilization": 0.2 }));
    rig.on("C").handle(served({ "5h-utilization": 0.5 }));
    await providersOf(rig, 3);
    expect(await providersOf(rig, 5, () => "s")).toBe("BBBBB");
    rig.on("B").handle(served({ "5h-utilization": 0.8 }));
    expect(await providersOf(rig, 3)).toBe("BCC");
  });

  test("drain: the window that begins anew soonest, until it is spent", async () => {
    await using rig = await startRig(by("drain"));
    rig.on("A").handle(served({ "5h-utilization": 0.1, "5h-reset": seconds(3 * HOUR) }));
    rig.on("B").handle(served({ "5h-utilization": 0.9, "5h-reset": seconds(HOUR) }));
    rig.on("C").handle(served({ "5h-utilization": 0.1, "5h-reset": seconds(2 * HOUR) }));
    await Promise.all([rig.ask(), rig.ask(), rig.ask()]);
    expect(await providersOf(rig, 3)).toBe("BBB");
    rig.on("B").script(error(429, "rate_limit_error", "limit", { "retry-after": "3600" }));
    expect(await providersOf(rig, 3)).toBe("CCC");
  });

  test("session: a new one goes where most is left, else where fewest are", async () => {
    await using rig = await startRig(by("session"));
    await providersOf(rig, 6, String);
    expect(rig.asked()).toBe("A2 B2 C2");
    rig.on("A").handle(served({ "5h-utilization": 0.9 }));
    rig.on("B").handle(served({ "5h-utilization": 0.4 }));
    rig.on("C").handle(served({ "5h-utilization": 0.9 }));
    await providersOf(rig, 6, String);
    expect(await providersOf(rig, 4, (turn) => `new ${turn}`)).toBe("BBBB");
  });

  for (const strategy of ["session", "round_robin", "least_used", "weighted", "drain"]) {
    test(`${strategy}: availability and priority come first`, async () => {
      await using rig = await startRig({ settings: { balancing: { strategy } }, providers: { A: {}, B: {}, C: {} } });
      expect(await providersOf(rig, 3)).toBe("AAA");
      rig.on("A").script(LIMIT);
      expect(await providersOf(rig, 3)).toBe("BBB");
      rig.on("B").script(LIMIT);
      expect(await providersOf(rig, 3, () => "s")).toBe("CCC");
    });
  }
});
