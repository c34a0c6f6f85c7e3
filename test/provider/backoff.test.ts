// How long ccb's own guesses last.
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { coolDownMs } from "../../src/provider/backoff.ts";

const settings = { unhealthy_threshold: 2, failure_cooldown_seconds: 30 };
const series = (kind: "network" | "overload" | "unhealthy"): number[] =>
  [1, 2, 3, 4, 5, 6, 7, 5000].map((failures) => coolDownMs(kind, failures, settings));

test("network: 2 s, doubled each time, to 60 s", () => {
  expect(series("network")).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test("overload: at most 10 s, however often", () => {
  expect(new Set(series("overload")).size).toBe(1);
  expect(coolDownMs("overload", 1, settings)).toBeLessThanOrEqual(10_000);
});

test("unhealthy: not below the threshold, then as long as the settings say", () => {
  expect(series("unhealthy")).toEqual([0, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000]);
  expect(coolDownMs("unhealthy", 1, { unhealthy_threshold: 1, failure_cooldown_seconds: 5 })).toBe(5000);
  expect(coolDownMs("unhealthy", 9, { unhealthy_threshold: 2, failure_cooldown_seconds: 0 })).toBe(0);
});

test("whatever the count: finite, and never negative", () => {
  fc.assert(
    fc.property(fc.constantFrom("network", "overload", "unhealthy", "credit"), fc.double(), (kind, failures) => {
      const time = coolDownMs(kind, failures, settings);
      expect(time >= 0 && time <= 300_000).toBe(true);
    }),
  );
});
