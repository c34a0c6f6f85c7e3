// The order among equals, strategy by strategy.
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { abc, limit, reasons, used } from "./_asked.ts";
import { createBalancer, target } from "./_world.ts";

describe("strategies", () => {
  test("session: stays, and moves when its target is out, and stays moved", () => {
    const world = createBalancer(abc);
    const serve = () => world.serve({ sessionId: "s" })?.id ?? "";
    const home = serve();
    expect([serve(), serve(), serve()]).toEqual([home, home, home]);
    expect(reasons(world, { sessionId: "s" })[0]).toBe(`${home} session`);
    world.state.bench(...limit(home, 1000));
    const moved = serve();
    expect(moved).not.toBe(home);
    world.clock.move(60_000);
    expect([serve(), serve()]).toEqual([moved, moved]);
  });

  test("session: a new one goes where most is left, else where fewest are; none takes turns", () => {
    const world = createBalancer(abc);
    expect([0, 1, 2, 3].map(() => world.order())).toEqual(["a b c", "b c a", "c a b", "a b c"]);
    for (const [session, id] of [
      ["1", "a"],
      ["2", "a"],
      ["3", "b"],
    ] as const)
      world.sessions.place(session, id);
    expect(reasons(world, { sessionId: "new" })).toEqual([
      "c fewest_sessions",
      "b fewest_sessions",
      "a fewest_sessions",
    ]);
    for (const [id, utilization] of [
      ["a", 0.1],
      ["b", 0.5],
      ["c", 0.9],
    ] as const)
      used(world, id, utilization);
    expect(reasons(world, { sessionId: "new" })).toEqual(["a most_headroom", "b most_headroom", "c most_headroom"]);
  });

  test("session: about the same is the same, and who has not said anything is as good as the best", () => {
    const world = createBalancer(abc);
    used(world, "a", 0.31);
    used(world, "b", 0.3);
    world.sessions.place("1", "b");
    world.sessions.place("2", "c");
    world.sessions.place("3", "c");
    expect(world.order({ sessionId: "new" })).toBe("a b c");
  });

  test("session: what begins at once is spread, though no reply has come yet", () => {
    const world = createBalancer(abc);
    used(world, "a", 0);
    used(world, "b", 0.1);
    used(world, "c", 0.8);
    const served = Array.from({ length: 40 }, (_, index) => world.serve({ sessionId: `s${index}` })?.id);
    const count = (id: string): number => served.filter((one) => one === id).length;
    expect([count("a") > 15, count("b") > 10, count("c")]).toEqual([true, true, 0]);
  });

  test("round_robin: strict turns, sessions or not", () => {
    const world = createBalancer(abc, "round_robin");
    expect(Array.from({ length: 6 }, () => world.serve({ sessionId: "s" })?.id)).toEqual([
      "a",
      "b",
      "c",
      "a",
      "b",
      "c",
    ]);
  });

  test("weighted: in proportion, whichever turns one looks at", () => {
    for (const stride of [1, 2, 3, 7]) {
      const world = createBalancer(
        [target("a", { weight: 1 }), target("b", { weight: 2 }), target("c", { weight: 5 })],
        "weighted",
      );
      const firsts = Array.from({ length: 8000 }, () => world.pick().candidates[0]?.target.id).filter(
        (_, index) => index % stride === 0,
      );
      const share = (id: string): number => firsts.filter((one) => one === id).length / firsts.length;
      expect(["a", "b", "c"].map((id) => Math.round(share(id) * 100))).toEqual(
        [13, 25, 63].map((percent) => expect.closeTo(percent, -1)),
      );
    }
  });

  test("least_used: most left, else least under way", () => {
    const world = createBalancer(abc, "least_used");
    world.serve();
    expect(world.order()).toBe("b c a");
    used(world, "a", 0.1);
    used(world, "b", 0.7);
    used(world, "c", 0.4);
    expect(world.order({ sessionId: "s" })).toBe("a c b");
  });

  test("drain: the window that begins anew soonest, then those of which nothing is known", () => {
    const world = createBalancer(abc, "drain");
    used(world, "b", 0.9, { resetMs: 9000 });
    used(world, "c", 0.1, { resetMs: 5000 });
    expect(reasons(world)).toEqual(["c first_reset", "b first_reset", "a least_in_flight"]);
    world.clock.move(6000);
    expect(world.order()).toBe("b c a");
  });
});

test("of many, the best eight are in order, and the others follow", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 }), (steps) => {
      const world = createBalancer(
        steps.map((_, index) => target(`t${index}`)),
        "least_used",
      );
      for (const [index, step] of steps.entries()) used(world, `t${index}`, step / 20);
      const order = world.pick().candidates.map(({ target: { id } }) => steps[Number(id.slice(1))] ?? NaN);
      const sorted = steps.toSorted((a, b) => a - b);
      expect(order.slice(0, 8)).toEqual(sorted.slice(0, 8));
      expect(order.toSorted((a, b) => a - b)).toEqual(sorted);
    }),
  );
});
