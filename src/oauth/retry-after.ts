// RFC 9110 §10.2.3: seconds, or a date.

const LIMIT_SECONDS = 86_400;

/** Whole seconds from now, at most a day; null where the header is missing or makes no sense. */
export function parseRetryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), LIMIT_SECONDS);
  const date = Date.parse(text);
  if (Number.isNaN(date) || !/[a-z]/i.test(text)) return null;
  return Math.min(Math.max(0, Math.ceil((date - nowMs) / 1000)), LIMIT_SECONDS);
}
