// The figures of a run: what each round gave for each target, and the middle of it.
import { median } from "./measure.ts";

/** One figure of one target: its median and what each round gave. */
export interface Figure {
  readonly key: string;
  readonly unit: string;
  readonly target: string;
  readonly median: number;
  readonly rounds: readonly number[];
}

/** Takes down one value of one round. */
export type Note = (target: string, key: string, unit: string, value: number) => void;

export interface Notebook {
  readonly note: Note;
  /** In the order in which their keys came. */
  readonly figures: () => Figure[];
}

export function createNotebook(): Notebook {
  const collected = new Map<
    string,
    { readonly key: string; readonly unit: string; readonly target: string; readonly values: number[] }
  >();
  return {
    note(target, key, unit, value) {
      const at = `${key}\n${target}`;
      const entry = collected.get(at) ?? { key, unit, target, values: [] };
      entry.values.push(value);
      collected.set(at, entry);
    },
    figures: () =>
      [...collected.values()].map(({ key, unit, target, values }) => ({
        key,
        unit,
        target,
        median: median(values),
        rounds: values,
      })),
  };
}
