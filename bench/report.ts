// Figures as tables for people and as JSON for programs.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { dirname } from "node:path";
import type { Figure } from "./figures.ts";
import type { Verdict } from "./goals.ts";

const show = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value)
    ? "-"
    : Math.abs(value) >= 1000
      ? value.toFixed(0)
      : Math.abs(value) >= 10
        ? value.toFixed(1)
        : value.toFixed(3);

/** Columns of their own width; the first one to the left, the others to the right. */
function align(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  "),
    )
    .join("\n");
}

/** One line per figure: the medians of all targets, then `subject` divided by each of `others`. */
export function table(
  figures: readonly Figure[],
  targets: readonly string[],
  subject: string,
  others: readonly string[],
): string {
  const value = (key: string, target: string): number | undefined =>
    figures.find((figure) => figure.key === key && figure.target === target)?.median;
  const ratio = (key: string, other: string): string => {
    const [own, reference] = [value(key, subject), value(key, other)];
    return own === undefined || reference === undefined || reference === 0 ? "-" : `${(own / reference).toFixed(2)}x`;
  };
  const units = new Map(figures.map((figure) => [figure.key, figure.unit]));
  const row = (key: string, unit: string): string[] => [
    `${key} [${unit}]`,
    ...targets.map((target) => show(value(key, target))),
    ...others.map((other) => ratio(key, other)),
  ];
  const rows = [...units].map(([key, unit]) => row(key, unit));
  return align([["median of the rounds", ...targets, ...others.map((other) => `${subject}/${other}`)], ...rows]);
}

/** A target that the floor misses, too, is one that the platform does not allow: the floor is the limit. */
const wordFor = ({ met, floorMet }: Verdict): string => (met ? "met" : floorMet ? "MISSED" : "LIMIT");

/** One line per goal. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map((verdict) => {
    const { goal, unit, reference, own, value, floor } = verdict;
    return [
      `${goal.what} [${unit}]`,
      show(reference),
      show(own),
      goal.reference === undefined ? "" : value.toFixed(3),
      goal.most === undefined ? `>= ${goal.least}` : `<= ${goal.most}`,
      floor === undefined ? "" : floor.toFixed(3),
      wordFor(verdict),
    ];
  });
  return align([["target", "bare", "ccb", "ratio", "wanted", "floor", ""], ...rows]);
}

/** Writes all figures, with what is needed to compare them with another day's. */
export function writeJson(
  file: string,
  figures: readonly Figure[],
  more: Readonly<Record<string, unknown>> = {},
): void {
  const processors = cpus();
  mkdirSync(dirname(file), { recursive: true });
  const machine = {
    cpu: processors[0]?.model,
    cores: processors.length,
    kernel: release(),
    bun: Bun.version,
  };
  writeFileSync(file, `${JSON.stringify({ time: new Date().toISOString(), machine, ...more, figures }, null, 2)}\n`);
}
