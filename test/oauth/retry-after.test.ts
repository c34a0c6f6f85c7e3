// Retry-After in its two forms (RFC 9110 §10.2.3).
import { expect, test } from "bun:test";
import { parseRetryAfter } from "../../src/oauth/retry-after.ts";

const NOW = Date.UTC(2026, 0, 15, 12);
const rows: readonly (readonly [string | null, number | null])[] = [
  [null, null],
  ["0", 0],
  ["1", 1],
  [" 30 ", 30],
  ["86400", 86_400],
  ["999999999", 86_400],
  ["Thu, 15 Jan 2026 12:02:00 GMT", 120],
  ["Thursday, 15-Jan-26 12:02:00 GMT", 120],
  ["Thu, 15 Jan 2026 11:00:00 GMT", 0],
  ["Thu, 15 Jan 2037 11:00:00 GMT", 86_400],
  ["", null],
  ["-5", null],
  ["1.5", null],
  ["soon", null],
  ["12345678901234567890", null],
  ["2026", 2_026],
];
for (const [header, expected] of rows) {
  test(`${JSON.stringify(header)} → ${expected}`, () => expect(parseRetryAfter(header, NOW)).toBe(expected));
}
