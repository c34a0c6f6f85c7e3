// What becomes of the traces when no more come.
import { expect, test } from "bun:test";
import { createObservedTraces } from "../../src/http/observed-traces.ts";
import { createMeter } from "../../src/metrics/meter.ts";
import { createTestClock } from "../support/clock.ts";
import { createTestLog } from "../support/log.ts";

const LONG_MS = 120_000;

function createRested(fail = (): void => {}) {
  const clock = createTestClock();
  const log = createTestLog();
  const state = { rests: 0 };
  const traces = createObservedTraces({
    houseClock: clock,
    log: log.log,
    meter: createMeter(),
    usage: { note: () => {} },
    requestEvents: { listeners: () => 0, tell: () => {} },
    releaseMemory() {
      state.rests += 1;
      fail();
    },
  });
  const begun = () =>
    traces.begin({ id: "1", startedAt: 0, startedMonotonic: 0, method: "POST", path: "/v1/messages", key: null });
  const ended = (open = begun()): void => open.end({ state: "complete", at: 1 });
  return { clock, log, state, begun, ended };
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
  const { clock, state, begun, ended } = createRested();
  ended();
  const open = begun();
  await clock.advance(2 * LONG_MS);
  expect([state.rests, clock.timers()]).toEqual([0, []]);
  ended(begun());
  await clock.advance(2 * LONG_MS);
  expect(state.rests).toBe(0);
  ended(open);
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

test("one that fails is logged, and the next comes all the same", async () => {
  const { clock, log, state, ended } = createRested(() => {
    throw new Error("no memory");
  });
  for (let count = 1; count <= 2; count += 1) {
    ended();
    await clock.advance(LONG_MS);
    expect([state.rests, log.of("rest_failed").length]).toEqual([count, count]);
  }
});
