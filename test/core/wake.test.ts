// Sleep shows as a gap between the wall clock and the monotonic one.
import { expect, test } from "bun:test";
import { createWakeWatch } from "../../src/core/wake.ts";
import { createTestClock } from "../support/clock.ts";

function make() {
  const clock = createTestClock();
  const watch = createWakeWatch(clock);
  let woken = 0;
  watch.onWake(() => {
    woken += 1;
  });
  return { clock, watch, woken: () => woken };
}

test("time that passes on both clocks is no sleep", async () => {
  const { clock, watch, woken } = make();
  await clock.advance(3_600_000);
  watch.check();
  expect(woken()).toBe(0);
});

test("a sleep is noticed at the next look, once", () => {
  const { clock, watch, woken } = make();
  clock.sleep(8 * 3_600_000);
  watch.check();
  watch.check();
  expect(woken()).toBe(1);
  clock.sleep(60_000);
  watch.check();
  expect(woken()).toBe(2);
});

test("a clock that was set back counts as well: timers are wrong either way", () => {
  const { clock, watch, woken } = make();
  clock.sleep(-3_600_000);
  watch.check();
  expect(woken()).toBe(1);
});

test("small corrections of the wall clock do not count, however many", () => {
  const { clock, watch, woken } = make();
  for (let correction = 0; correction < 100; correction += 1) {
    clock.sleep(500);
    watch.check();
  }
  expect(woken()).toBe(0);
});

test("every listener hears of it", () => {
  const { clock, watch } = make();
  const heard: string[] = [];
  watch.onWake(() => heard.push("one"));
  watch.onWake(() => heard.push("two"));
  clock.sleep(10_000);
  watch.check();
  expect(heard).toEqual(["one", "two"]);
});

test("it says how far the clock went, and in which direction", () => {
  const clock = createTestClock();
  const watch = createWakeWatch(clock);
  const gaps: number[] = [];
  watch.onWake((gapMs) => void gaps.push(gapMs));
  clock.sleep(60_000);
  watch.check();
  clock.sleep(-3_600_000);
  watch.check();
  expect(gaps).toEqual([60_000, -3_600_000]);
});
