// ccb check: is the configuration good, and what is in force.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { parse } from "yaml";
import type { LoadResult } from "../config/load.ts";
import type { Flags } from "../config/overrides.ts";
import type { Problem } from "../config/problem.ts";
import { showConfig } from "../config/show.ts";
import { resolveLanguage, wordsOf } from "../core/language.ts";
import type { Words } from "../core/words/en.ts";
import { EXIT_OK, EXIT_USAGE, load, loadForCommand, systemLanguage } from "./configuration.ts";
import { locale, writeError, writeOutput } from "./runtime.ts";
import { createScreen } from "./shown.ts";

const Nullable = Type.Union([Type.String(), Type.Null()]);
const Position = Type.Union([Type.Integer(), Type.Null()]);

/** What `--json` prints. `config`: what is in force, as in providers.yaml, secrets hidden; null where it is not good. */
export const CheckReportSchema = Type.Object({
  ok: Type.Boolean(),
  file: Nullable,
  unread_file: Nullable,
  problems: Type.Array(
    Type.Object({
      severity: Type.Union([Type.Literal("error"), Type.Literal("warning")]),
      file: Nullable,
      line: Position,
      column: Position,
      path: Type.String(),
      text: Type.String(),
    }),
  ),
  config: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
});

const shownProblem = ({ say, ...rest }: Problem, words: Words) => ({ ...rest, text: say(words) });

function printReport(result: LoadResult): void {
  const words = wordsOf(result.ok ? resolveLanguage(result.config.settings.language, locale()) : systemLanguage());
  const report: Static<typeof CheckReportSchema> = {
    ok: result.ok,
    file: result.ok ? result.config.file : (result.problems.find(({ file }) => file !== null)?.file ?? null),
    unread_file: result.unreadFile,
    problems: (result.ok ? result.config.warnings : result.problems).map((problem) => shownProblem(problem, words)),
    // The same document as without --json: whatever YAML says of it, JSON says.
    config: result.ok ? parse(showConfig(result.config)) : null,
  };
  createScreen(writeOutput, false).json(report);
}

/** Prints the configuration in force to stdout, everything else to stderr; as JSON all of it to stdout. Resolves the exit code. */
export async function check(flags: Flags, json: boolean): Promise<number> {
  if (json) {
    const result = await load(flags);
    printReport(result);
    return result.ok ? EXIT_OK : EXIT_USAGE;
  }
  const config = await loadForCommand(flags);
  if (config === null) return EXIT_USAGE;
  const words = wordsOf(resolveLanguage(config.settings.language, locale()));
  writeOutput(showConfig(config));
  writeError(`${words.cli.checkGood({ file: config.file ?? words.cli.embedded })}\n`);
  return EXIT_OK;
}
