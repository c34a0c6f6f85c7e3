// What the last replies said of a target's limits: how much of each window is used, and when it begins anew. Pure.
import type { LimitWindow } from "../provider/limit-windows.ts";
import type { LimitReport } from "../provider/limits.ts";

/** What the state takes of a reply's limits. */
export type ToldLimits = Pick<LimitReport, "windows" | "overageInUse">;

/** A window as it is remembered. */
interface KnownWindow {
  readonly name: string;
  /** The only model that it counts; null: all that the account serves. */
  readonly model: string | null;
  /** 0 … 1, more where it was surpassed; null: not said. */
  readonly utilization: number | null;
  /** From then on it says nothing any more: its reset, or a while after it was told. Wall clock, milliseconds. */
  readonly until: number;
  /** `until` is the window's reset. */
  readonly resets: boolean;
}

/** What is remembered of a target's limits. */
export interface Limits {
  readonly windows: readonly KnownWindow[];
  /** Paid overage is in use until then; 0: it is not. Wall clock, milliseconds. */
  readonly overageUntil: number;
}

export const NO_LIMITS: Limits = { windows: [], overageUntil: 0 };

/** What has no reset of its own is believed this long, then asked anew: else it would keep a target out for ever. */
export const BELIEVED_MS = 15 * 60_000;

/** Of an API key, a minute long: there is nothing in them to be used up in time. */
const SHORT = new Set(["requests", "tokens", "input-tokens", "output-tokens"]);

/** The only model that a window counts, where it was told of in the reply to a request for `model`. */
const modelOf = ({ scope }: LimitWindow, model: string | null): string | null => (scope === "model" ? model : null);

function isReplaced({ name, model: of }: KnownWindow, { windows }: ToldLimits, model: string | null): boolean {
  for (const window of windows) if (window.name === name && modelOf(window, model) === of) return true;
  return false;
}

const usedOf = ({ status, utilization }: LimitWindow): number | null =>
  status === "rejected" ? Math.max(1, utilization ?? 1) : utilization;

/**
 * Most replies tell what the one before them told: each window in its place, behind those of another model, and none that
 * is only believed.
 */
function isKnown({ windows, overageUntil }: Limits, told: ToldLimits, model: string | null, now: number): boolean {
  const others = windows.length - told.windows.length;
  if (others < 0 || told.windows.length === 0 || told.overageInUse || overageUntil !== 0) return false;
  for (let place = 0; place < windows.length; place += 1) {
    const known = windows[place];
    if (known === undefined || known.until <= now) return false;
    if (place < others) {
      if (isReplaced(known, told, model)) return false;
      continue;
    }
    const window = told.windows[place - others];
    if (window === undefined || known.name !== window.name || !known.resets || known.until !== window.resetAt)
      return false;
    if (known.model !== modelOf(window, model) || known.utilization !== usedOf(window)) return false;
  }
  return true;
}

/**
 * The limits after a reply to a request for `model`: its windows replace those of the same name, and past ones go. The
 * same ones where nothing is new. Not for replies that tell nothing at all: they say nothing of overage either.
 */
export function withReport(before: Limits, told: ToldLimits, model: string | null, now: number): Limits {
  if (isKnown(before, told, model, now)) return before;
  const windows: KnownWindow[] = [];
  for (const old of before.windows) if (old.until > now && !isReplaced(old, told, model)) windows.push(old);
  for (const window of told.windows) {
    const { name, resetAt } = window;
    const until = resetAt ?? now + BELIEVED_MS;
    if (until <= now) continue;
    windows.push({
      name,
      model: modelOf(window, model),
      utilization: usedOf(window),
      until,
      resets: resetAt !== null,
    });
  }
  return { windows, overageUntil: told.overageInUse ? overageEnd(windows, now) : 0 };
}

/** Extra usage is in use because a window of the plan is spent: it ends when that one begins anew. */
function overageEnd(windows: readonly KnownWindow[], now: number): number {
  const spent = windows.filter(({ utilization }) => utilization !== null && utilization >= 1);
  if (spent.length > 0) return Math.max(...spent.map(({ until }) => until));
  return windows.length > 0 ? Math.min(...windows.map(({ until }) => until)) : now + BELIEVED_MS;
}

const counts = (window: KnownWindow, model: string | null, now: number): boolean =>
  window.until > now && (window.model === null || window.model === model);

/** How much is left of the fullest window that counts for the model, 0 … 1; null where nothing is known. */
export function headroomOf(limits: Limits, model: string | null, now: number): number | null {
  // A window that has begun anew is empty: having been told of windows, no news is good news.
  if (limits.windows.length === 0) return null;
  let least = 1;
  for (const window of limits.windows) {
    if (window.utilization !== null && counts(window, model, now)) least = Math.min(least, 1 - window.utilization);
  }
  return Math.max(0, least);
}

/** Until when no more than the reserve is left of a window, wall clock milliseconds; 0: more is left of each. */
export function reservedUntil(limits: Limits, reservePercent: number, model: string | null, now: number): number {
  if (reservePercent <= 0) return 0;
  // In percent, rounded: 1 - 0.9 is not 0.1.
  const most = 100 - reservePercent;
  let until = 0;
  for (const window of limits.windows) {
    const { utilization } = window;
    if (utilization !== null && Math.round(utilization * 1e6) >= Math.round(most * 1e4) && counts(window, model, now)) {
      until = Math.max(until, window.until);
    }
  }
  return until;
}

/** When the first window that counts begins anew, wall clock milliseconds; Infinity where none is known. */
export function firstReset(limits: Limits, model: string | null, now: number): number {
  let first = Infinity;
  for (const window of limits.windows) {
    if (window.resets && window.until < first && !SHORT.has(window.name) && counts(window, model, now))
      first = window.until;
  }
  return first;
}
