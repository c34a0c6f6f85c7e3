// The cases, and the order they run in: every round visits every target, so that a machine that slows down slows all of them.
import { checkSmall, smallLoad, streamLoad } from "./load.ts";
import { cpuSeconds, median, residentMiB } from "./measure.ts";

/** Something that answers POST /v1/messages; without a pid its CPU and memory are not looked at. */
export interface Target {
  readonly name: string;
  readonly url: string;
  readonly pid?: number;
}

/** One figure of one target: its median and what each round gave. */
export interface Figure {
  readonly key: string;
  readonly unit: string;
  readonly target: string;
  readonly median: number;
  readonly rounds: readonly number[];
}

/** Sums of the upstream's replies. */
export interface Expected {
  readonly small: string;
  readonly stream: string;
}

export const CONCURRENCIES = [1, 32, 256] as const;
export const STREAMS_AT_ONCE = 128;
const STREAMS_EACH = 2;

export interface Plan {
  readonly rounds: number;
  /** Of each small case. */
  readonly seconds: number;
}

type Note = (target: Target, key: string, unit: string, value: number) => void;

/** Runs all load cases and gives every figure of every target. `say` hears of the progress. */
export async function runCases(
  targets: readonly Target[],
  expected: Expected,
  plan: Plan,
  say: (line: string) => void,
): Promise<Figure[]> {
  const collected = new Map<
    string,
    {
      readonly unit: string;
      readonly target: string;
      readonly key: string;
      readonly values: number[];
    }
  >();
  const note: Note = (target, key, unit, value) => {
    const at = `${key} ${target.name}`;
    const entry = collected.get(at) ?? { key, unit, target: target.name, values: [] };
    entry.values.push(value);
    collected.set(at, entry);
  };

  for (const target of targets) {
    if (target.pid !== undefined) note(target, "idle RSS", "MiB", residentMiB(target.pid));
    await checkSmall(target.url, expected.small);
    await smallLoad(target.url, 32, 1);
    await streamLoad(target.url, 16, 1, expected.stream);
  }
  for (let round = 1; round <= plan.rounds; round++) {
    // Another one goes first in each round: what runs first after a pause finds a cooler machine.
    const first = (round - 1) % targets.length;
    const turn = [...targets.slice(first), ...targets.slice(0, first)];
    for (const concurrency of CONCURRENCIES)
      for (const target of turn) await oneSmall(target, concurrency, plan.seconds, note);
    for (const target of turn) await oneStream(target, expected.stream, note);
    say(`round ${round} of ${plan.rounds} done`);
  }
  for (const target of targets)
    if (target.pid !== undefined) note(target, "RSS after load", "MiB", residentMiB(target.pid));
  return [...collected.values()].map(({ key, unit, target, values }) => ({
    key,
    unit,
    target,
    median: median(values),
    rounds: values,
  }));
}

async function oneSmall(target: Target, concurrency: number, seconds: number, note: Note): Promise<void> {
  const before = target.pid === undefined ? 0 : cpuSeconds(target.pid);
  const load = await smallLoad(target.url, concurrency, seconds);
  const name = `small c=${concurrency}`;
  note(target, `${name} requests/s`, "1/s", load.perSecond);
  note(target, `${name} p50`, "ms", load.p50Ms);
  note(target, `${name} p99`, "ms", load.p99Ms);
  if (target.pid !== undefined)
    note(target, `${name} CPU/request`, "µs", ((cpuSeconds(target.pid) - before) * 1e6) / load.requests);
}

async function oneStream(target: Target, sha256: string, note: Note): Promise<void> {
  const before = target.pid === undefined ? 0 : cpuSeconds(target.pid);
  const load = await streamLoad(target.url, STREAMS_AT_ONCE, STREAMS_EACH, sha256);
  note(target, `SSE c=${STREAMS_AT_ONCE} p50 of a stream`, "ms", load.p50Ms);
  if (target.pid !== undefined)
    note(
      target,
      `SSE c=${STREAMS_AT_ONCE} CPU/stream`,
      "ms",
      ((cpuSeconds(target.pid) - before) * 1000) / load.streams,
    );
}
