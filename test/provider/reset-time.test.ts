// Announced times: the forms that are understood, and the absurd ones that are not.
import { describe, expect, test } from "bun:test";
import { toFields } from "../../src/provider/fields.ts";
import { parseReset, parseRetryAt } from "../../src/provider/reset-time.ts";

const NOW = 1_785_510_000_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const seconds = (fromNow: number): string => String((NOW + fromNow) / 1000);

describe("times", () => {
  const resets: readonly (readonly [string, number | null])[] = [
    ["1785513600", NOW + HOUR],
    ["1785513600.5", NOW + HOUR + 500],
    ["2026-07-31T16:00:00Z", NOW + HOUR],
    ["2026-07-31T18:00:00.288792+02:00", NOW + HOUR + 289],
    [seconds(-1000), null],
    [seconds(0), null],
    [seconds(35 * DAY), NOW + 35 * DAY],
    [seconds(36 * DAY), null],
    ["1785513600000", null],
    ["99999999999999999999", null],
    ["NaN", null],
    ["Infinity", null],
    ["-5", null],
    ["", null],
    ["tomorrow", null],
    ["2026", null],
    ["9999-12-31T23:59:59Z", null],
    ["2026-99-99T99:99:99Z", null],
  ];
  for (const [value, expected] of resets) {
    test(`reset ${JSON.stringify(value)} → ${expected}`, () => expect(parseReset(value, NOW)).toBe(expected));
  }
  const waits: readonly (readonly [Record<string, string>, number | null])[] = [
    [{ "retry-after": "30" }, NOW + 30_000],
    [{ "retry-after": "1.5" }, NOW + 1500],
    [{ "retry-after": String(4 * 86_400) }, NOW + 4 * DAY],
    [{ "retry-after": new Date(NOW + HOUR).toUTCString() }, NOW + HOUR],
    [{ "retry-after": "30", "retry-after-ms": "250" }, NOW + 250],
    [{ "retry-after": "30", "retry-after-ms": "soon" }, NOW + 30_000],
    [{ "retry-after": "0" }, null],
    [{ "retry-after": "-1" }, null],
    [{ "retry-after": "soon" }, null],
    [{ "retry-after": "2026-08-01" }, null],
    [{ "retry-after": "99999999999999" }, null],
    [{ "retry-after": new Date(NOW - HOUR).toUTCString() }, null],
    [{}, null],
  ];
  for (const [headers, expected] of waits) {
    test(`${JSON.stringify(headers)} → ${expected}`, () =>
      expect(parseRetryAt(toFields(new Headers(headers)), NOW)).toBe(expected));
  }
});
