// Counts and distributions by label, as plain numbers: what a request costs is a look-up and an addition. They are
// brought into the form that Prometheus reads when somebody asks (exposition.ts).

/** One value for each of the names. */
type Values<Names extends readonly string[]> = { readonly [Index in keyof Names]: string };
type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface Distribution {
  readonly labels: Labels;
  /** How many values fell into each bucket alone; the last one holds what is above every bound. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export function toLabels(names: readonly string[], values: readonly string[]): Labels {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
}

/** A number that grows. */
interface Cell extends Sample {
  value: number;
}

export interface Counter<Names extends readonly string[]> {
  readonly names: Names;
  /** The cell of these labels, which begins at 0; the same one each time. */
  readonly at: (...values: Values<Names>) => Cell;
  readonly samples: () => readonly Sample[];
}

/** What `create` makes of a key, made once. For keys of which there are few. */
export function remembered<Value>(create: (key: string) => Value): (key: string) => Value {
  const known = new Map<string, Value>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const created = create(key);
    known.set(key, created);
    return created;
  };
}

export function createCounter<const Names extends readonly string[]>(...names: Names): Counter<Names> {
  const cells = new Map<string, Cell>();
  return {
    names,
    at(...values) {
      const key = values.join("\0");
      const cell = cells.get(key) ?? { labels: toLabels(names, values), value: 0 };
      cells.set(key, cell);
      return cell;
    },
    samples: () => [...cells.values()],
  };
}

export interface Histogram<Names extends readonly string[]> {
  readonly names: Names;
  /** Upper bounds, ascending, without the infinite one. */
  readonly bounds: readonly number[];
  /** What takes the values of these labels. */
  readonly at: (...values: Values<Names>) => (value: number) => void;
  readonly distributions: () => readonly Distribution[];
}

/** Creates a histogram; `bounds` ascending. */
export function createHistogram<const Names extends readonly string[]>(
  bounds: readonly number[],
  ...names: Names
): Histogram<Names> {
  const series = new Map<string, Distribution & { readonly observe: (value: number) => void }>();

  function create(values: Values<Names>) {
    const counts = Array.from({ length: bounds.length + 1 }, () => 0);
    const created = {
      labels: toLabels(names, values),
      counts,
      sum: 0,
      observe(value: number): void {
        let bucket = 0;
        while (bucket < bounds.length && value > (bounds[bucket] ?? Infinity)) bucket += 1;
        counts[bucket] = (counts[bucket] ?? 0) + 1;
        created.sum += value;
      },
    };
    return created;
  }

  return {
    names,
    bounds,
    at(...values) {
      const key = values.join("\0");
      const known = series.get(key) ?? create(values);
      series.set(key, known);
      return known.observe;
    },
    // One that has taken nothing yet says nothing.
    distributions: () => [...series.values()].filter(({ counts }) => counts.some((count) => count > 0)),
  };
}
