// Sums put together and priced.
import { expect, test } from "bun:test";
import { createPriceList } from "../../src/usage/prices.ts";
import { sumBy, toReport, withModel } from "../../src/usage/report.ts";
import { createTally } from "../../src/usage/tally.ts";
import { counted, NOON } from "./_counted.ts";

const DAY = 86_400_000;
const price = createPriceList({ "claude-opus-5": { input: 1, output: 1, cache_write: 1, cache_read: 1 } });

function rows() {
  const tally = createTally(() => 0);
  tally.add(counted({ started_at: NOON + DAY }));
  tally.add(counted({ key: "b" }));
  tally.add(counted({ key: "a", started_at: NOON + 3_600_000 }));
  tally.add(counted({ sent: "no-price", of: [1, 1, 1, 1] }));
  tally.add(counted({ sent: "no-price", tokens: null, status: 404 }));
  return tally.rows;
}

test("by day: what a model costs is in its day, what has no price is counted", () => {
  const { rows: lines, totals } = toReport(rows(), ["day"], price);
  expect(lines.map(({ of: { day }, requests, cost_usd }) => [day, requests, cost_usd])).toEqual([
    ["2026-01-15", 4, 0.000146],
    ["2026-01-16", 1, 0.000073],
  ]);
  // A request that told no tokens has nothing that could cost.
  expect(lines[0]).toMatchObject({ unpriced_requests: 1, errors: 1, input_tokens: 21 });
  expect(totals).toEqual({
    requests: 5,
    errors: 1,
    input_tokens: 31,
    output_tokens: 61,
    cache_creation_input_tokens: 10,
    cache_read_input_tokens: 121,
    cost_usd: 0.000219,
    unpriced_requests: 1,
  });
});

test("in the order of what was asked for", () => {
  const { rows: lines } = toReport(rows(), ["key", "hour"], price);
  expect(lines.map(({ of: { key, hour, day } }) => [key, hour, day])).toEqual([
    ["", NOON / 1000, ""],
    ["", (NOON + DAY) / 1000, ""],
    ["a", NOON / 1000 + 3600, ""],
    ["b", NOON / 1000, ""],
  ]);
});

test("sums of sums are the same", () => {
  for (const by of [["day"], ["key", "model"], ["account"], ["hour", "provider"]] as const)
    expect(toReport(sumBy(rows(), withModel(by)), by, price)).toEqual(toReport(rows(), by, price));
});

test("nothing at all", () => {
  expect(toReport([], ["day"], price)).toMatchObject({ rows: [], totals: { requests: 0, cost_usd: 0 } });
});
