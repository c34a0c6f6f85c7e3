// What can be seen of the running program from outside, and whether it grows.
import { readdirSync, readFileSync } from "node:fs";
import { cpuSeconds } from "../../bench/measure.ts";
import type { Ccb } from "../support/binary.ts";

export interface Sample {
  /** Seconds since the start. */
  readonly at: number;
  /** MiB. */
  readonly rss: number;
  /** Of it, what is no page of a file, MiB. */
  readonly anonymous: number;
  readonly descriptors: number;
  readonly threads: number;
  /** Requests that ccb itself calls in progress: their timers and listeners are there as long. */
  readonly inFlight: number;
  readonly cpuSeconds: number;
  /** Requests sent so far. */
  readonly requests: number;
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? Number.NaN);
}

const statusOf = (pid: number): string => readFileSync(`/proc/${pid}/status`, "utf8");

export function countDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** How often its threads woke up in `seconds`: what goes on by timers while nobody asks for anything. */
export async function wakeUps(pid: number, seconds: number): Promise<number> {
  const count = (): ReadonlyMap<string, number> =>
    new Map(
      readdirSync(`/proc/${pid}/task`).map((task) => [
        task,
        field(readFileSync(`/proc/${pid}/task/${task}/status`, "utf8"), "voluntary_ctxt_switches"),
      ]),
    );
  const before = count();
  await Bun.sleep(seconds * 1000);
  // A thread that has ended meanwhile takes its count along.
  const more = [...count()].map(([task, times]) => times - (before.get(task) ?? 0));
  return more.reduce((sum, times) => sum + times, 0) / seconds;
}

/** Of the last thousand requests, those that are not over. */
export async function inFlight(ccb: Ccb): Promise<number> {
  const response = await ccb.request("/requests?limit=1000", { keepalive: false });
  const { requests }: { readonly requests: readonly { readonly state: string }[] } = JSON.parse(await response.text());
  return requests.filter(({ state }) => state === "in_progress").length;
}

export async function takeSample(ccb: Ccb, at: number, requests: number): Promise<Sample> {
  const status = statusOf(ccb.pid);
  return {
    at,
    rss: field(status, "VmRSS") / 1024,
    anonymous: field(status, "RssAnon") / 1024,
    descriptors: countDescriptors(ccb.pid),
    threads: field(status, "Threads"),
    inFlight: await inFlight(ccb),
    cpuSeconds: cpuSeconds(ccb.pid),
    requests,
  };
}

export type Measure = "rss" | "anonymous" | "descriptors" | "threads" | "inFlight";

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

export interface Trend {
  readonly third: number;
  readonly last: number;
  /** From the third quarter's median to the last one's. */
  readonly growth: number;
  /** Least squares over the two, per hour. */
  readonly perHour: number;
  /** What that comes to over the time measured. */
  readonly fitted: number;
}

/** Samples of one trough: memory swings with the collector's waves, and what is left behind lifts their floor. */
const TROUGH_SAMPLES = 8;

/** The lowest of every few samples. */
export function troughsOf(samples: readonly Sample[], measure: Measure): readonly Sample[] {
  const count = Math.ceil(samples.length / TROUGH_SAMPLES);
  return Array.from({ length: count }, (_, index) =>
    samples.slice(index * TROUGH_SAMPLES, (index + 1) * TROUGH_SAMPLES).toSorted((a, b) => a[measure] - b[measure]),
  ).flatMap(([lowest]) => lowest ?? []);
}

/**
 * The first half is the warm-up: caches, the ring of traces and the sessions fill up to their bounds, and the collector
 * lets the heap grow to what the load's garbage needs. What leaks goes on after that.
 */
export function trendOf(samples: readonly Sample[], measure: Measure): Trend {
  const quarter = Math.floor(samples.length / 4);
  const measured = samples.slice(2 * quarter);
  const of = (part: readonly Sample[]): number => median(part.map((sample) => sample[measure]));
  const third = of(samples.slice(2 * quarter, -quarter));
  const last = of(samples.slice(-quarter));
  const meanAt = measured.reduce((sum, { at }) => sum + at, 0) / measured.length;
  const mean = measured.reduce((sum, sample) => sum + sample[measure], 0) / measured.length;
  const covariance = measured.reduce((sum, sample) => sum + (sample.at - meanAt) * (sample[measure] - mean), 0);
  const variance = measured.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0);
  const perSecond = covariance / variance;
  const seconds = (measured.at(-1)?.at ?? 0) - (measured[0]?.at ?? 0);
  return { third, last, growth: last - third, perHour: perSecond * 3600, fitted: perSecond * seconds };
}
