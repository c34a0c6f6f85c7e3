// One finding about the configuration: where it is, and words for it in the reader's language.
import type { Words } from "../core/words/en.ts";

export interface Problem {
  readonly severity: "error" | "warning";
  /** null: not about a file (a flag, a variable). */
  readonly file: string | null;
  /** From 1; null: about the file as a whole, or about none. */
  readonly line: number | null;
  readonly column: number | null;
  /** `providers[0].base_url`, `--port`, `CCB_PORT`, or "" for the whole. */
  readonly path: string;
  readonly say: (words: Words) => string;
}

/** `file:line:column: error: path: text`, without the parts that a problem does not have. */
export function formatProblem(problem: Problem, words: Words): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== null).join(":");
  const severity = problem.severity === "error" ? words.config.error : words.config.warning;
  return [place, severity, problem.path, problem.say(words)].filter((part) => part !== "").join(": ");
}
