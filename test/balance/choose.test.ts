// Which target is first, which are left out, and the reason given for each.
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import type { ChoosableTarget } from "../../src/balance/choosable.ts";
import type { Strategy } from "../../src/balance/load.ts";
import { abc, guess, left, limit, reasons, used } from "./_asked.ts";
import { START, createBalancer, target } from "./_world.ts";

const STRATEGIES: readonly Strategy[] = ["session", "round_robin", "least_used", "weighted", "drain"];

describe("available, then priority, then session, then load", () => {
  const two = [target("x", { priority: 2 }), target("a"), target("y", { priority: 2 }), target("b")];

  test("lower priorities first, whatever the order of the file", () => {
    const world = createBalancer(two);
    expect([0, 1].map(() => world.order())).toEqual(["a b x y", "b a y x"]);
  });

  test("many priorities: each in its place, equals beside each other", () => {
    const many = Array.from({ length: 40 }, (_, index) => (index * 7) % 40);
    const world = createBalancer(
      many.flatMap((priority) => [target(`x${priority}`, { priority }), target(`y${priority}`, { priority })]),
    );
    const inOrder = world
      .order()
      .split(" ")
      .map((id) => Number(id.slice(1)));
    expect(inOrder).toEqual(Array.from({ length: 80 }, (_, index) => Math.floor(index / 2)));
  });

  test("a session does not hold a request at a lower priority", () => {
    const world = createBalancer(two);
    world.sessions.place("s", "x");
    expect(world.order({ sessionId: "s" })).toBe("a b x y");
  });

  test("our own guess comes after every other, of any priority, and never empties the list", () => {
    const world = createBalancer(two);
    world.state.bench(...guess("a", 1000));
    world.sessions.place("s", "a");
    expect(reasons(world, { sessionId: "s" })).toEqual([
      "b fewest_sessions",
      "x fewest_sessions",
      "y fewest_sessions",
      "a cooling http_502",
    ]);
    for (const id of ["b", "x", "y"]) world.state.bench(...guess(id, 1000));
    expect(world.order().split(" ").toSorted().join(" ")).toBe("a b x y");
  });

  test("an official limit leaves out, and says until when", () => {
    const world = createBalancer(abc);
    world.state.bench(...limit("b", 100));
    expect(world.pick().excluded).toMatchObject([{ target: { id: "b" }, reason: "limit", detail: "five_hour" }]);
    world.state.bench({ scope: "provider", provider: "P" }, { until: START + 9000, reason: "all", official: true });
    expect(world.pick().excluded.map(({ detail }) => detail)).toEqual(["all", "all", "all"]);
  });

  test("a model's limit is that model's", () => {
    const world = createBalancer(abc);
    world.state.bench(
      { scope: "model", targetId: "a", model: "opus" },
      { until: START + 100, reason: "7d_oi", official: true },
    );
    expect([world.order({ model: "opus" }), world.order({ model: "haiku" }).includes("a")]).toEqual(["b c", true]);
  });

  test("a limit of count_tokens is that of count_tokens", () => {
    const world = createBalancer(abc);
    world.state.bench(
      { scope: "count_tokens", targetId: "a" },
      { until: START + 100, reason: "requests", official: true },
    );
    expect([world.order({ countTokens: true }), world.order().includes("a")]).toEqual(["b c", true]);
  });

  test("what cannot sign, and where a client's token may not go", () => {
    const kinds = [
      target("a"),
      target("k", { kind: "key", claudeTokensAllowed: false }),
      target("c", { kind: "client", claudeTokensAllowed: false }),
    ];
    const world = createBalancer(kinds);
    world.unusable.set("a", "login_required");
    expect([world.order(), world.order({ claudeToken: true })]).toEqual(["k c", "k"]);
    expect(left(world, { claudeToken: true })).toEqual(["a login_required -", "c claude_token_not_allowed_there -"]);
  });
});

