// From the lines of GET /usage to what a chart and its table show. Pure.
import type { UsageRowView, UsageView } from "../http/usage-schema.ts";

export const RANGES = ["24h", "7d", "30d", "90d"] as const;
export type Range = (typeof RANGES)[number];
export const GROUPS = ["account", "model"] as const;
export type Group = (typeof GROUPS)[number];

/** As many lines of a chart can be told apart; the rest are one. */
const MOST_SERIES = 6;

export interface Sums {
  readonly requests: number;
  readonly errors: number;
  readonly input: number;
  readonly output: number;
  readonly written: number;
  readonly read: number;
  readonly cost: number;
}

export interface Series {
  readonly name: string;
  /** One for each time. */
  readonly sums: readonly Sums[];
  readonly total: Sums;
}

export interface UsageSeries {
  /** Unix milliseconds, in the middle of the day or at the beginning of the hour. */
  readonly times: readonly number[];
  /** Most costly first. */
  readonly series: readonly Series[];
}

const NOTHING: Sums = { requests: 0, errors: 0, input: 0, output: 0, written: 0, read: 0, cost: 0 };

const add = (a: Sums, b: Sums): Sums => ({
  requests: a.requests + b.requests,
  errors: a.errors + b.errors,
  input: a.input + b.input,
  output: a.output + b.output,
  written: a.written + b.written,
  read: a.read + b.read,
  cost: a.cost + b.cost,
});

type Figures = Pick<
  UsageRowView,
  | "requests"
  | "errors"
  | "input_tokens"
  | "output_tokens"
  | "cache_creation_input_tokens"
  | "cache_read_input_tokens"
  | "cost_usd"
>;

export const toSums = (row: Figures): Sums => ({
  requests: row.requests,
  errors: row.errors,
  input: row.input_tokens,
  output: row.output_tokens,
  written: row.cache_creation_input_tokens,
  read: row.cache_read_input_tokens,
  cost: row.cost_usd,
});

export const tokensOf = ({ input, output, written, read }: Sums): number => input + output + written + read;

/** Of the input, the part that came from the cache, 0 to 1; null: there was no input. */
export function cacheRateOf({ input, written, read }: Sums): number | null {
  const all = input + written + read;
  return all === 0 ? null : read / all;
}

/** ccb's days are days of its place: their middle is the same day nearly everywhere. */
const timeOf = ({ hour, day }: UsageRowView): number =>
  hour === undefined ? Date.parse(`${day ?? ""}T12:00:00`) : hour * 1000;

/** Every hour or day from `since` to `until`, those without usage too. Milliseconds. */
function timesOf({ since, until, by, rows }: UsageView): readonly number[] {
  const times = new Set(rows.map(timeOf));
  if (by.includes("hour")) {
    for (let at = since; at < until; at += 3_600) times.add(at * 1000);
  } else {
    for (let at = since * 1000; at < until * 1000; at += 86_400_000) times.add(new Date(at).setHours(12, 0, 0, 0));
  }
  return [...times].sort((a, b) => a - b);
}

const nameOf = (row: UsageRowView, group: Group, nameless: string): string =>
  (group === "account" ? (row.account_email ?? row.account) : row.model) ?? nameless;

/** The series of a view. `nameless`: who has no account or no model; `others`: all that are too many. */
export function toSeries(
  view: UsageView,
  group: Group,
  words: { readonly nameless: string; readonly others: string },
): UsageSeries {
  const times = timesOf(view);
  const places = new Map(times.map((time, index) => [time, index]));
  const totals = new Map<string, Sums>();
  for (const row of view.rows) {
    const name = nameOf(row, group, words.nameless);
    totals.set(name, add(totals.get(name) ?? NOTHING, toSums(row)));
  }
  const ranked = [...totals].sort(([, a], [, b]) => b.cost - a.cost || tokensOf(b) - tokensOf(a)).map(([name]) => name);
  // One that would stand for a single other is that one.
  const kept = new Set(ranked.length > MOST_SERIES ? ranked.slice(0, MOST_SERIES - 1) : ranked);
  const names = ranked.length > kept.size ? [...kept, words.others] : [...kept];
  const sums = new Map(names.map((name) => [name, times.map(() => NOTHING)]));
  for (const row of view.rows) {
    const name = nameOf(row, group, words.nameless);
    const line = sums.get(kept.has(name) ? name : words.others);
    const place = places.get(timeOf(row)) ?? -1;
    const before = line?.[place];
    if (line !== undefined && before !== undefined) line[place] = add(before, toSums(row));
  }
  const series = [...sums].map(([name, line]) => ({ name, sums: line, total: line.reduce(add, NOTHING) }));
  return { times, series };
}

/** Each series on top of those before it. */
export function stack(lines: readonly (readonly number[])[]): readonly (readonly number[])[] {
  let below: readonly number[] = [];
  return lines.map((line) => {
    const before = below;
    below = line.map((value, index) => value + (before[index] ?? 0));
    return below;
  });
}
