// What is counted of requests, and what it is counted by.

/** Counts over some requests. */
export interface Figures {
  requests: number;
  /** Of the requests: answered with an error, or broken off by the upstream. One that its client left is none. */
  errors: number;
  /** Of the requests: the upstream said how many tokens they took. */
  counted: number;
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
}

export const FIGURES = [
  "requests",
  "errors",
  "counted",
  "input_tokens",
  "output_tokens",
  "cache_creation_input_tokens",
  "cache_read_input_tokens",
] as const satisfies readonly (keyof Figures)[];

/** What figures are summed by. "" stands for none: no account, no model, no key. */
export interface UsageKey {
  /** When it began by the clock of the place, Unix seconds. */
  readonly hour: number;
  /** Of the place, as "2026-01-31". */
  readonly day: string;
  /** Opaque id. */
  readonly account: string;
  readonly provider: string;
  /** As it was sent to the upstream. */
  readonly model: string;
  /** The name of the caller's key. */
  readonly key: string;
}

export const DIMENSIONS = ["hour", "day", "account", "provider", "model", "key"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface UsageRow extends UsageKey, Figures {}

export const noFigures = (): Figures => ({
  requests: 0,
  errors: 0,
  counted: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
});

/** Adds `more` to `sum`. */
export function addFigures(sum: Figures, more: Readonly<Figures>): void {
  for (const name of FIGURES) sum[name] += more[name];
}
