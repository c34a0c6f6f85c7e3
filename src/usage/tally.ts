// The sums of the last seconds, in memory: what is not written yet. Called at the end of every request, so it is cheap,
// and bounded, as names of models are whatever clients say.
import type { Trace } from "../relay/trace-schema.ts";
import { noFigures } from "./figures.ts";
import type { Figures, UsageKey, UsageRow } from "./figures.ts";
import { dayOf, hourOf } from "./local-time.ts";
import type { OffsetMinutes } from "./local-time.ts";

/** So many models of an hour have a line of their own; a made-up name that fails takes none of the last half. */
const MOST_MODELS = 200;
const MOST_FAILED_MODELS = 100;
/** Stands for every further one. */
export const OTHER_MODEL = "other";
const MOST_HOURS = 12;
const LONGEST_NAME = 200;
/** While nothing can be written, a day or two of a busy server. */
const MOST_ROWS = 20_000;

// oxlint-disable-next-line no-control-regex
const UNPRINTABLE = /[\0-\x1f\x7f-\x9f\u2028\u2029]/g;
/** A name that does no harm where it is printed. */
const clean = (name: string): string => name.slice(0, LONGEST_NAME).replaceAll(UNPRINTABLE, "?");

/** What the sums need of a trace. */
export type Counted = Pick<
  Trace,
  "started_at" | "key" | "model" | "status" | "state" | "chosen" | "attempts" | "tokens"
>;

export interface Tally {
  /** Counts a request that is over. */
  add(trace: Counted): void;
  readonly rows: readonly Readonly<UsageRow>[];
  /** What was counted is kept elsewhere now. */
  clear(): void;
  /** Requests that were not counted, as too much waits to be written. */
  readonly lost: number;
}

const failed = ({ status, state }: Counted): boolean =>
  state === "failed" || state === "broken" || state === "idle" || (status !== null && status >= 400);

interface Hour {
  readonly start: number;
  readonly day: string;
  readonly models: Map<string, string>;
}

/** Creates an empty one. */
export function createTally(offset: OffsetMinutes, mostRows: number = MOST_ROWS): Tally {
  const rows = new Map<string, UsageRow>();
  let lost = 0;
  /** The newest last. */
  let hours: readonly Hour[] = [];

  /** Requests end in another order than they began: some earlier hours are remembered. */
  function enter(milliseconds: number): Hour {
    const known = hours.findLast(({ start }) => milliseconds >= start * 1000 && milliseconds < (start + 3600) * 1000);
    if (known !== undefined) return known;
    const hour = { start: hourOf(milliseconds, offset), day: dayOf(milliseconds, offset), models: new Map() };
    hours = [...hours.slice(1 - MOST_HOURS), hour];
    return hour;
  }

  function modelOf(name: string | null, { models }: Hour, isError: boolean): string {
    if (name === null) return "";
    const known = models.get(name);
    if (known !== undefined) return known;
    if (models.size >= (isError ? MOST_FAILED_MODELS : MOST_MODELS)) return OTHER_MODEL;
    const made = clean(name);
    models.set(name, made);
    return made;
  }

  function sumOf(key: UsageKey): Figures | null {
    const name = `${key.hour}\n${key.day}\n${key.account}\n${key.provider}\n${key.key}\n${key.model}`;
    const known = rows.get(name);
    if (known !== undefined) return known;
    if (rows.size >= mostRows) return null;
    const made = { ...key, ...noFigures() };
    rows.set(name, made);
    return made;
  }

  return {
    add(trace) {
      const at = enter(trace.started_at);
      const last = trace.attempts.at(-1);
      const target = trace.chosen ?? last;
      const isError = failed(trace);
      const sum = sumOf({
        hour: at.start,
        day: at.day,
        account: target?.account ?? "",
        provider: clean(target?.provider ?? ""),
        model: modelOf(last?.model ?? trace.model, at, isError),
        key: clean(trace.key ?? ""),
      });
      if (sum === null) {
        lost += 1;
        return;
      }
      const { tokens } = trace;
      sum.requests += 1;
      if (isError) sum.errors += 1;
      if (tokens === null) return;
      sum.counted += 1;
      sum.input_tokens += tokens.input_tokens ?? 0;
      sum.output_tokens += tokens.output_tokens ?? 0;
      sum.cache_creation_input_tokens += tokens.cache_creation_input_tokens ?? 0;
      sum.cache_read_input_tokens += tokens.cache_read_input_tokens ?? 0;
    },
    get rows() {
      return [...rows.values()];
    },
    clear: () => rows.clear(),
    get lost() {
      return lost;
    },
  };
}
