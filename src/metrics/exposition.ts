// The text that Prometheus reads. The one file that knows prom-client: it is loaded when somebody first asks, as a start
// has no time for it, and gets finished numbers, as each of its own counts costs a request half a microsecond.
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { HistogramConfiguration } from "prom-client";
import type { Family } from "./family.ts";
import type { Distribution } from "./tally.ts";

type Description = HistogramConfiguration<string> & { readonly buckets: number[] };

/** A histogram that has been counted elsewhere. */
class CountedHistogram extends Histogram {
  private readonly description: Description;
  private readonly distributions: readonly Distribution[];

  constructor(description: Description, distributions: readonly Distribution[]) {
    super(description);
    this.description = description;
    this.distributions = distributions;
  }

  /** What the registry takes the values from; its own would show its own counts. Its types do not name it. */
  async getForPromString() {
    const { name, help, buckets } = this.description;
    const values = this.distributions.flatMap(({ labels, counts, sum }) => {
      let count = 0;
      const lines = [...buckets, "+Inf"].map((le, index) => {
        count += counts[index] ?? 0;
        return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
      });
      return [
        ...lines,
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      ];
    });
    return { name, help, type: "histogram", values };
  }
}

function register(registry: Registry, family: Family): void {
  const { name, help } = family;
  const base = { name, help, labelNames: [...family.labels], registers: [registry] };
  switch (family.type) {
    case "counter": {
      const counter = new Counter(base);
      for (const { labels, value } of family.samples) counter.inc(labels, value);
      return;
    }
    case "gauge": {
      const gauge = new Gauge(base);
      for (const { labels, value } of family.samples) gauge.set(labels, value);
      return;
    }
    case "histogram":
      // Registers itself.
      void new CountedHistogram({ ...base, buckets: [...family.bounds] }, family.distributions);
  }
}

export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/** The families in the text format, version 0.0.4. */
export async function expose(families: readonly Family[]): Promise<Exposition> {
  const registry = new Registry();
  for (const family of families) register(registry, family);
  return { contentType: registry.contentType, text: await registry.metrics() };
}
