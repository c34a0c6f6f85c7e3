// The short form, for CI: it fails on what noise cannot explain, and on a binary that grew out of its size.
import { statSync } from "node:fs";
import type { Figure } from "./figures.ts";
import { judge, type Verdict } from "./goals.ts";
import { perform, type Plan } from "./perform.ts";
import type { Rig } from "./rig.ts";
import type { Row } from "./rows.ts";

/** Nearly all of it is Bun. */
const MAX_BINARY_MB = 140;

/** What a minute allows. */
export const SHORT_ROWS: readonly Row[] = ["small1", "small32", "small256", "gaps", "burst", "big", "start", "many"];

const farOff = (figures: readonly Figure[]): Verdict[] => judge(figures).filter((verdict) => verdict.farOff);

const line = ({ goal, value }: Verdict): string =>
  `${goal.what}: ${value.toFixed(2)}, wanted ${goal.most === undefined ? `at least ${goal.least}` : `at most ${goal.most}`}`;

/** Problems for people to read; none: it has passed. A row that is far off is measured once more before it counts. */
export async function findProblems(rig: Rig, plan: Plan, figures: readonly Figure[]): Promise<string[]> {
  const megabytes = statSync(rig.binary).size / 1e6;
  const problems =
    megabytes > MAX_BINARY_MB ? [`the binary has ${megabytes.toFixed(0)} MB, at most ${MAX_BINARY_MB} are wanted`] : [];
  const first = farOff(figures);
  if (first.length === 0) return problems;
  for (const verdict of first) rig.say(`far off, once more: ${line(verdict)}`);
  const again = farOff(await perform(rig, { ...plan, rows: new Set(first.map(({ goal }) => goal.row)) }));
  const twice = again.filter(({ goal }) => first.some((verdict) => verdict.goal === goal));
  return [...problems, ...twice.map((verdict) => `beyond twice its target, twice: ${line(verdict)}`)];
}
