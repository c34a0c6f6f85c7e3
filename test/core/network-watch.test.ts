// Another network is noticed at the next look that is not too soon after the last one.
import { expect, test } from "bun:test";
import { createNetworkWatch } from "../../src/core/network-watch.ts";
import { createTestClock } from "../support/clock.ts";

function make() {
  const clock = createTestClock();
  const seen = { addresses: "eth0 10.0.0.1", looks: 0, moves: 0 };
  const watch = createNetworkWatch(clock, () => {
    seen.looks += 1;
    return seen.addresses;
  });
  watch.onMove(() => {
    seen.moves += 1;
  });
  return { clock, watch, seen };
}

test("a look is good for as long as the caller says", async () => {
  const { clock, watch, seen } = make();
  watch.check(5_000);
  await clock.advance(4_999);
  watch.check(5_000);
  expect(seen.looks).toBe(1);
  await clock.advance(1);
  watch.check(5_000);
  watch.check(5_000);
  expect(seen.looks).toBe(2);
});

test("each change is told once", async () => {
  const { clock, watch, seen } = make();
  seen.addresses = "wlan0 192.168.1.7";
  watch.check(0);
  watch.check(0);
  expect(seen.moves).toBe(1);
  seen.addresses = "";
  await clock.advance(60_000);
  expect(seen.moves).toBe(1);
  watch.check(5_000);
  expect(seen.moves).toBe(2);
});
