// One run at a time per key.
import { expect, test } from "bun:test";
import { createSingleFlight } from "../../src/core/single-flight.ts";

test("whoever asks while a run is under way shares its result; the next asks anew", async () => {
  const flights = createSingleFlight<number>();
  let runs = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const work = async (): Promise<number> => {
    runs += 1;
    await promise;
    return runs;
  };
  const all = Array.from({ length: 100 }, () => flights.run("a", work));
  expect(flights.running("a")).toBe(true);
  expect(flights.running("b")).toBe(false);
  resolve();
  expect(new Set(await Promise.all(all))).toEqual(new Set([1]));
  expect(flights.running("a")).toBe(false);
  expect(await flights.run("a", work)).toBe(2);
});

test("keys do not wait for each other", async () => {
  const flights = createSingleFlight<string>();
  const { promise, resolve } = Promise.withResolvers<string>();
  const slow = flights.run("slow", () => promise);
  expect(await flights.run("quick", async () => "done")).toBe("done");
  resolve("late");
  expect(await slow).toBe("late");
});

test("a failure reaches everybody who shared it and is forgotten", async () => {
  const flights = createSingleFlight<string>();
  const fail = async (): Promise<string> => {
    await Promise.resolve();
    throw new Error("no");
  };
  const outcomes = await Promise.allSettled([flights.run("a", fail), flights.run("a", fail)]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await flights.run("a", async () => "yes")).toBe("yes");
});
