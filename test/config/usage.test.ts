// `settings.usage`: what is kept of the usage, for how long, and prices.
import { expect, test } from "bun:test";
import { showConfig } from "../../src/config/show.ts";
import { accept, complaints, PROVIDER } from "./_parse.ts";

const of = (usage: string): string => `providers:\n${PROVIDER}\nsettings:\n  usage: ${usage}\n`;

test("on, for four hundred days, without prices of its own", () => {
  for (const usage of ["{}", ""])
    expect(accept(of(usage)).settings.usage).toEqual({ enabled: true, retention_days: 400, prices: {} });
});

test("prices, by model or pattern; those of the cache may be left out", () => {
  const { usage } = accept(
    of(
      `{enabled: false, retention_days: 30, prices: {"*opus*": {input: 5, output: 25.5}, m: {input: 0, output: 0, cache_write: 1, cache_read: 0.1}}}`,
    ),
  ).settings;
  expect(usage).toEqual({
    enabled: false,
    retention_days: 30,
    prices: { "*opus*": { input: 5, output: 25.5 }, m: { input: 0, output: 0, cache_write: 1, cache_read: 0.1 } },
  });
});

test("ccb check shows it, and what it shows is the same configuration", () => {
  const config = accept(of(`{retention_days: 7, prices: {m: {input: 1, output: 2}}}`));
  const shown = showConfig(config);
  expect(shown).toContain(`  usage:
    retention_days: 7
    prices:
      m:
        input: 1
        output: 2
    enabled: true
`);
  expect(accept(shown)).toEqual(config);
});

test("every fault with its place", () => {
  const said = complaints(
    of(
      `{enabled: maybe, retention_days: 0, keep: 1, prices: {m: {input: -1, outptu: 2}, n: 5, "": {input: 1, output: 1}}}`,
    ),
  );
  for (const path of ["enabled", "keep", "prices.m.input", "prices.m.output", "prices.m.outptu", "prices.n"])
    expect(said.join("\n")).toContain(`error: settings.usage.${path}: `);
  expect(said).toHaveLength(8);
});

test("prices that are no mapping", () => {
  expect(complaints(of("{prices: [1]}"))).toEqual([expect.stringContaining("error: settings.usage.prices")]);
});
