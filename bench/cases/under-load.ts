// The cases under load, and the order they run in: every round visits every target, so that a machine that slows down slows all of them.
import { checkBytes } from "../check.ts";
import type { Note } from "../figures.ts";
import type { Row } from "../rows.ts";
import type { Target } from "../target.ts";
import { DIRECT, type LoadCase, type RoundPlan } from "./load-case.ts";
import { BURST_CASE, GAPS_CASE } from "./streams.ts";
import { BIG_CASE, warmUp, WHOLE_CASES } from "./whole.ts";

const LOAD_CASES: readonly LoadCase[] = [...WHOLE_CASES, GAPS_CASE, BURST_CASE, BIG_CASE];

export const LOAD_ROWS: readonly Row[] = LOAD_CASES.map(({ row }) => row);

export interface LoadPlan extends RoundPlan {
  readonly rounds: number;
  readonly rows: ReadonlySet<Row>;
}

/** Runs the cases of the plan. `say` hears of the progress. */
export async function runUnderLoad(
  targets: readonly Target[],
  plan: LoadPlan,
  note: Note,
  say: (line: string) => void,
): Promise<void> {
  const cases = LOAD_CASES.filter(({ row }) => plan.rows.has(row));
  for (const { url } of targets) await checkBytes(url, plan.expected);
  // What is measured is a program that has been running for a while, its code compiled by use. The upstream warms up
  // behind the others.
  const proxies = targets.filter(({ name }) => name !== DIRECT);
  for (const { url } of proxies) await warmUp(url, plan.seconds);
  for (const one of cases) await one.round(proxies, plan, () => {});
  say("warm");
  for (let round = 1; round <= plan.rounds; round++) {
    // Another one goes first in each round: what runs first after a pause finds a cooler machine.
    const first = (round - 1) % targets.length;
    const turn = [...targets.slice(first), ...targets.slice(0, first)];
    for (const one of cases) await one.round(turn, plan, note);
    say(`round ${round} of ${plan.rounds}: ${cases.map(({ row }) => row).join(", ")}`);
  }
}
