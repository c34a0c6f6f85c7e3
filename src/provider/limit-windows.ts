// The windows among the rate-limit headers of a reply: plain ones of keys, unified ones of subscriptions. Pure.
import type { Fields as HeaderFields } from "./fields.ts";
import { namesWait, parseReset } from "./reset-time.ts";

/** rejected: nothing is left until the reset; unknown: the window was named, its state was not. */
export type WindowStatus = "allowed" | "warning" | "rejected" | "unknown";

export interface LimitWindow {
  /** As the header says it: `5h`, `7d`, `7d_oi`, `requests`, `input-tokens` …; `unified`: only the sum was given. */
  readonly name: string;
  /** model: it limits the model that was asked for, the account's other models go on. */
  readonly scope: "account" | "model";
  readonly status: WindowStatus;
  /** The used part, 0 to 1 and a little more; null: not said. */
  readonly utilization: number | null;
  /** Milliseconds since 1970, in the future of the reply; null: not said, or absurd. */
  readonly resetAt: number | null;
}

export const PREFIX = "anthropic-ratelimit-";
const PLAIN = /^(requests|tokens|input-tokens|output-tokens)-(limit|remaining|reset)$/;
const UNIFIED = /^unified-([a-z0-9_-]{1,32})-(status|reset|utilization)$/;
/** They look like windows and are none: what is paid beyond the plan, and the fallback to another model. */
const NO_WINDOW = new Set(["overage", "fallback"]);
/** The windows that all models share; every other unified one is of a model (facts C: `7d_oi` and its like). */
const SHARED = new Set(["5h", "7d"]);
const SHARED_CLAIMS = new Set(["five_hour", "seven_day"]);
const MAX_WINDOWS = 32;

/** Hard stops of facts C; a soft queue still serves. */
const STATUSES: ReadonlyMap<string, WindowStatus> = new Map([
  ["allowed", "allowed"],
  ["allowed_warning", "warning"],
  ["warning", "warning"],
  ["queueing_soft", "warning"],
  ["rejected", "rejected"],
  ["rate_limited", "rejected"],
  ["blocked", "rejected"],
  ["queueing_hard", "rejected"],
  ["payment_required", "rejected"],
]);

export const toStatus = (value: string | null | undefined): WindowStatus =>
  STATUSES.get((value ?? "").trim().toLowerCase()) ?? "unknown";
export const serves = (status: WindowStatus): boolean => status === "allowed" || status === "warning";

