// The targets: which figure of ccb must keep which distance from which other.
import type { Figure } from "./figures.ts";
import type { Row } from "./rows.ts";

/** Exactly one of `most` and `least` is set: the bound of the ratio, or of the figure itself where there is no reference. */
export interface Goal {
  readonly row: Row;
  readonly what: string;
  /** Of ccb. */
  readonly key: string;
  /** What it is divided by; left out: nothing, the bound is one of the figure itself. */
  readonly reference?: { readonly target: string; readonly key: string };
  readonly most?: number;
  readonly least?: number;
  /** What ccb reached where the bound is missed: the short form guards this in its place, so that it gets no worse. */
  readonly reached?: number;
}

type Bound = ({ readonly most: number } | { readonly least: number }) & { readonly reached?: number };

const overBare = (row: Row, key: string, bound: Bound): Goal => ({
  row,
  what: key,
  key,
  reference: { target: "bare", key },
  ...bound,
});
const absolute = (row: Row, key: string, bound: Bound): Goal => ({ row, what: key, key, ...bound });

export const GOALS: readonly Goal[] = [
  overBare("small1", "small c=1 added p50", { most: 1.6 }),
  overBare("small32", "small c=32 requests/s", { least: 0.8, reached: 0.44 }),
  overBare("small256", "small c=256 requests/s", { least: 0.8, reached: 0.55 }),
  overBare("small32", "small c=32 CPU/request", { most: 1.35, reached: 2.5 }),
  overBare("gaps", "streams c=256 CPU/stream", { most: 1.25, reached: 1.38 }),
  overBare("gaps", "streams c=256 first byte p50", { most: 1.3, reached: 8.2 }),
  overBare("gaps", "streams c=256 first byte p99", { most: 1.3, reached: 5.6 }),
  overBare("gaps", "streams c=256 event gap p99", { most: 1.3, reached: 2.1 }),
  overBare("burst", "bursts c=256 streams/s", { least: 0.85, reached: 0.78 }),
  overBare("big", "1 MB bodies c=8 requests/s", { least: 0.85, reached: 0.79 }),
  overBare("silent", "a silent stream's memory", { most: 1.5 }),
  absolute("silent", "a silent stream's memory", { most: 20 }),
  absolute("idle", "idle CPU", { most: 0.1 }),
  absolute("idle", "idle RSS", { most: 90 }),
  absolute("million", "RSS growth over a million requests", { most: 5 }),
  overBare("start", "start to first served request", { most: 1.5, reached: 4.0 }),
  {
    row: "many",
    what: "200 accounts, 50 providers, 10,000 sessions: CPU/request (reference: 2 accounts, 1 provider)",
    key: "many c=32 CPU/request",
    reference: { target: "ccb", key: "few c=32 CPU/request" },
    most: 1.1,
    reached: 1.4,
  },
];

export interface Verdict {
  readonly goal: Goal;
  readonly unit: string;
  readonly reference: number | undefined;
  readonly own: number;
  /** What the bound is about: the ratio, or the figure itself. */
  readonly value: number;
  readonly met: boolean;
  /** The same of floor.ts; undefined: it was not measured. Where the floor misses the bound, the platform does not allow it. */
  readonly floor: number | undefined;
  readonly floorMet: boolean;
  /** Beyond twice the bound, or twice what was reached before: what noise cannot explain. */
  readonly farOff: boolean;
}

/** What the figures say to each goal; those that were not measured say nothing. */
export function judge(figures: readonly Figure[]): Verdict[] {
  const find = (target: string, key: string): Figure | undefined =>
    figures.find((figure) => figure.key === key && figure.target === target);
  return GOALS.flatMap((goal) => {
    const own = find("ccb", goal.key);
    // Where nothing is divided, the bare relay is shown all the same.
    const reference = find(goal.reference?.target ?? "bare", goal.reference?.key ?? goal.key);
    if (own === undefined || (goal.reference !== undefined && reference === undefined)) return [];
    const toValue = (figure: Figure): number =>
      goal.reference === undefined ? figure.median : figure.median / (reference?.median ?? Number.NaN);
    const value = toValue(own);
    const lowest = find("floor", goal.key);
    const floor = lowest === undefined ? undefined : toValue(lowest);
    const { most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY } = goal;
    const isMet = (one: number): boolean => one <= most && one >= least;
    const { reached = goal.most ?? goal.least ?? Number.NaN } = goal;
    return [
      {
        goal,
        unit: own.unit,
        reference: reference?.median,
        own: own.median,
        value,
        met: isMet(value),
        floor,
        floorMet: floor === undefined || isMet(floor),
        farOff: value > Math.max(most, reached) * 2 || value < Math.min(least, reached) / 2,
      },
    ];
  });
}
