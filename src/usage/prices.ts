// What tokens would have cost at the API: a dated list that is shipped, and what the configuration says instead.
import { matchesGlob } from "../balance/model-routes.ts";
import type { Figures } from "./figures.ts";

/** USD per million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Kept for five minutes; what is kept for an hour costs more and is not told apart. */
  readonly cache_write: number;
  readonly cache_read: number;
}

/** As the configuration has it: what is left out follows from `input`. */
export interface GivenPrice extends Pick<Price, "input" | "output"> {
  readonly cache_write?: number | undefined;
  readonly cache_read?: number | undefined;
}

/** The day on which the list below was last held against its source. */
export const PRICES_AS_OF = "2026-10-24";

/** Anthropic's own ratios, where a model has no other: writing costs a quarter more than reading anew, a hit a tenth. */
const CACHE_WRITE = 1.25;
const CACHE_READS = 10;

const price = (input: number, output: number, cache_read = input / CACHE_READS): Price => ({
  input,
  output,
  cache_write: input * CACHE_WRITE,
  cache_read,
});

/**
 * Anthropic's list prices (platform.claude.com/docs/en/about-claude/pricing), taken from public copies and notes of that
 * page, not from the page itself. Standard speed, five-minute cache, no batch or regional rates. A model that those
 * copies do not price is not here: it costs nothing, and the figures say so.
 */
const SHIPPED: Readonly<Record<string, Price>> = {
  "claude-fable-5-1": price(10, 50, 0.25),
  "claude-fable-5": price(10, 50),
  "claude-opus-5-5": price(4, 20, 0.2),
  "claude-opus-5": price(5, 25),
  "claude-opus-4-8": price(5, 25),
  "claude-opus-4-7": price(5, 25),
  "claude-opus-4-6": price(5, 25),
  "claude-opus-4-5": price(5, 25),
  "claude-opus-4-1": price(15, 75),
  "claude-opus-4": price(15, 75),
  "claude-3-opus": price(15, 75),
  "claude-sonnet-5-5": price(2, 10, 0.1),
  "claude-sonnet-5": price(2, 10),
  "claude-sonnet-4-6": price(3, 15),
  "claude-sonnet-4-5": price(3, 15),
  "claude-sonnet-4": price(3, 15),
  "claude-3-7-sonnet": price(3, 15),
  // Requests of more than 100,000 tokens cost five times that: sums of an hour do not tell them apart.
  "claude-haiku-5-5": price(0.1, 0.5),
  "claude-haiku-4-5": price(1, 5),
  "claude-3-5-haiku": price(0.8, 4),
  "claude-3-haiku": { input: 0.25, output: 1.25, cache_write: 0.3, cache_read: 0.03 },
};

/** A snapshot's date and an alias's end: the model is the same. `-4-0` is a name of `-4`. */
const VERSION = /(?:-0)?(?:[-@]20\d{6}|-latest|-0)?(?:\[1m\])?$/;

export type PriceOf = (model: string) => Price | null;

/** Finds prices; those given go before those shipped, a name before a pattern (`*`, `?`), then in their order. */
export function createPriceList(given: Readonly<Record<string, GivenPrice>>): PriceOf {
  const own = Object.entries(given).map(([pattern, { input, output, cache_write, cache_read }]) => ({
    pattern: pattern.toLowerCase(),
    price: {
      input,
      output,
      cache_write: cache_write ?? input * CACHE_WRITE,
      cache_read: cache_read ?? input / CACHE_READS,
    },
  }));
  return (model) => {
    const name = model.toLowerCase();
    const found = own.find(({ pattern }) => pattern === name) ?? own.find(({ pattern }) => matchesGlob(pattern, name));
    if (found !== undefined) return found.price;
    const base = name.replace(VERSION, "");
    return Object.hasOwn(SHIPPED, base) ? (SHIPPED[base] ?? null) : null;
  };
}

/** USD. */
export function costOf(figures: Readonly<Figures>, { input, output, cache_write, cache_read }: Price): number {
  const millionths =
    figures.input_tokens * input +
    figures.output_tokens * output +
    figures.cache_creation_input_tokens * cache_write +
    figures.cache_read_input_tokens * cache_read;
  return millionths / 1_000_000;
}
