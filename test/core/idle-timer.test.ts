// A wait that lasts too long is ended once; time between waits does not count.
import { expect, test } from "bun:test";
import { createIdleTimer } from "../../src/core/idle-timer.ts";
import { createTestClock } from "../support/clock.ts";

function make(milliseconds: number) {
  const clock = createTestClock();
  let expired = 0;
  const timer = createIdleTimer(clock, milliseconds, () => {
    expired += 1;
  });
  return { clock, timer, expired: () => expired };
}

test("one wait of the whole limit expires, once", async () => {
  const { clock, timer, expired } = make(1_000);
  timer.begin();
  await clock.advance(999);
  expect(expired()).toBe(0);
  await clock.advance(1);
  expect(expired()).toBe(1);
  await clock.advance(10_000);
  expect(expired()).toBe(1);
});

test("many short waits do not add up, and one timer serves them all", async () => {
  const { clock, timer, expired } = make(1_000);
  for (let chunk = 0; chunk < 50; chunk += 1) {
    timer.begin();
    await clock.advance(900);
    timer.end();
    expect(clock.timers().length).toBeLessThanOrEqual(1);
  }
  expect(expired()).toBe(0);
});

test("the time between two waits does not count", async () => {
  const { clock, timer, expired } = make(1_000);
  timer.begin();
  await clock.advance(500);
  timer.end();
  await clock.advance(60_000);
  timer.begin();
  await clock.advance(999);
  expect(expired()).toBe(0);
  await clock.advance(1);
  expect(expired()).toBe(1);
});

test("a wait that began late in the timer's life gets its full time", async () => {
  const { clock, timer, expired } = make(1_000);
  timer.begin();
  await clock.advance(900);
  timer.end();
  timer.begin();
  await clock.advance(999);
  expect(expired()).toBe(0);
  await clock.advance(1);
  expect(expired()).toBe(1);
});

test("stopped is stopped, and leaves no timer behind", async () => {
  const { clock, timer, expired } = make(1_000);
  timer.begin();
  timer.stop();
  expect(clock.timers()).toEqual([]);
  await clock.advance(5_000);
  expect(expired()).toBe(0);
});

test("stopped is for good: a wait that begins afterwards arms nothing", async () => {
  const { clock, timer, expired } = make(1_000);
  timer.begin();
  timer.stop();
  timer.begin();
  expect(clock.timers()).toEqual([]);
  timer.end();
  await clock.advance(5_000);
  expect(expired()).toBe(0);
});

test("0 means never", async () => {
  const { clock, timer, expired } = make(0);
  timer.begin();
  await clock.advance(1e9);
  timer.end();
  timer.stop();
  expect(expired()).toBe(0);
});
