// The front runner of a large fleet: whom a look at all of them would choose, or nobody.
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { createFleet } from "../../src/balance/fleet.ts";
import type { Fleet } from "../../src/balance/fleet.ts";
import { createPlan } from "../../src/balance/plan.ts";
import type { Plan } from "../../src/balance/plan.ts";
import { accept } from "../config/_parse.ts";
import { account } from "../relay/_targets.ts";
import { askedOf } from "../support/asked.ts";
import { createTestRandom } from "../support/random.ts";
import { createHandClock, START, windowOf } from "./_world.ts";

const ACCOUNTS = Array.from({ length: 20 }, (_, index) => account(`a${index}`));
const READY = { state: "ready", reason: null, said: null } as const;
const NOBODY = { skip: () => false, avoided: new Set<string>() };

function created(strategy = "session"): { fleet: Fleet; plan: Plan; clock: ReturnType<typeof createHandClock> } {
  const clock = createHandClock();
  // Twenty of the first priority, twenty of the second.
  const config = accept(
    `providers:\n${["P", "Q"]
      .map(
        (name, index) =>
          `  - {name: ${name}, base_url: "https://api.anthropic.com", auth_value: oauth, priority: ${index + 1}}\n`,
      )
      .join("")}settings: {balancing: {strategy: ${strategy}}}\n`,
  );
  const store = { all: () => ACCOUNTS, health: () => READY };
  const fleet = createFleet({ clock, random: createTestRandom(1), store, sessionTtlMs: () => 3_600_000 });
  return { fleet, plan: createPlan(config, store), clock };
}

/** One thing that changes how a target stands. */
const TROUBLES = {
  limit: (fleet: Fleet, targetId: string): void =>
    fleet.state.bench({ scope: "target", targetId }, { until: START + 60_000, reason: "five_hour", official: true }),
  guess: (fleet: Fleet, targetId: string): void =>
    fleet.state.bench({ scope: "target", targetId }, { until: START + 60_000, reason: "unhealthy", official: false }),
  paid: (fleet: Fleet, targetId: string): void =>
    fleet.state.report(targetId, null, { overageInUse: true, windows: [windowOf(1, START + 3_600_000)] }),
  model: (fleet: Fleet, targetId: string): void =>
    fleet.state.bench(
      { scope: "model", targetId, model: "claude-opus-5" },
      { until: START + 60_000, reason: "7d_oi", official: true },
    ),
} as const;
const TROUBLE = fc.record({
  what: fc.constantFrom("limit", "guess", "paid", "model"),
  index: fc.nat(19),
  provider: fc.constantFrom("P", "Q"),
});

test("a conversation goes where a look at all of them sends it, whatever befell them", () => {
  fc.assert(
    fc.property(fc.array(TROUBLE, { maxLength: 30 }), fc.nat(19), fc.constantFrom("P", "Q"), (troubles, home, of) => {
      const { fleet, plan } = created();
      fleet.sessions.place("s", `${of}/a${home}`);
      for (const { what, index, provider } of troubles) TROUBLES[what](fleet, `${provider}/a${index}`);
      const asked = askedOf(fleet, "s");
      const all = fleet.choose(plan, asked).candidates[0];
      const { begun } = fleet.pick(plan, asked, NOBODY);
      expect(begun?.target.id).toBe(all?.target.id ?? "nobody");
    }),
    { numRuns: 300 },
  );
});

describe("a request of no conversation", () => {
  test("takes turns over the first priority, and passes over who is out", () => {
    const { fleet, plan } = created("round_robin");
    TROUBLES.limit(fleet, "P/a3");
    const served = Array.from({ length: 40 }, () => fleet.pick(plan, askedOf(fleet, null), NOBODY).begun?.target.id);
    const counts = Map.groupBy(served, (id) => id ?? "nobody");
    expect(counts.has("P/a3")).toBe(false);
    expect([...counts.keys()].every((id) => id.startsWith("P/"))).toBe(true);
    expect(counts.size).toBe(19);
  });
});

test("its trace names it alone, and the reason", () => {
  const { fleet, plan } = created();
  fleet.sessions.place("s", "P/a7");
  const { choice } = fleet.pick(plan, askedOf(fleet, "s"), NOBODY);
  expect(choice.candidates.map(({ target, reason }) => [target.id, reason])).toEqual([["P/a7", "session"]]);
});

test("one that has been tried in this request is not begun again", () => {
  const { fleet, plan } = created();
  fleet.sessions.place("s", "P/a7");
  const tried = { skip: ({ id }: { id: string }) => id === "P/a7", avoided: new Set<string>() };
  expect(fleet.pick(plan, askedOf(fleet, "s"), tried).begun?.target.id).not.toBe("P/a7");
});
