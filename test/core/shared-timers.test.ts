// Timers that share real ones fire as their own would.
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Clock } from "../../src/core/ports.ts";
import { shareTimers } from "../../src/core/shared-timers.ts";
import { createTestClock } from "../support/clock.ts";

test("a thousand of one length need one real timer", async () => {
  const clock = createTestClock();
  const shared = shareTimers(clock);
  const fired: number[] = [];
  for (let index = 0; index < 1000; index += 1) shared.after(60_000, () => fired.push(index));
  expect(clock.timers().length).toBe(1);
  await clock.advance(59_999);
  expect(fired.length).toBe(0);
  await clock.advance(1);
  expect(fired).toEqual(Array.from({ length: 1000 }, (_, index) => index));
});

test("a cancelled one never fires; the others do", async () => {
  const clock = createTestClock();
  const shared = shareTimers(clock);
  const fired: string[] = [];
  const cancel = shared.after(100, () => fired.push("first"));
  await clock.advance(50);
  shared.after(100, () => fired.push("second"));
  cancel();
  await clock.advance(99);
  expect(fired).toEqual([]);
  await clock.advance(1);
  expect(fired).toEqual(["second"]);
  expect(clock.timers()).toEqual([]);
});

test("lengths that come only once leave no real timer behind", async () => {
  const clock = createTestClock();
  const shared = shareTimers(clock);
  // What is left of a time: no two of these are equal.
  for (let index = 0; index < 1000; index += 1) shared.after(30_000 - index / 7, () => {})();
  expect(clock.timers().length).toBeLessThanOrEqual(32);
  for (let index = 0; index < 1000; index += 1) shared.after(30_000 + index, () => {})();
  expect(clock.timers().length).toBeLessThanOrEqual(32);
  const fired: number[] = [];
  for (const length of [29_999.5, 30_500, 40_001]) shared.after(length, () => fired.push(length));
  await clock.advance(40_001);
  expect(fired).toEqual([29_999.5, 30_500, 40_001]);
  expect(clock.timers()).toEqual([]);
});

/** What fires when, for a script of timers that are set and cancelled over time. */
async function play(script: readonly (readonly [number, number, boolean])[], wrap: (clock: Clock) => Clock) {
  const clock = createTestClock();
  const wrapped = wrap(clock);
  const fired: string[] = [];
  for (const [index, [wait, length, cancelled]] of script.entries()) {
    const cancel = wrapped.after(length, () => fired.push(`${index} at ${clock.monotonic()}`));
    await clock.advance(wait);
    if (cancelled) cancel();
  }
  await clock.advance(1000);
  return fired.toSorted();
}

test("any script of timers fires the same at the same moments", async () => {
  const step = fc.tuple(fc.nat(20), fc.constantFrom(1, 2.5, 5, 5, 10, 30), fc.boolean());
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (script) => {
      expect(await play(script, shareTimers)).toEqual(await play(script, (clock) => clock));
    }),
    { numRuns: 100 },
  );
});
