// Done at once, then at each interval, and no more once it has been ended.
import { expect, test } from "bun:test";
import { repeat } from "../../src/core/repeat.ts";
import { createTestClock } from "../support/clock.ts";

test("at once and again, until it is ended", async () => {
  const clock = createTestClock();
  let times = 0;
  const end = repeat(clock, 1_000, () => {
    times += 1;
  });
  expect(times).toBe(1);
  await clock.advance(2_500);
  expect(times).toBe(3);
  end();
  expect(clock.timers()).toEqual([]);
  await clock.advance(10_000);
  expect(times).toBe(3);
});
