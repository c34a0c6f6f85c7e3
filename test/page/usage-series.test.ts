// What the charts are drawn from.
import { describe, expect, test } from "bun:test";
import type { UsageRowView, UsageView } from "../../src/http/usage-schema.ts";
import { cacheRateOf, stack, tokensOf, toSeries, toSums } from "../../src/page/usage-series.ts";

const WORDS = { nameless: "nobody", others: "others" };

const figures = (cost: number) => ({
  requests: 1,
  errors: 0,
  input_tokens: 10,
  output_tokens: 5,
  cache_creation_input_tokens: 20,
  cache_read_input_tokens: 70,
  cost_usd: cost,
  unpriced_requests: 0,
});
const HOUR = 3_600;
const row = (hour: number, model: string | null, cost = 1): UsageRowView => ({
  hour: hour * HOUR,
  model,
  ...figures(cost),
});
const view = (rows: readonly UsageRowView[], hours = 4): UsageView => ({
  enabled: true,
  durable: true,
  since: 0,
  until: hours * HOUR,
  by: ["hour", "model"],
  prices_as_of: "2026-01-01",
  rows: [...rows],
  totals: figures(0),
});

describe("series", () => {
  test("every hour is there, with usage or without", () => {
    const { times, series } = toSeries(view([row(0, "a"), row(2, "a", 3)]), "model", WORDS);
    expect(times).toEqual([0, 1, 2, 3].map((hour) => hour * HOUR * 1000));
    expect(series.map(({ name, sums }) => [name, sums.map(({ cost }) => cost)])).toEqual([["a", [1, 0, 3, 0]]]);
    expect(series[0]?.total.cost).toBe(4);
  });

  test("the most costly is first, nobody has a name", () => {
    const { series } = toSeries(view([row(0, "a"), row(1, null, 5), row(2, "b", 3)]), "model", WORDS);
    expect(series.map(({ name }) => name)).toEqual(["nobody", "b", "a"]);
  });

  test("too many to tell apart: the rest is one, and nothing is lost", () => {
    const rows = Array.from({ length: 9 }, (_, index) => row(index % 4, `m${index}`, 9 - index));
    const { series } = toSeries(view(rows), "model", WORDS);
    expect(series.map(({ name }) => name)).toEqual(["m0", "m1", "m2", "m3", "m4", "others"]);
    expect(series.reduce((sum, { total }) => sum + total.cost, 0)).toBe(45);
    expect(series.at(-1)?.total.requests).toBe(4);
  });

  test("six are shown as they are", () => {
    const rows = Array.from({ length: 6 }, (_, index) => row(0, `m${index}`, 9 - index));
    expect(toSeries(view(rows), "model", WORDS).series.map(({ name }) => name)).not.toContain("others");
  });

  test("an account goes by its email, one that is gone by its id", () => {
    const of = (account: string, email?: string): UsageRowView => ({
      day: "2026-01-15",
      account,
      ...(email === undefined ? {} : { account_email: email }),
      ...figures(1),
    });
    const days = { ...view([of("1", "me@example.com"), of("2")]), by: ["day", "account"], since: 1_768_478_400, until: 1_768_482_000 }; // prettier-ignore
    const { series, times } = toSeries(days, "account", WORDS);
    expect(series.map(({ name }) => name)).toEqual(["me@example.com", "2"]);
    expect(times.length).toBe(1);
  });
});

test("the hit rate is what came from the cache of all input", () => {
  expect(cacheRateOf(toSums(figures(0)))).toBe(0.7);
  expect(cacheRateOf({ ...toSums(figures(0)), input: 0, written: 0, read: 0 })).toBe(null);
  expect(tokensOf(toSums(figures(0)))).toBe(105);
});

test("each line stands on those before it", () => {
  expect(stack([[1, 2], [3, 4], [5, 0]])).toEqual([[1, 2], [4, 6], [9, 6]]); // prettier-ignore
});
