// What is left of a target's limits, and until when that is believed.
import { expect, test } from "bun:test";
import {
  BELIEVED_MS,
  NO_LIMITS,
  firstReset,
  headroomOf,
  reservedUntil,
  withReport,
} from "../../src/balance/windows.ts";
import type { LimitWindow } from "../../src/provider/limit-windows.ts";
import { START, windowOf } from "./_world.ts";

const of = (...windows: LimitWindow[]) => withReport(NO_LIMITS, { windows, overageInUse: false }, "opus", START);

test("the fullest window decides, surpassed is none left, unknown is unknown", () => {
  const two = of(windowOf(0.2, START + 1000), windowOf(0.75, START + 9000, { name: "7d" }));
  expect(headroomOf(two, null, START)).toBe(0.25);
  expect(headroomOf(of(windowOf(1.01, START + 1000)), null, START)).toBe(0);
  expect(headroomOf(NO_LIMITS, null, START)).toBeNull();
  expect(headroomOf(of(windowOf(null, START + 1000, { status: "rejected" })), null, START)).toBe(0);
});

test("a window that has begun anew is empty", () => {
  expect(headroomOf(of(windowOf(0.9, START + 1000)), null, START + 1000)).toBe(1);
});

test("a model's own window counts for that model", () => {
  const limits = of(windowOf(0.2, START + 1000), windowOf(0.9, START + 1000, { name: "7d_oi", scope: "model" }));
  expect(headroomOf(limits, "haiku", START)).toBe(0.8);
  expect(headroomOf(limits, "opus", START)).toBeCloseTo(0.1);
});

test("a reserve is kept of each window until it begins anew", () => {
  const limits = of(windowOf(0.8, START + 1000), windowOf(0.9, START + 9000, { name: "7d" }));
  expect([0, 5, 10, 20, 30].map((percent) => reservedUntil(limits, percent, null, START))).toEqual([
    0,
    0,
    START + 9000,
    START + 9000,
    START + 9000,
  ]);
  expect(reservedUntil(limits, 20, null, START + 9000)).toBe(0);
});

test("a window without a reset is believed for a while, not for ever", () => {
  const limits = of(windowOf(1, null));
  expect(reservedUntil(limits, 10, null, START)).toBe(START + BELIEVED_MS);
  expect(headroomOf(limits, null, START + BELIEVED_MS)).toBe(1);
  expect(firstReset(limits, null, START)).toBe(Infinity);
});

test("the first reset is that of a window worth using up: a key's minutes are not", () => {
  const minute = windowOf(0.5, START + 1000, { name: "tokens" });
  expect(firstReset(of(minute), null, START)).toBe(Infinity);
  expect(
    firstReset(of(minute, windowOf(0.5, START + 9000), windowOf(0.5, START + 5000, { name: "7d" })), null, START),
  ).toBe(START + 5000);
});

test("paid overage ends with the spent window, else with the first, else after a while, or with the next reply", () => {
  const overage = (...windows: LimitWindow[]) => withReport(NO_LIMITS, { windows, overageInUse: true }, "opus", START);
  const spent = overage(windowOf(1.01, START + 5000), windowOf(0.5, START + 1000, { name: "7d" }));
  expect(spent.overageUntil).toBe(START + 5000);
  expect(overage(windowOf(0.5, START + 5000), windowOf(0.5, START + 1000, { name: "7d" })).overageUntil).toBe(
    START + 1000,
  );
  expect(overage().overageUntil).toBe(START + BELIEVED_MS);
  expect(withReport(spent, { windows: [], overageInUse: false }, "opus", START).overageUntil).toBe(0);
});

test("what is told once more leaves the limits as they are, and each difference is taken over", () => {
  const five = windowOf(0.5, START + 9000);
  const week = windowOf(0.2, START + 90_000, { name: "7d_oi", scope: "model" });
  const known = of(five, week);
  const tell = (windows: readonly LimitWindow[], { model = "opus", now = START, overageInUse = false } = {}) =>
    withReport(known, { windows, overageInUse }, model, now);
  expect(tell([{ ...five }, { ...week }])).toBe(known);

  expect(tell([windowOf(0.6, START + 9000), week]).windows[0]?.utilization).toBe(0.6);
  expect(tell([windowOf(0.5, START + 9000, { status: "rejected" }), week]).windows[0]?.utilization).toBe(1);
  expect(tell([windowOf(0.5, START + 9001), week]).windows[0]?.until).toBe(START + 9001);
  expect(tell([windowOf(0.5, null), week]).windows[0]).toMatchObject({ until: START + BELIEVED_MS, resets: false });
  expect(tell([five, week], { model: "haiku" }).windows.map(({ model }) => model)).toEqual(["opus", null, "haiku"]);
  expect(tell([five, week, windowOf(0.1, START + 9000, { name: "7d" })]).windows).toHaveLength(3);
  expect(tell([five], { now: START + 9000 }).windows.map(({ name }) => name)).toEqual(["7d_oi"]);
  expect(tell([five, week], { overageInUse: true }).overageUntil).toBe(START + 9000);
  const shared = windowOf(0.5, START + 9000, { name: "7d" });
  expect(tell([shared, week]).windows.map(({ name }) => name)).toEqual(["5h", "7d", "7d_oi"]);
  expect(tell([five, week], { now: START + 9000 }).windows.map(({ name }) => name)).toEqual(["7d_oi"]);
  const believed = of(windowOf(0.5, null));
  const reset = { windows: [windowOf(0.5, START + BELIEVED_MS)], overageInUse: false };
  expect(withReport(believed, reset, "opus", START).windows[0]?.resets).toBe(true);
  const paid = tell([five, week], { overageInUse: true });
  expect(withReport(paid, { windows: [five, week], overageInUse: false }, "opus", START).overageUntil).toBe(0);
});

test("what is told of one model, again and again, leaves the windows of another", () => {
  const five = windowOf(0.5, START + 9000);
  const both = of(five, windowOf(0.2, START + 90_000, { name: "7d_oi", scope: "model" }));
  const tell = (windows: readonly LimitWindow[], before = both, now = START) =>
    withReport(before, { windows, overageInUse: false }, "haiku", now);
  const told = tell([five]);
  expect(told.windows.map(({ name }) => name)).toEqual(["7d_oi", "5h"]);
  expect(tell([{ ...five }], told)).toBe(told);
  const later = windowOf(0.5, START + 200_000);
  expect(tell([later], tell([later]), START + 90_000).windows.map(({ name }) => name)).toEqual(["5h"]);
});
