// The limits of one reply after the other: most replies of an account say what the one before them said.
import type { Fields } from "./fields.ts";
import { isPlain, PREFIX } from "./limit-windows.ts";
import { parseLimits } from "./limits.ts";
import type { LimitReport } from "./limits.ts";
import { namesWait } from "./reset-time.ts";

/** What was read, and how long the same headers mean the same. */
interface Known {
  readonly names: readonly string[];
  readonly values: readonly (string | undefined)[];
  readonly report: LimitReport;
  /** Wall clock, milliseconds: a reset is one from now on to its time. */
  readonly from: number;
  readonly until: number;
}

/**
 * Of so many is it known what they said last. Of hundreds it has left the caches when they say it again: to compare it
 * costs more then than to read it.
 */
const MOST_KNOWN = 32;

/**
 * null: it would not be the same a moment later, as the windows of a key and a time to wait never are; or there is no
 * window, and with it no end after which it makes room for another.
 */
function toKnown(fields: Fields, report: LimitReport, nowMs: number): Known | null {
  if (report.windows.length === 0) return null;
  let until = Infinity;
  for (const { name, resetAt } of report.windows) {
    if (resetAt === null || isPlain(name)) return null;
    until = Math.min(until, resetAt);
  }
  const names: string[] = [];
  for (const name in fields) {
    if (namesWait(name)) return null;
    if (name.startsWith(PREFIX)) names.push(name);
  }
  return { names, values: names.map((name) => fields[name]), report, from: nowMs, until };
}

function isSame({ names, values, from, until }: Known, fields: Fields, nowMs: number): boolean {
  if (nowMs < from || nowMs >= until) return false;
  let count = 0;
  for (const name in fields) {
    if (namesWait(name)) return false;
    if (!name.startsWith(PREFIX)) continue;
    if (names[count] !== name || values[count] !== fields[name]) return false;
    count += 1;
  }
  return count === names.length;
}

/** Reads like `parseLimits`. `of`: whose limits they are; what it says again is the same report. */
export type ReadLimits = (of: string, fields: Fields, nowMs: number) => LimitReport;

/** Creates a reader that knows of nothing yet. */
export function createLimitReader(): ReadLimits {
  const known = new Map<string, Known>();

  /** Whether one more may be known: who has not been read anew for longest leaves where it says nothing any more. */
  function hasRoom(nowMs: number): boolean {
    if (known.size < MOST_KNOWN) return true;
    const [oldest] = known;
    return oldest !== undefined && oldest[1].until <= nowMs && known.delete(oldest[0]);
  }

  return (of, fields, nowMs) => {
    const before = known.get(of);
    if (before === undefined) {
      if (!hasRoom(nowMs)) return parseLimits(fields, nowMs);
    } else {
      if (isSame(before, fields, nowMs)) return before.report;
      known.delete(of);
    }
    const report = parseLimits(fields, nowMs);
    const next = toKnown(fields, report, nowMs);
    if (next !== null) known.set(of, next);
    return report;
  };
}
