// What tokens cost: the shipped list, what the configuration says instead, and names that stand for one model.
import { describe, expect, test } from "bun:test";
import { noFigures } from "../../src/usage/figures.ts";
import { costOf, createPriceList, PRICES_AS_OF } from "../../src/usage/prices.ts";

const shipped = createPriceList({});

describe("the shipped list", () => {
  test("has a date", () => expect(PRICES_AS_OF).toMatch(/^20\d\d-\d\d-\d\d$/));
  test("a name, a snapshot of it, an alias", () => {
    const opus = { input: 5, output: 25, cache_write: 6.25, cache_read: 0.5 };
    for (const name of [
      "claude-opus-4-5",
      "claude-opus-4-5-20251101",
      "claude-opus-4-5@20251101",
      "claude-opus-4-5-latest",
      "Claude-Opus-4-5[1m]",
    ])
      expect([name, shipped(name)]).toEqual([name, opus]);
    expect(shipped("claude-opus-4-20250514")?.input).toBe(15);
    expect(shipped("claude-opus-4-0")?.input).toBe(15);
    expect(shipped("claude-3-5-haiku-latest")).toEqual({ input: 0.8, output: 4, cache_write: 1, cache_read: 0.08 });
  });
  test("a model that comes later has no price, whatever its name begins with", () => {
    for (const name of ["claude-opus-4-9", "claude-opus-5-9-20270101", "claude-opus-45", "gpt-9", "", "toString"])
      expect([name, shipped(name)]).toEqual([name, null]);
  });
});

describe("the configuration's", () => {
  const list = createPriceList({
    "claude-*": { input: 1, output: 2 },
    "claude-opus-4-5": { input: 7, output: 8, cache_write: 9, cache_read: 0 },
    "mine-?": { input: 0, output: 0 },
  });
  test("a name before a pattern before what is shipped; upper and lower case are alike", () => {
    expect(list("CLAUDE-opus-4-5")).toEqual({ input: 7, output: 8, cache_write: 9, cache_read: 0 });
    expect(list("claude-sonnet-4-5")?.output).toBe(2);
    expect(list("mine-2")?.input).toBe(0);
    expect(list("mine-22")).toBeNull();
  });
  test("what is left out follows from the input's", () =>
    expect(list("claude-x")).toEqual({ input: 1, output: 2, cache_write: 1.25, cache_read: 0.1 }));
});

test("a cost is the sum of the four", () => {
  const figures = {
    ...noFigures(),
    input_tokens: 1_000_000,
    output_tokens: 100_000,
    cache_creation_input_tokens: 10_000,
    cache_read_input_tokens: 2_000_000,
  };
  expect(costOf(figures, { input: 5, output: 25, cache_write: 6.25, cache_read: 0.5 })).toBeCloseTo(8.5625, 9);
});
