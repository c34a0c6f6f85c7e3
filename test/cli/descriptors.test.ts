// No descriptor left: the event loop is slowed down until there are enough again, and both are said once.
import { expect, test } from "bun:test";
import { watchDescriptors } from "../../src/cli/descriptors.ts";
import { createTestClock } from "../support/clock.ts";
import { createTestLog } from "../support/log.ts";

function make(code = "EMFILE") {
  const clock = createTestClock();
  const testLog = createTestLog();
  const seen = { free: 1_000, open: 0, rests: 0, said: 0 };
  const stop = watchDescriptors({
    clock,
    log: testLog.log,
    onShort: () => void (seen.said += 1),
    rest: () => void (seen.rests += 1),
    open: () => {
      if (seen.open >= seen.free) throw Object.assign(new Error("none"), { code });
      seen.open += 1;
      return () => void (seen.open -= 1);
    },
  });
  const said = (): number[] => ["descriptors_exhausted", "descriptors_back"].map((event) => testLog.of(event).length);
  return { clock, seen, stop, said };
}

test("while there are some, the loop never rests and nothing stays open", async () => {
  const { clock, seen, said } = make();
  await clock.advance(60_000);
  seen.free = 1;
  await clock.advance(60_000);
  expect(seen).toMatchObject({ open: 0, rests: 0, said: 0 });
  expect(said()).toEqual([0, 0]);
});

test("with none left it rests at each turn, until there are several again; each is said once", async () => {
  const { clock, seen, said } = make();
  seen.free = 0;
  await clock.advance(8_000);
  expect(seen.rests).toBeGreaterThan(100);
  // One that comes free goes to the next connection that waits.
  seen.free = 1;
  await clock.advance(8_000);
  expect([seen.said, ...said()]).toEqual([1, 1, 0]);
  seen.free = 100;
  await clock.advance(1_000);
  const { rests } = seen;
  await clock.advance(60_000);
  expect([seen.rests, seen.open, seen.said, ...said()]).toEqual([rests, 0, 1, 1, 1]);
});

test("a machine without /dev/null has nothing to look at", async () => {
  const { clock, seen } = make("ENOENT");
  seen.free = 0;
  await clock.advance(8_000);
  expect(seen).toMatchObject({ rests: 0, said: 0 });
});

test("stopped: no timer stays", async () => {
  const { clock, seen, stop } = make();
  seen.free = 0;
  await clock.advance(8_000);
  stop();
  expect(clock.timers()).toEqual([]);
});
