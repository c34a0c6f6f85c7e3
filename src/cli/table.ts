// Columns of text, aligned for a terminal.
import { textOf } from "./shown.ts";
import type { Piece } from "./shown.ts";

export interface Column {
  readonly title: string;
  readonly align?: "right";
  /** At least so wide, where later rows are not known yet. */
  readonly min?: number;
}

const GAP = "  ";

/** Rows under their titles, as pieces of lines. `width`: columns that a text takes on the terminal. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Piece[])[],
  width: (text: string) => number,
  { indent = "", titles = true }: { readonly indent?: string; readonly titles?: boolean } = {},
): readonly (readonly Piece[])[] {
  const head: readonly Piece[] = columns.map(({ title }) => ({ text: title, style: "dim" }));
  // Titles count for the widths, shown or not: rows that come one by one stay aligned.
  const widths = columns.map(({ min = 0 }, index) =>
    Math.max(min, ...[head, ...rows].map((row) => width(textOf(row[index] ?? "")))),
  );
  return (titles ? [head, ...rows] : rows).map((row) =>
    columns.flatMap(({ align }, index): readonly Piece[] => {
      const cell = row[index] ?? "";
      const padding = " ".repeat((widths[index] ?? 0) - width(textOf(cell)));
      const before = index === 0 ? indent : GAP;
      return align === "right" ? [before, padding, cell] : [before, cell, padding];
    }),
  );
}
