// What one choice costs: 100 targets, 10,000 sessions, in this process and without a socket.
// bun bench/choose.ts [--rounds=5] [--choices=20000]
import { parseArgs } from "node:util";
import { createFleet, type Fleet } from "../src/balance/fleet.ts";
import { createPlan, type Plan } from "../src/balance/plan.ts";
import type { Account } from "../src/account/account.ts";
import { parseConfig } from "../src/config/parse.ts";
import { Secret } from "../src/core/secret.ts";
import { askedOf } from "../test/support/asked.ts";

const TARGETS = 100;
const SESSIONS = 10_000;

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, choices: { type: "string", default: "20000" } },
});

const account = (index: number): Account => ({
  id: `account-${index}`,
  name: `${index}@example.com`,
  email: `${index}@example.com`,
  aliases: [],
  accountUuid: null,
  organizationUuid: null,
  organizationName: null,
  tokens: { access: new Secret("t"), refresh: null, expiresAt: Infinity, obtainedAt: 0, scopes: [] },
  createdAt: 0,
});

function createPlanOf(strategy: string): Plan {
  const text = `providers: [{name: P, base_url: "http://127.0.0.1:1", auth_value: oauth}]\nsettings: {balancing: {strategy: ${strategy}}}\n`;
  const parsed = parseConfig(text, { file: null, env: {} });
  if (!parsed.ok) throw new Error("bad configuration");
  const accounts = Array.from({ length: TARGETS }, (_, index) => account(index));
  return createPlan(parsed.config, { all: () => accounts });
}

/** A fleet in which every target has told its limits and 10,000 sessions have their place. */
function createLoadedFleet(plan: Plan): Fleet {
  const fleet = createFleet({
    clock: { now: () => Date.now() },
    random: { bytes: (length) => new Uint8Array(length), fraction: () => Math.random() },
    store: { health: () => ({ state: "ready", reason: null, said: null }) },
    sessionTtlMs: () => 3_600_000,
  });
  for (const [index, { id }] of plan.targets().entries()) {
    const window = { scope: "account", status: "allowed", resetAt: Date.now() + 3_600_000 } as const;
    const windows = ["5h", "7d"].map((name) => ({ ...window, name, utilization: (index % 50) / 100 }));
    fleet.state.report(id, null, { windows, overageInUse: false });
  }
  for (let index = 0; index < SESSIONS; index += 1) choose(fleet, plan, `session-${index}`);
  return fleet;
}

const EXPERIENCE = { skip: () => false, avoided: new Set<string>() };

function choose(fleet: Fleet, plan: Plan, sessionId: string | null): void {
  const { begun } = fleet.pick(plan, askedOf(fleet, sessionId), EXPERIENCE);
  begun?.flight.judge("ok");
  begun?.flight.end();
}

const CASES: readonly (readonly [what: string, strategy: string, session: (index: number) => string | null])[] = [
  ["a session that has its place", "session", (index) => `session-${(index * 7919) % SESSIONS}`],
  ["a new session", "session", (index) => `new-${index}`],
  ["no session", "session", () => null],
  ["round_robin", "round_robin", () => null],
  ["least_used", "least_used", () => null],
  ["weighted", "weighted", () => null],
  ["drain", "drain", () => null],
];

const choices = Number(values.choices);
const rounds = Number(values.rounds);
console.log(
  `one choice, begun and ended, over ${TARGETS} targets and ${SESSIONS} sessions; median of ${rounds} rounds`,
);
for (const [what, strategy, session] of CASES) {
  const plan = createPlanOf(strategy);
  const fleet = createLoadedFleet(plan);
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const start = performance.now();
    for (let index = 0; index < choices; index += 1) choose(fleet, plan, session(index + round * choices));
    // The first round warms up.
    if (round > 0) times.push(((performance.now() - start) / choices) * 1000);
  }
  times.sort((a, b) => a - b);
  console.log(`${what.padEnd(30)} ${(times[Math.floor(times.length / 2)] ?? 0).toFixed(1)} µs`);
}