describe("a cooldown that has run out", () => {
  test("does not count while the provider's holds", () => {
    const world = createBalancer([target("a"), target("q", { providerName: "Q" })]);
    world.state.bench(...guess("a", 1000));
    world.state.bench(
      { scope: "provider", provider: "P" },
      { until: START + 9000, reason: "unreachable", official: false },
    );
    world.clock.move(1001);
    expect(reasons(world)).toEqual(["q turn", "a cooling unreachable"]);
  });

  test("lets one request find out, at its own place; the others find it last", () => {
    const world = createBalancer([target("a"), target("b", { priority: 2 })]);
    world.state.bench(...guess("a", 1000));
    world.clock.move(1001);
    expect(reasons(world)).toEqual(["a probe http_502", "b turn"]);
    const probe = world.serve();
    expect(probe?.id).toBe("a");
    expect(reasons(world)).toEqual(["b turn", "a cooling http_502"]);
    probe?.flight.judge("ok");
    expect(reasons(world)).toEqual(["a turn", "b turn"]);
  });
});

describe("the owner's money and reserve", () => {
  const extra = (mode: ChoosableTarget["extraUsage"]) => [
    target("a", { extraUsage: mode }),
    target("b", { priority: 2 }),
  ];

  test("extra usage: last of all, never, or like any other", () => {
    const orders = (["last", "never", "allow"] as const).map((mode) => {
      const world = createBalancer(extra(mode));
      used(world, "a", 1.2, { overage: true });
      world.state.bench(...guess("b", 1000));
      return [reasons(world).join(", "), left(world).join(", ")];
    });
    expect(orders).toEqual([
      ["b cooling http_502, a extra_usage", ""],
      ["b cooling http_502", "a extra_usage 3600000"],
      ["a turn, b cooling http_502", ""],
    ]);
  });

  test("with the plan's window the quota is back", () => {
    const world = createBalancer(extra("never"));
    used(world, "a", 1.2, { overage: true, resetMs: 5000 });
    world.clock.move(5000);
    expect(world.order()).toBe("a b");
  });

  test("a reserve leaves out, also a session that is at home there", () => {
    const world = createBalancer([target("a", { reservePercent: 20 }), target("b")]);
    world.sessions.place("s", "a");
    used(world, "a", 0.79);
    expect(world.order({ sessionId: "s" })).toBe("a b");
    used(world, "a", 0.8);
    expect([world.order({ sessionId: "s" }), left(world)]).toEqual(["b", ["a reserve 3600000"]]);
  });
});

test("what a target holds is asked for there alone, unless that target is gone", () => {
  const world = createBalancer(abc);
  expect(reasons(world, { pinned: "b" })).toEqual(["b pinned"]);
  expect(left(world, { pinned: "b" })).toEqual(["a pinned_elsewhere -", "c pinned_elsewhere -"]);
  expect(world.order({ pinned: "gone" }).length).toBe(5);
  world.state.bench(...limit("b", 0.5e6));
  expect(world.order({ pinned: "b" })).toBe("");
});

test("each target once, either as a candidate or left out; nothing official among the candidates; priorities in order", () => {
  const arbitrary = fc.array(
    fc.record({
      priority: fc.integer({ min: 0, max: 2 }),
      weight: fc.constantFrom(0.5, 1, 3),
      official: fc.boolean(),
      guess: fc.boolean(),
      utilization: fc.option(fc.double({ min: 0, max: 1.2, noNaN: true })),
    }),
    { minLength: 1, maxLength: 12 },
  );
  const sessions = fc.option(fc.constantFrom("s", "t"));
  fc.assert(
    fc.property(arbitrary, fc.constantFrom(...STRATEGIES), sessions, (list, strategy, sessionId) => {
      const targets = list.map(({ priority, weight }, index) => target(`t${index}`, { priority, weight }));
      const world = createBalancer(targets, strategy);
      for (const [index, one] of list.entries()) {
        if (one.official) world.state.bench(...limit(`t${index}`, 5000));
        if (one.guess) world.state.bench(...guess(`t${index}`, 5000));
        if (one.utilization !== null) used(world, `t${index}`, one.utilization);
      }
      world.sessions.place("s", "t0");
      const { candidates, excluded } = world.pick({ sessionId });
      const facts = (id: string) => list[Number(id.slice(1))];
      expect([...candidates, ...excluded].map(({ target: { id } }) => id).toSorted()).toEqual(
        targets.map(({ id }) => id).toSorted(),
      );
      expect(excluded.every(({ target: { id } }) => facts(id)?.official === true)).toBe(true);
      const ranks = candidates.map(({ target: { id, priority } }) => (facts(id)?.guess === true ? 10 : 0) + priority);
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      expect(candidates.length).toBe(list.filter(({ official }) => !official).length);
    }),
    { numRuns: 500 },
  );
});
