// No surprise bill: when a target in paid overage is chosen although others have failed or wait.
import { expect, test } from "bun:test";
import { createFleet } from "../../src/balance/fleet.ts";
import type { Fleet } from "../../src/balance/fleet.ts";
import { createPlan } from "../../src/balance/plan.ts";
import type { Plan } from "../../src/balance/plan.ts";
import { accept } from "../config/_parse.ts";
import { account } from "../relay/_targets.ts";
import { askedOf } from "../support/asked.ts";
import { createTestRandom } from "../support/random.ts";
import { createHandClock, START, windowOf } from "./_world.ts";

const accounts = ["plan", "paid"].map((id) => account(id));

function created(more = ""): { fleet: Fleet; plan: Plan; clock: ReturnType<typeof createHandClock> } {
  const clock = createHandClock();
  const config = accept(`providers: [{name: P, base_url: "https://api.anthropic.com", auth_value: oauth${more}}]\n`);
  const store = { all: () => accounts, health: () => ({ state: "ready", reason: null, said: null }) as const };
  const fleet = createFleet({ clock, random: createTestRandom(1), store, sessionTtlMs: () => 3_600_000 });
  fleet.state.report("P/paid", null, { overageInUse: true, windows: [windowOf(1, START + 3_600_000)] });
  return { fleet, plan: createPlan(config, store), clock };
}

const asked = (fleet: Fleet) => askedOf(fleet, null);
const NOBODY = { skip: () => false, avoided: new Set<string>() };

test("one that fails in this request has quota all the same", () => {
  const { fleet, plan } = created();
  expect(fleet.pick(plan, asked(fleet), NOBODY).begun?.target.id).toBe("P/plan");
  const failed = { skip: ({ id }: { id: string }) => id === "P/plan", avoided: new Set(["P"]) };
  expect(fleet.pick(plan, asked(fleet), failed).begun).toBe(null);
});

test("one that lets only a few in for a second is waited for", () => {
  const { fleet, plan, clock } = created();
  fleet.state.bench(
    { scope: "target", targetId: "P/plan" },
    { until: START + 100, reason: "five_hour", official: true },
  );
  expect(fleet.pick(plan, asked(fleet), NOBODY).begun?.target.id).toBe("P/paid");
  clock.move(5_000);
  expect(fleet.pick(plan, asked(fleet), NOBODY).begun?.target.id).toBe("P/plan");
  const second = fleet.pick(plan, asked(fleet), NOBODY);
  expect([second.begun, second.choice.excluded.map(({ reason }) => reason)]).toEqual([null, ["ramp"]]);
});

test("`allow` makes no difference between them", () => {
  const { fleet, plan } = created(", extra_usage: allow");
  const failed = { skip: ({ id }: { id: string }) => id === "P/plan", avoided: new Set<string>() };
  expect(fleet.pick(plan, asked(fleet), failed).begun?.target.id).toBe("P/paid");
});
