// What somebody wants to know of the usage: by what, since when, until when. Pure.
import { CcbError } from "../core/errors.ts";
import { DIMENSIONS } from "./figures.ts";
import type { Dimension } from "./figures.ts";
import { hourOf } from "./local-time.ts";
import type { OffsetMinutes } from "./local-time.ts";

/** Whole hours: the one in which `since` falls is in it, one that begins at `until` is not. Unix seconds. */
export interface Question {
  readonly by: readonly Dimension[];
  readonly since: number;
  readonly until: number;
}

const USUAL_SINCE = "30d";
const UNIT_SECONDS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800 };
const AGE = /^(\d{1,6})([mhdw])$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?$/i;
const UNIX_SECONDS = /^\d{1,11}$/;

const isDimension = (name: string): name is Dimension => DIMENSIONS.some((known) => known === name);

/** The names of `by`, "day,model" say. Throws `invalid_request`. */
function parseBy(text: string): readonly Dimension[] {
  const names = text.split(",").map((name) => name.trim());
  const by = names.filter(isDimension);
  if (by.length === names.length && new Set(by).size === by.length) return by;
  throw new CcbError("invalid_request", (words) => words.usage.badBy({ names: DIMENSIONS }));
}

/** The beginning of a day of the calendar here, milliseconds; null: there is no such day. */
function beginningOf(year: number, month: number, day: number, offset: OffsetMinutes): number | null {
  const asUtc = Date.UTC(year, month - 1, day);
  const date = new Date(asUtc);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  // The offset at midnight may be another than a few hours away from it.
  const near = asUtc + offset(asUtc) * 60_000;
  return asUtc + offset(near) * 60_000;
}

interface Here {
  /** Unix milliseconds. */
  readonly now: number;
  readonly offset: OffsetMinutes;
}

/**
 * A moment: a date, a date with a time (of this place where it names no zone), Unix seconds, or an age such as `7d`,
 * `24h`. As the end a date means its whole day. Milliseconds. Throws `invalid_request`.
 */
function parseMoment(name: "since" | "until", text: string, { now, offset }: Here): number {
  const [, count, unit = ""] = AGE.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (UNIT_SECONDS[unit] ?? 0) * 1000;
  if (UNIX_SECONDS.test(text)) return Number(text) * 1000;
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year !== undefined) {
    const last = name === "until" ? 1 : 0;
    const beginning = beginningOf(Number(year), Number(month), Number(day), offset);
    if (beginning !== null && last === 0) return beginning;
    const next = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day) + 1));
    const end = beginningOf(next.getUTCFullYear(), next.getUTCMonth() + 1, next.getUTCDate(), offset);
    if (beginning !== null && end !== null) return end;
  } else if (TIME.test(text)) {
    const moment = Date.parse(text.replace(" ", "T"));
    if (!Number.isNaN(moment)) return moment;
  }
  throw new CcbError("invalid_request", (words) => words.usage.badMoment({ name }));
}

/** One value of the query at most; null: none. Throws `invalid_request`. */
function only(query: URLSearchParams, name: string): string | null {
  const [value = null, ...more] = query.getAll(name);
  if (more.length > 0) throw new CcbError("invalid_request", (words) => words.usage.twice({ name }));
  return value;
}

/** Reads `by`, `since` and `until`; by day, of the last thirty days, where they are left out. Throws `invalid_request`. */
export function parseQuestion(query: URLSearchParams, here: Here): Question {
  const by = parseBy(only(query, "by") ?? "day");
  const since = parseMoment("since", only(query, "since") ?? USUAL_SINCE, here);
  const text = only(query, "until");
  // The hour that is under way counts.
  const until = text === null ? (hourOf(here.now, here.offset) + 3600) * 1000 : parseMoment("until", text, here);
  if (until < since) throw new CcbError("invalid_request", (words) => words.usage.backwards);
  return { by, since: Math.max(0, hourOf(since, here.offset)), until: Math.floor(until / 1000) };
}
