// Reads the text format of Prometheus as its documentation has it, and refuses whatever that does not allow.

export interface ParsedFamily {
  readonly type: string;
  readonly help: string;
  /** By `name{labels}` as written. */
  readonly samples: ReadonlyMap<string, number>;
}

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\]|\\\\|\\n)*)$/;
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/y;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?)|\+Inf|NaN)$/s;

function labelsOf(text: string): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  let at = 0;
  while (at < text.length) {
    LABEL.lastIndex = at;
    const match = LABEL.exec(text);
    if (match === null) throw new Error(`bad labels: ${text}`);
    const [whole, name = "", value = ""] = match;
    if (labels.has(name)) throw new Error(`label ${name} twice: ${text}`);
    labels.set(name, value);
    at += whole.length;
    if (at < text.length && text[at] !== ",") throw new Error(`no comma: ${text}`);
    at += 1;
  }
  return labels;
}

/** The same for the same labels, whatever their order. */
const identify = (labels: readonly (readonly [string, string])[]): string =>
  JSON.stringify(labels.toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** What a sample may be called in a family of this type. */
function belongs(name: string, family: string, type: string): boolean {
  if (type !== "histogram") return name === family;
  return [`${family}_bucket`, `${family}_sum`, `${family}_count`].includes(name);
}

/** Buckets grow, end in +Inf, and that one is the count. */
function checkHistogram(
  family: string,
  lines: readonly (readonly [string, ReadonlyMap<string, string>, number])[],
): void {
  const rest = (labels: ReadonlyMap<string, string>): string => identify([...labels].filter(([name]) => name !== "le"));
  const series = new Map<string, { last: number; bound: number; count?: number; sum?: number }>();
  for (const [name, labels, value] of lines) {
    const key = rest(labels);
    const known = series.get(key) ?? { last: 0, bound: -Infinity };
    series.set(key, known);
    if (name.endsWith("_count")) known.count = value;
    else if (name.endsWith("_sum")) known.sum = value;
    else {
      const le = labels.get("le");
      const bound = le === "+Inf" ? Infinity : Number(le);
      if (!(bound > known.bound) || value < known.last) throw new Error(`${family}: bucket ${le} of ${key}`);
      known.bound = bound;
      known.last = value;
    }
  }
  for (const [key, { last, bound, count, sum }] of series)
    if (bound !== Infinity || count !== last || sum === undefined) throw new Error(`${family}: ${key} is incomplete`);
}

/** Every family of an answer. Throws at the first thing that is wrong. */
export function parseExposition(text: string): ReadonlyMap<string, ParsedFamily> {
  if (!text.endsWith("\n")) throw new Error("no line feed at the end");
  const families = new Map<string, ParsedFamily>();
  for (const block of text.trimEnd().split("\n\n")) {
    const [help = "", type = "", ...lines] = block.split("\n");
    const [, name = "", words = ""] = HELP.exec(help) ?? [];
    const [, typed, kind = ""] = TYPE.exec(type) ?? [];
    if (name === "" || typed !== name) throw new Error(`bad head: ${help} / ${type}`);
    if (families.has(name)) throw new Error(`family ${name} twice`);
    const samples = new Map<string, number>();
    const seen = new Set<string>();
    const parsed = lines.map((line) => {
      const [, sample = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
      if (!belongs(sample, name, kind)) throw new Error(`bad sample in ${name}: ${line}`);
      const read = labelsOf(labels);
      const identity = sample + identify([...read]);
      if (seen.has(identity)) throw new Error(`sample twice: ${line}`);
      seen.add(identity);
      const number = value === "+Inf" ? Infinity : Number(value);
      if (kind !== "gauge" && !(number >= 0)) throw new Error(`negative or NaN: ${line}`);
      samples.set(labels === "" ? sample : `${sample}{${labels}}`, number);
      return [sample, read, number] as const;
    });
    if (kind === "histogram") checkHistogram(name, parsed);
    families.set(name, { type: kind, help: words, samples });
  }
  return families;
}
