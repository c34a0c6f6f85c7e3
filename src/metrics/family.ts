// What one metric is: its name, its help, and its values as they stand now.
import type { Counter, Distribution, Histogram, Sample } from "./tally.ts";

interface Description {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

type Counted = Pick<Counter<readonly string[]>, "names" | "samples">;
type Distributed = Pick<Histogram<readonly string[]>, "names" | "bounds" | "distributions">;

export type Family =
  | (Description & { readonly type: "counter" | "gauge"; readonly samples: readonly Sample[] })
  | (Description & {
      readonly type: "histogram";
      readonly bounds: readonly number[];
      readonly distributions: readonly Distribution[];
    });

export const counter = (name: string, help: string, { names, samples }: Counted): Family => ({
  type: "counter",
  name,
  help,
  labels: names,
  samples: samples(),
});

export const histogram = (name: string, help: string, source: Distributed): Family => ({
  type: "histogram",
  name,
  help,
  labels: source.names,
  bounds: source.bounds,
  distributions: source.distributions(),
});

/** A gauge without labels. */
export const gauge = (name: string, help: string, value: number): Family => ({
  type: "gauge",
  name,
  help,
  labels: [],
  samples: [{ labels: {}, value }],
});
