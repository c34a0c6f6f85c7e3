// What a reply says of rate limits, in one plain report, and what follows from it. Pure; nothing here throws.
import type { Fields } from "./fields.ts";
import type { LimitWindow, WindowStatus } from "./limit-windows.ts";
import { collect, PREFIX, readWindows, serves, toNumber, toStatus } from "./limit-windows.ts";
import { parseReset, parseRetryAt } from "./reset-time.ts";

export interface LimitReport {
  readonly windows: readonly LimitWindow[];
  /** `anthropic-ratelimit-unified-status`: the verdict over all windows. */
  readonly status: WindowStatus;
  /** The window that decided, in the server's words: `five_hour`, `seven_day` … */
  readonly claim: string | null;
  /** From `retry-after(-ms)`, milliseconds since 1970; null: none, or no wait. */
  readonly retryAt: number | null;
  /** Paid overage serves this account, as said or as it follows from a served request whose plan window is spent. */
  readonly overageInUse: boolean;
  readonly overageStatus: WindowStatus;
  readonly overageDisabledReason: string | null;
  readonly fallbackPercentage: number | null;
}

export const NO_LIMITS: LimitReport = {
  windows: [],
  status: "unknown",
  claim: null,
  retryAt: null,
  overageInUse: false,
  overageStatus: "unknown",
  overageDisabledReason: null,
  fallbackPercentage: null,
};

/** A word of the server that is shown to people: short, and of plain letters. */
function toWord(value: string | undefined): string | null {
  const word = value?.trim() ?? "";
  return /^[\w.-]{1,64}$/.test(word) ? word : null;
}

const UNIFIED = `${PREFIX}unified-`;
const STATUS = `${UNIFIED}status`;
const RESET = `${UNIFIED}reset`;
const CLAIM = `${UNIFIED}representative-claim`;
const FALLBACK = `${UNIFIED}fallback-percentage`;
const OVERAGE_STATUS = `${UNIFIED}overage-status`;
const OVERAGE_IN_USE = `${UNIFIED}overage-in-use`;
const OVERAGE_DISABLED = `${UNIFIED}overage-disabled-reason`;

/** Reads every limit that the headers of a reply name; any reply has them, 200 too. `nowMs`: wall clock. */
export function parseLimits(fields: Fields, nowMs: number): LimitReport {
  const told = collect(fields);
  if (!told.any) return NO_LIMITS;
  const status = toStatus(fields[STATUS]);
  const claim = toWord(fields[CLAIM]);
  const overageStatus = toStatus(fields[OVERAGE_STATUS]);
  const overageDisabledReason = toWord(fields[OVERAGE_DISABLED]);
  const resetAt = parseReset(fields[RESET] ?? "", nowMs);
  const windows = readWindows(told, { status, resetAt, claim, overageDisabledReason }, nowMs);
  const saidInUse = /^(?:true|1)$/i.test(fields[OVERAGE_IN_USE]?.trim() ?? "");
  const planSpent = rejects({ windows }, "account");
  return {
    windows,
    status,
    claim,
    retryAt: parseRetryAt(fields, nowMs),
    overageInUse: saidInUse || (planSpent && serves(status) && serves(overageStatus)),
    overageStatus,
    overageDisabledReason,
    fallbackPercentage: toNumber(fields[FALLBACK], 1),
  };
}

/** Tells whether a window of this scope is spent, whether or not its reset is known. */
export function rejects({ windows }: Pick<LimitReport, "windows">, scope: LimitWindow["scope"]): boolean {
  return windows.some((window) => window.scope === scope && window.status === "rejected");
}

function latestReset({ windows }: LimitReport, scope: LimitWindow["scope"]): number | null {
  const resets = windows.flatMap((window) =>
    window.scope === scope && window.status === "rejected" && window.resetAt !== null ? [window.resetAt] : [],
  );
  return resets.length === 0 ? null : Math.max(...resets);
}

/**
 * The latest reset over the spent windows that all models share, milliseconds since 1970 (facts C: wait for the
 * latest). Null: none is spent, or no reset is known. With `overageInUse` the account serves on, for money.
 */
export function rejectedUntil(report: LimitReport): number | null {
  return latestReset(report, "account");
}

/** The same over the windows of the model that was asked for. */
export function modelRejectedUntil(report: LimitReport): number | null {
  return latestReset(report, "model");
}

/**
 * What is left of the account's fullest window, 0 to 1; null where no window says how full it is. Windows of a model
 * are left out: they say nothing of the next request's model.
 */
export function headroom({ windows }: LimitReport): number | null {
  const used = windows.flatMap(({ scope, status, utilization }) => {
    if (scope === "model") return [];
    return status === "rejected" ? [1] : utilization === null ? [] : [utilization];
  });
  return used.length === 0 ? null : Math.max(0, 1 - Math.max(...used));
}
