// What may be asked: names, moments, and days of the place.
import { describe, expect, test } from "bun:test";
import { CcbError } from "../../src/core/errors.ts";
import { dayOf, hourOf } from "../../src/usage/local-time.ts";
import type { OffsetMinutes } from "../../src/usage/local-time.ts";
import { parseQuestion } from "../../src/usage/question.ts";
import { NOON } from "./_counted.ts";

const utc: OffsetMinutes = () => 0;
const india: OffsetMinutes = () => -330;
/** Berlin: one hour ahead, two from 2026-03-29 01:00 UTC to 2026-10-25 01:00 UTC. */
const berlin: OffsetMinutes = (ms) => (ms >= Date.UTC(2026, 2, 29, 1) && ms < Date.UTC(2026, 9, 25, 1) ? -120 : -60);
const at = (iso: string): number => Date.parse(iso) / 1000;

const ask = (query: string, offset: OffsetMinutes = utc, now = NOON + 1_234_000) =>
  parseQuestion(new URLSearchParams(query), { now, offset });
function refused(query: string): string {
  try {
    ask(query);
  } catch (error) {
    if (error instanceof CcbError) return `${error.code}: ${error.message}`;
  }
  throw new Error(`not refused: ${query}`);
}

describe("by", () => {
  test("day by default, any of the six in any order", () => {
    expect(ask("").by).toEqual(["day"]);
    expect(ask("by=key,hour,%20model").by).toEqual(["key", "hour", "model"]);
  });
  test("nothing else, nothing twice", () => {
    for (const by of ["", "week", "day,", "day,day", "day;model", "constructor"])
      expect(refused(`by=${by}`)).toContain("invalid_request: by must be");
    expect(refused("by=day&by=model")).toContain("by may be there once");
  });
});

describe("since and until", () => {
  test("thirty days until now by default", () => {
    expect(ask("")).toEqual({ by: ["day"], since: NOON / 1000 - 30 * 86_400, until: NOON / 1000 + 3_600 });
    expect(ask("", utc, NOON).until).toBe(NOON / 1000 + 3_600);
  });
  test("ages, Unix seconds, dates, times", () => {
    const since = (text: string): number => ask(`since=${encodeURIComponent(text)}`).since;
    expect(since("24h")).toBe(at("2026-01-14T12:00:00Z"));
    expect([since("7d"), since("1w")]).toEqual([at("2026-01-08T12:00:00Z"), at("2026-01-08T12:00:00Z")]);
    expect(since("90m")).toBe(at("2026-01-15T10:00:00Z"));
    expect(since("1768435200")).toBe(1_768_435_200);
    expect(since("0")).toBe(0);
    expect(since("2026-01-02")).toBe(at("2026-01-02T00:00:00Z"));
    expect(since("2026-01-02T10:45:00+02:00")).toBe(at("2026-01-02T08:00:00Z"));
  });
  test("a date means its whole day", () => {
    const january = ask("since=2026-01-01&until=2026-01-31");
    expect([january.since, january.until]).toEqual([at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z")]);
    expect(ask("until=2026-12-31").until).toBe(at("2027-01-01T00:00:00Z"));
  });
  test("days of the place, over the change of the clock too", () => {
    const march = ask("since=2026-03-29&until=2026-03-29", berlin, Date.UTC(2026, 6, 1));
    expect([march.since, march.until]).toEqual([at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z")]);
    const october = ask("since=2026-10-25&until=2026-10-25", berlin, Date.UTC(2026, 11, 1));
    expect([october.since, october.until]).toEqual([at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z")]);
    expect(ask("since=2026-01-02", india).since).toBe(at("2026-01-01T18:30:00Z"));
  });
  test("what is none", () => {
    for (const text of ["", "yesterday", "2026-13-01", "2026-02-30", "7y", "-1d", "1e9", "2026-01-02T25:00", "1.5"])
      expect(refused(`since=${encodeURIComponent(text)}`)).toContain("since must be a date");
    expect(refused("until=x")).toContain("until must be");
    expect(refused("since=1d&until=2d")).toContain("before since");
  });
});

describe("hours and days of the place", () => {
  test("hours begin where the place's do", () => {
    expect(hourOf(Date.UTC(2026, 0, 15, 12, 40), utc)).toBe(at("2026-01-15T12:00:00Z"));
    expect(hourOf(Date.UTC(2026, 0, 15, 12, 40), india)).toBe(at("2026-01-15T12:30:00Z"));
    expect(hourOf(Date.UTC(2026, 0, 15, 12, 20), india)).toBe(at("2026-01-15T11:30:00Z"));
  });
  test("no hour is in two days", () => {
    expect(dayOf(Date.UTC(2026, 0, 15, 18, 29), india)).toBe("2026-01-15");
    expect(dayOf(Date.UTC(2026, 0, 15, 18, 30), india)).toBe("2026-01-16");
    expect(hourOf(Date.UTC(2026, 0, 15, 18, 30), india)).toBe(at("2026-01-15T18:30:00Z"));
    expect(dayOf(Date.UTC(2026, 0, 15, 3), () => 240)).toBe("2026-01-14");
  });
});
