// Many requests over several accounts: even load, whole sessions, no stampede; and what a choice costs, as a printed
// figure.
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { choose } from "../../src/balance/choose.ts";
import { createTestRandom } from "../support/random.ts";
import { START, createBalancer, request, target, windowOf } from "./_world.ts";

const targets = (count: number) => Array.from({ length: count }, (_, index) => target(`t${index}`));
const pause = (ms: number) => ({ until: START + ms, reason: "five_hour", official: true });

for (const heard of [false, true]) {
  test(`10,000 requests of 200 sessions over 4 equal accounts: whole sessions, ±15 %, ${heard ? "utilization known" : "nothing known"}`, () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const world = createBalancer(targets(4), "session", seed);
      const random = createTestRandom(seed);
      const homes = new Map<string, Set<string>>();
      const load = new Map<string, number>();
      for (let index = 0; index < 10_000; index += 1) {
        const sessionId = `s${Math.floor(random.fraction() * 200)}`;
        const served = world.serve({ sessionId });
        if (served === null) throw new Error("nobody served");
        const count = (load.get(served.id) ?? 0) + 1;
        load.set(served.id, count);
        homes.set(sessionId, (homes.get(sessionId) ?? new Set()).add(served.id));
        if (heard)
          world.state.report(served.id, null, {
            overageInUse: false,
            windows: [windowOf(count / 5000, START + 3_600_000)],
          });
        served.flight.end();
        world.clock.move(100);
      }
      expect([...homes.values()].every((at) => at.size === 1)).toBe(true);
      expect([...load.values()].filter((count) => Math.abs(count / 2500 - 1) > 0.15)).toEqual([]);
    }
  });
}

test("a session is never split while its target is available, whatever happens to the others", () => {
  const step = fc.record({
    session: fc.nat(9),
    bench: fc.option(fc.record({ target: fc.nat(3), ms: fc.integer({ min: 1, max: 8000 }), official: fc.boolean() }), {
      freq: 4,
    }),
    utilization: fc.double({ min: 0, max: 0.99, noNaN: true }),
    after: fc.integer({ min: 0, max: 2000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), (steps) => {
      const world = createBalancer(targets(4));
      const homes = new Map<string, string>();
      for (const { session, bench, utilization, after } of steps) {
        world.clock.move(after);
        const now = world.clock.now();
        if (bench !== null) {
          world.state.bench(
            { scope: "target", targetId: `t${bench.target}` },
            { until: now + bench.ms, reason: "r", official: bench.official },
          );
        }
        const sessionId = `s${session}`;
        const home = homes.get(sessionId);
        const choice = world.pick({ sessionId });
        const served = world.serve({ sessionId });
        const available = choice.candidates.some(({ target: { id }, reason }) => id === home && reason !== "cooling");
        if (home !== undefined && available) expect(served?.id).toBe(home);
        if (served === null) continue;
        homes.set(sessionId, served.id);
        world.state.report(served.id, null, {
          overageInUse: false,
          windows: [windowOf(utilization, now + 5000)],
        });
        served.flight.judge("ok");
        served.flight.end();
      }
    }),
    { numRuns: 300 },
  );
});

test("30 sessions wait and the only account with headroom returns: its ramp and no more, and all are served in the end", () => {
  const world = createBalancer(targets(2));
  world.state.bench({ scope: "target", targetId: "t0" }, pause(60_000));
  world.state.bench({ scope: "target", targetId: "t1" }, pause(7_200_000));
  let waiting = Array.from({ length: 30 }, (_, index) => `s${index}`);
  // They were at home there before its limit: coming back is a stampede all the same.
  for (const sessionId of waiting) world.sessions.place(sessionId, "t0");
  expect(waiting.every((sessionId) => world.serve({ sessionId }) === null)).toBe(true);
  world.clock.move(62_001);
  const each: number[] = [];
  for (let second = 0; second < 5; second += 1) {
    const before = waiting.length;
    for (let tenth = 0; tenth < 10; tenth += 1) {
      waiting = waiting.filter((sessionId) => world.serve({ sessionId }) === null);
      world.clock.move(100);
    }
    each.push(before - waiting.length);
  }
  expect(each).toEqual([1, 2, 4, 8, 15]);
});

test("while one ramps up, the rest of the crowd goes to the others", () => {
  const world = createBalancer(targets(3));
  world.state.bench({ scope: "target", targetId: "t0" }, pause(1000));
  world.clock.move(5000);
  const served = Array.from({ length: 31 }, (_, index) => world.serve({ sessionId: `s${index}` })?.id);
  expect(["t0", "t1", "t2"].map((id) => served.filter((one) => one === id).length)).toEqual([1, 15, 15]);
});

test("a figure, not a promise: one choice among 100 targets with 10,000 sessions", () => {
  const fleet = targets(100);
  for (const strategy of ["session", "round_robin", "least_used", "weighted", "drain"] as const) {
    const world = createBalancer(fleet, strategy);
    const random = createTestRandom(1);
    for (const { id } of fleet) {
      world.state.report(id, null, {
        overageInUse: false,
        windows: [windowOf(random.fraction(), START + 1e7), windowOf(random.fraction(), START + 1e8, { name: "7d" })],
      });
    }
    for (let index = 0; index < 10_000; index += 1) world.sessions.place(`s${index}`, `t${index % 100}`);
    const rounds = 5000;
    const run = (known: boolean): number => {
      const began = performance.now();
      for (let turn = 0; turn < rounds; turn += 1) {
        const sessionId = known ? `s${turn}` : `new${turn}`;
        choose(fleet, request({ sessionId }), world.view, { strategy }, START, turn);
      }
      return ((performance.now() - began) * 1000) / rounds;
    };
    run(true);
    console.log(
      `choose, ${strategy}: ${run(true).toFixed(1)} µs for a known session, ${run(false).toFixed(1)} µs for a new one`,
    );
    expect(world.sessions.size).toBe(10_000);
  }
});
