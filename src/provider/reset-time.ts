// Points in time that an upstream announces: resets and delays, tamed. Pure.
import type { Fields } from "./fields.ts";

/** The longest window is a month; anything beyond is a fault of the sender, and would bench a target for good. */
const HORIZON_MS = 35 * 86_400_000;

const SECONDS = /^\d{1,12}(?:\.\d{1,9})?$/;
const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

function within(at: number, nowMs: number): number | null {
  return Number.isFinite(at) && at > nowMs && at <= nowMs + HORIZON_MS ? Math.ceil(at) : null;
}

/**
 * A reset as milliseconds since 1970, from Unix seconds (unified windows) or RFC 3339 (the others). Null where it is
 * not to be understood, already past, or more than 35 days ahead.
 */
export function parseReset(value: string, nowMs: number): number | null {
  const text = value.trim();
  if (SECONDS.test(text)) return within(Number(text) * 1000, nowMs);
  const parts = RFC_3339.exec(text);
  if (parts === null) return null;
  const [, date, time, fraction = "", zone = ""] = parts;
  // Date.parse promises three digits of a fraction only. Rounded up: a reset is never shortened.
  const whole = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  return within(whole + Math.ceil(Number(`0${fraction}`) * 1000), nowMs);
}

/** Whether a header, in small letters, names a time to wait: it counts from when the reply came. */
export const namesWait = (header: string): boolean => header.startsWith("retry-after");

/**
 * When `retry-after-ms`, else `retry-after` (seconds or a date, RFC 9110 §10.2.3), allows another try, milliseconds
 * since 1970: the order of the official SDKs (facts C). Unlike the token endpoint's it may be days ahead: a weekly
 * window is not to be shortened. Null where there is none, or no wait at all.
 */
export function parseRetryAt(fields: Fields, nowMs: number): number | null {
  const exact = fields["retry-after-ms"]?.trim() ?? "";
  if (SECONDS.test(exact)) return within(nowMs + Number(exact), nowMs);
  const text = fields["retry-after"]?.trim() ?? "";
  if (SECONDS.test(text)) return within(nowMs + Number(text) * 1000, nowMs);
  // A date has letters in each of its three forms; without them Date.parse would take "2026" or "-5" for one.
  return /[a-z]/i.test(text) ? within(Date.parse(text), nowMs) : null;
}
