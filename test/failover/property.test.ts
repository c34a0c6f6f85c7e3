// Random scripts of faults on three providers and three accounts, against what has to hold of any of them.
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { NAMES } from "./_faults.ts";
import type { Fault, FaultName } from "./_faults.ts";
import { createOracle } from "./_oracle.ts";
import { simulate, startBase, TARGETS } from "./_simulation.ts";
import type { Outcome, Script, Step } from "./_simulation.ts";

const seconds = fc.integer({ min: 1, max: 900 });
const mixed = fc.oneof(
  { weight: 1, arbitrary: fc.constant<FaultName>("ok") },
  { weight: 3, arbitrary: fc.constantFrom(...NAMES) },
);
const faultsOf = (name: fc.Arbitrary<FaultName>): fc.Arbitrary<Fault[]> =>
  fc.array(fc.record({ name, seconds }), { minLength: TARGETS.length, maxLength: TARGETS.length });
/** Everything at once, or the same trouble at most targets, as it is on a bad day. */
const faults = fc.oneof(
  faultsOf(mixed),
  fc
    .uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 2 })
    .chain((names) => faultsOf(fc.constantFrom<FaultName>(...names, ...names, ...names, "ok"))),
);
const step: fc.Arbitrary<Step> = fc.record({
  gapSeconds: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 1_000 })),
  model: fc.constantFrom("claude-opus-5", "claude-sonnet-5"),
  session: fc.constantFrom(null, "one", "two"),
  faults,
});
const script: fc.Arbitrary<Script> = fc.record({
  strategy: fc.constantFrom("session", "round_robin", "least_used", "weighted", "drain"),
  priorities: fc.tuple(...[1, 2, 3].map(() => fc.integer({ min: 1, max: 2 }))),
  maxAttempts: fc.oneof(fc.constant(4), fc.integer({ min: 1, max: 12 })),
  budgetSeconds: fc.constantFrom(90, 30),
  steps: fc.array(step, { minLength: 1, maxLength: 6 }),
});

/** The run as a person reads it. */
function told({ strategy, priorities, maxAttempts, budgetSeconds }: Script, outcomes: readonly Outcome[]): string {
  const [beginning] = outcomes;
  const ago = (at: number): string => `${((at - (beginning?.startedAt ?? 0)) / 1000).toFixed(3)} s`;
  const lines = outcomes.flatMap(
    ({ step: { model, session, faults }, startedAt, endedAt, status, sent, sentAfter }) => [
      `${ago(startedAt)}: ${model}, session ${session ?? "none"}`,
      `  scripts: ${faults.map(({ name, seconds }, index) => `${TARGETS[index]} ${name}${name.includes("limit") ? ` ${seconds} s` : ""}`).join("; ")}`,
      ...[...sent, ...sentAfter].map(
        ({ target, at, over, meaning }) => `  ${ago(at)} → ${target}: ${JSON.stringify(meaning)} at ${ago(over)}`,
      ),
      `  ${ago(endedAt)}: the client gets ${status}`,
    ],
  );
  return [
    `${strategy}, priorities ${priorities.join(" ")}, ${maxAttempts} attempts, ${budgetSeconds} s`,
    ...lines,
  ].join("\n");
}

test("whatever the upstreams do", async () => {
  await using base = await startBase();
  let requests = 0;
  let sends = 0;
  await fc.assert(
    fc.asyncProperty(script, async (one) => {
      const outcomes = await simulate(base, one);
      const check = createOracle(one);
      for (const [index, outcome] of outcomes.entries()) {
        requests += 1;
        sends += outcome.sent.length;
        try {
          check(outcome);
        } catch (cause) {
          throw new Error(`${String(cause)}\n${told(one, outcomes.slice(0, index + 1))}`, { cause });
        }
      }
    }),
    { numRuns: Number(process.env["CCB_FAULT_RUNS"] ?? 300), includeErrorInReport: true },
  );
  // The scripts are of the kind that makes it hop.
  expect(sends / requests).toBeGreaterThan(1.2);
}, 60_000);
