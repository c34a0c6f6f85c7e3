// Sums, priced and put together by what was asked for. Pure.
import { addFigures, DIMENSIONS, noFigures } from "./figures.ts";
import type { Dimension, Figures, UsageRow } from "./figures.ts";
import { costOf } from "./prices.ts";
import type { PriceOf } from "./prices.ts";

interface Priced extends Omit<Figures, "counted"> {
  /** USD, rounded to a millionth. */
  cost_usd: number;
  /** Requests with tokens of a model that has no price: they cost nothing here. */
  unpriced_requests: number;
}

/** A line: of the dimensions only those that were asked for say anything. */
export interface ReportRow extends Priced {
  readonly of: Pick<UsageRow, Dimension>;
}

export interface Report {
  /** In the order of their dimensions, as they were asked for. */
  readonly rows: readonly ReportRow[];
  readonly totals: Priced;
}

/** Sums over rows that share these dimensions; the others are "" or 0. */
export type Sum = Readonly<UsageRow>;

/** What has to be summed by, so that it can be priced. */
export const withModel = (by: readonly Dimension[]): readonly Dimension[] =>
  by.includes("model") ? by : [...by, "model"];

/** Sums rows by some dimensions; the others become "" and 0. */
export function sumBy(rows: Iterable<Sum>, by: readonly Dimension[]): readonly UsageRow[] {
  const sums = new Map<string, UsageRow>();
  for (const row of rows) {
    const name = by.map((dimension) => row[dimension]).join("\n");
    const known = sums.get(name);
    if (known === undefined) sums.set(name, { ...row, ...only(row, by) });
    else addFigures(known, row);
  }
  return [...sums.values()];
}

const only = (row: Sum, by: readonly Dimension[]): Pick<UsageRow, Dimension> => ({
  hour: by.includes("hour") ? row.hour : 0,
  day: by.includes("day") ? row.day : "",
  account: by.includes("account") ? row.account : "",
  provider: by.includes("provider") ? row.provider : "",
  model: by.includes("model") ? row.model : "",
  key: by.includes("key") ? row.key : "",
});

interface Group {
  readonly of: Pick<UsageRow, Dimension>;
  readonly figures: Figures;
  cost: number;
  unpriced: number;
}

const rounded = (usd: number): number => Math.round(usd * 1_000_000) / 1_000_000;

function toPriced({ figures, cost, unpriced }: Omit<Group, "of">): Priced {
  return {
    requests: figures.requests,
    errors: figures.errors,
    input_tokens: figures.input_tokens,
    output_tokens: figures.output_tokens,
    cache_creation_input_tokens: figures.cache_creation_input_tokens,
    cache_read_input_tokens: figures.cache_read_input_tokens,
    cost_usd: rounded(cost),
    unpriced_requests: unpriced,
  };
}

function add(group: Omit<Group, "of">, row: Sum, priceOf: PriceOf): void {
  addFigures(group.figures, row);
  const price = row.counted === 0 ? null : priceOf(row.model);
  if (price === null) group.unpriced += row.counted;
  else group.cost += costOf(row, price);
}

function compare(a: Group, b: Group, by: readonly Dimension[]): number {
  for (const name of by) {
    const [left, right] = [a.of[name], b.of[name]];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

/** `rows`: summed by the dimensions and the model, or finer. */
export function toReport(rows: Iterable<Sum>, by: readonly Dimension[], priceOf: PriceOf): Report {
  const groups = new Map<string, Group>();
  const totals = { figures: noFigures(), cost: 0, unpriced: 0 };
  for (const row of rows) {
    const of = only(row, by);
    const name = DIMENSIONS.map((dimension) => of[dimension]).join("\n");
    const group = groups.get(name) ?? { of, figures: noFigures(), cost: 0, unpriced: 0 };
    groups.set(name, group);
    add(group, row, priceOf);
    add(totals, row, priceOf);
  }
  return {
    rows: [...groups.values()].sort((a, b) => compare(a, b, by)).map((group) => ({ of: group.of, ...toPriced(group) })),
    totals: toPriced(totals),
  };
}
