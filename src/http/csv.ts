// Lines of comma-separated values (RFC 4180) that are harmless in a spreadsheet.

type Cell = string | number | null | undefined;

/** A text that a spreadsheet would take for a formula gets an apostrophe in front: it is shown, and not computed. */
const FORMULA = /^[=+\-@\t\r]/;

function toCell(cell: Cell): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "number") return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A header line and one for each row. */
export function toCsv(names: readonly string[], rows: readonly Readonly<Record<string, Cell>>[]): string {
  const lines = [names.map(toCell), ...rows.map((row) => names.map((name) => toCell(row[name])))];
  return lines.map((cells) => `${cells.join(",")}\r\n`).join("");
}
