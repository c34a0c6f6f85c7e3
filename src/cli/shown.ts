// What the commands write: text of their own in colours, and nothing from outside that a terminal would obey.
import { spellOut } from "../core/spell-out.ts";

const CODES = { bold: "1", dim: "2", good: "32", warning: "33", bad: "31" } as const;
export type Style = keyof typeof CODES;

/** A piece of a line; what is in it is shown, never obeyed. */
export type Piece = string | { readonly text: string; readonly style: Style };

export const styled = (style: Style, text: string): Piece => ({ text, style });
export const textOf = (piece: Piece): string => spellOut(typeof piece === "string" ? piece : piece.text);

/** Writes text of one or more lines, with a line break at its end. */
function writeLines(write: (text: string) => void, text: string): void {
  write(`${text.split("\n").map(spellOut).join("\n")}\n`);
}

/** Writes one JSON document: on several lines, or on one. */
function writeJson(write: (text: string) => void, value: unknown, layout: "lines" | "line" = "lines"): void {
  writeLines(write, JSON.stringify(value, null, layout === "lines" ? 2 : 0));
}

export interface Screen {
  /** One line. */
  line(...pieces: readonly Piece[]): void;
  /** Lines as they come, with their breaks. */
  lines(text: string): void;
  /** One JSON document: on several lines, or on one. */
  json(value: unknown, layout?: "lines" | "line"): void;
}

/** Creates a writer to a terminal or a pipe. */
export function createScreen(write: (text: string) => void, coloured: boolean): Screen {
  const painted = (piece: Piece): string => {
    const text = textOf(piece);
    return typeof piece === "string" || !coloured || text === ""
      ? text
      : `\u001b[${CODES[piece.style]}m${text}\u001b[0m`;
  };
  return {
    line: (...pieces) => write(`${pieces.map(painted).join("").trimEnd()}\n`),
    lines: (text) => writeLines(write, text),
    json: (value, layout) => writeJson(write, value, layout),
  };
}
