// When nothing has been done for a while.
import { expect, test } from "bun:test";
import { watchRest } from "../../src/core/rest.ts";
import { createTestClock } from "../support/clock.ts";

const LONG_MS = 120_000;

function createRested() {
  const clock = createTestClock();
  const state = { rests: 0, busy: false };
  const ended = watchRest({
    clock,
    milliseconds: LONG_MS,
    busy: () => state.busy,
    onRest: () => void (state.rests += 1),
  });
  return { clock, state, ended };
}

test("a rest begins so long after the last end, and is one, however long", async () => {
  const { clock, state, ended } = createRested();
  ended();
  await clock.advance(LONG_MS - 1);
  ended();
  await clock.advance(LONG_MS - 1);
  expect(state.rests).toBe(0);
  await clock.advance(1);
  expect(state.rests).toBe(1);
  await clock.advance(10 * LONG_MS);
  expect(state.rests).toBe(1);
  ended();
  await clock.advance(LONG_MS);
  expect(state.rests).toBe(2);
});

test("what is under way is no rest: the next wait begins with its end", async () => {
  const { clock, state, ended } = createRested();
  ended();
  state.busy = true;
  await clock.advance(2 * LONG_MS);
  expect([state.rests, clock.timers()]).toEqual([0, []]);
  state.busy = false;
  ended();
  await clock.advance(LONG_MS);
  expect(state.rests).toBe(1);
});

test("one timer waits, however much ends, and none before the first end or at rest", async () => {
  const { clock, ended } = createRested();
  expect(clock.timers()).toEqual([]);
  for (let count = 0; count < 3; count += 1) ended();
  expect(clock.timers()).toEqual([LONG_MS]);
  await clock.advance(LONG_MS);
  expect(clock.timers()).toEqual([]);
});
