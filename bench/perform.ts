// One pass over the rows that are asked for.
import { runIdle } from "./cases/idle.ts";
import { DIRECT } from "./cases/load-case.ts";
import { runMany } from "./cases/many.ts";
import { runMillion } from "./cases/million.ts";
import { runSilent } from "./cases/silent.ts";
import { runStart } from "./cases/start.ts";
import { LOAD_ROWS, runUnderLoad } from "./cases/under-load.ts";
import { createNotebook, type Figure } from "./figures.ts";
import { proxies, startTargets, type ProxyName, type Rig } from "./rig.ts";
import type { Row } from "./rows.ts";

export interface Plan {
  readonly rows: ReadonlySet<Row>;
  readonly rounds: number;
  /** Of each case under load and target. */
  readonly seconds: number;
  readonly proxies: readonly ProxyName[];
  readonly startRounds: number;
  /** Of each program of row 11. */
  readonly processes: number;
  /** So many requests come before the clock of row 11 starts. */
  readonly warm: number;
  readonly idleSeconds: number;
  readonly million: number;
}

export async function perform(rig: Rig, plan: Plan): Promise<Figure[]> {
  const { note, figures } = createNotebook();
  const { rows, rounds, seconds } = plan;
  if (LOAD_ROWS.some((row) => rows.has(row))) {
    await using started = await startTargets(proxies(rig, plan.proxies));
    const targets = [{ name: DIRECT, url: rig.upstream }, ...started.targets];
    await runUnderLoad(targets, { rows, rounds, seconds, expected: rig.expected }, note, rig.say);
  }
  if (rows.has("many")) await runMany(rig, { rounds, seconds, processes: plan.processes, warm: plan.warm }, note);
  if (rows.has("start")) {
    const withFloor = plan.proxies.includes("floor");
    await runStart(rig, { ccb: rig.binary }, { rounds: plan.startRounds, withFloor }, note);
  }
  if (rows.has("silent")) await runSilent(rig, plan.proxies, note);
  if (rows.has("idle")) await runIdle(rig, plan.proxies, plan.idleSeconds, note);
  if (rows.has("million"))
    await runMillion(
      rig,
      plan.proxies.filter((name) => name !== "nginx"),
      plan.million,
      note,
    );
  return figures();
}