/** A number from 0 to `most`; null where it is none. */
export function toNumber(value: string | null | undefined, most: number): number | null {
  if (value === null || value === undefined || value.trim() === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? Math.min(Math.max(0, number), most) : null;
}

/** A window of an API key, by name: requests or tokens a minute. */
export const isPlain = (name: string): boolean => /^(?:requests|tokens|input-tokens|output-tokens)$/.test(name);

/** The values of a window's headers, as they came. */
interface Fields {
  readonly name: string;
  readonly plain: boolean;
  status?: string;
  reset?: string;
  utilization?: string;
  limit?: string;
  remaining?: string;
}

/** What a header's name says; null: it is none of a window's. */
interface Place {
  readonly name: string;
  readonly plain: boolean;
  readonly field: "status" | "reset" | "utilization" | "limit" | "remaining";
}

const isField = (field: string): field is Place["field"] =>
  field === "status" || field === "reset" || field === "utilization" || field === "limit" || field === "remaining";

function toPlace(header: string): Place | null {
  const rest = header.slice(PREFIX.length);
  const ofPlain = PLAIN.exec(rest);
  const [, name, field] = ofPlain ?? UNIFIED.exec(rest) ?? [];
  if (name === undefined || field === undefined || !isField(field) || NO_WINDOW.has(name)) return null;
  return { name, plain: ofPlain !== null, field };
}

/** An upstream sends the same names with every reply: each is read once. */
const places = new Map<string, Place | null>();
const MOST_PLACES = 256;

function placeOf(header: string): Place | null {
  const known = places.get(header);
  if (known !== undefined) return known;
  const place = toPlace(header);
  if (places.size < MOST_PLACES) places.set(header, place);
  return place;
}

/** What the headers of a reply say of limits, before any of it is understood. */
export interface Told {
  /** Of each window; `plain` and unified apart, as both could use one name. */
  readonly windows: Fields[];
  /** There is a limit, a window's or another, or a time to wait. */
  any: boolean;
}

function fieldsOf(windows: Fields[], { name, plain }: Place): Fields | null {
  let count = 0;
  for (const fields of windows) {
    if (fields.plain !== plain) continue;
    if (fields.name === name) return fields;
    count += 1;
  }
  if (count >= MAX_WINDOWS) return null;
  const made: Fields = { name, plain };
  windows.push(made);
  return made;
}

/** One look over the names: a reply without limits costs no more. */
export function collect(headers: HeaderFields): Told {
  const told: Told = { windows: [], any: false };
  for (const header in headers) {
    if (!header.startsWith(PREFIX)) {
      if (namesWait(header)) told.any = true;
      continue;
    }
    told.any = true;
    const place = placeOf(header);
    const fields = place === null ? null : fieldsOf(told.windows, place);
    const value = headers[header];
    if (place !== null && fields !== null && value !== undefined) fields[place.field] = value;
  }
  return told;
}

function toPlainWindow(fields: Fields, nowMs: number): LimitWindow {
  const limit = toNumber(fields.limit, Number.MAX_VALUE);
  const remaining = toNumber(fields.remaining, Number.MAX_VALUE);
  // A limit of 0 is no limit that anybody could have used up.
  const known = remaining !== null && limit !== 0;
  return {
    name: fields.name,
    scope: "account",
    status: known ? (remaining === 0 ? "rejected" : "allowed") : "unknown",
    utilization: known && limit !== null ? Math.max(0, (limit - remaining) / limit) : null,
    resetAt: parseReset(fields.reset ?? "", nowMs),
  };
}

function toUnifiedWindow({ name, status, utilization, reset }: Fields, nowMs: number): LimitWindow {
  return {
    name,
    scope: SHARED.has(name) ? "account" : "model",
    status: toStatus(status),
    utilization: toNumber(utilization, 10),
    resetAt: parseReset(reset ?? "", nowMs),
  };
}

/**
 * The sum as a window of its own, where it says more than the windows do: none is named, or none of them is rejected
 * although the sum is. It is the model's where the claim or the shared windows, both open, leave nothing else.
 */
function toSum(
  windows: readonly LimitWindow[],
  { status, resetAt, claim, overageDisabledReason }: Sum,
): LimitWindow | null {
  if (status === "unknown") return null;
  const alreadySaid = status !== "rejected" || windows.some((window) => window.status === "rejected");
  if (windows.length > 0 && alreadySaid) return null;
  const sharedOpen =
    windows.filter((window) => window.scope === "account" && serves(window.status)).length === SHARED.size;
  const ofModel =
    !SHARED_CLAIMS.has(claim ?? "") &&
    (claim?.startsWith("seven_day_") === true || sharedOpen || overageDisabledReason === "out_of_credits");
  return { name: "unified", scope: ofModel ? "model" : "account", status, utilization: null, resetAt };
}

/** The sum over the unified windows, as the headers without a window's name give it. */
export interface Sum extends Pick<LimitWindow, "status" | "resetAt"> {
  readonly claim: string | null;
  readonly overageDisabledReason: string | null;
}

/** Every window that was told of, the sum among them only where it adds something. */
export function readWindows(told: Told, sum: Sum, nowMs: number): readonly LimitWindow[] {
  const plain: LimitWindow[] = [];
  const unified: LimitWindow[] = [];
  for (const fields of told.windows) {
    if (fields.plain) plain.push(toPlainWindow(fields, nowMs));
    else unified.push(toUnifiedWindow(fields, nowMs));
  }
  const whole = toSum(unified, sum);
  if (whole !== null) unified.push(whole);
  return plain.length === 0 ? unified : plain.concat(unified);
}
