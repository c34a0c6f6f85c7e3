// ccb check: is the configuration good, and what is in force.
import type { Flags } from "../config/overrides.ts";
import { showConfig } from "../config/show.ts";
import { resolveLanguage, wordsOf } from "../core/language.ts";
import { EXIT_OK, EXIT_USAGE, loadForCommand } from "./configuration.ts";
import { locale, writeError, writeOutput } from "./runtime.ts";

/** Prints the configuration in force to stdout, everything else to stderr. Resolves the exit code. */
export async function check(flags: Flags): Promise<number> {
  const config = await loadForCommand(flags);
  if (config === null) return EXIT_USAGE;
  const words = wordsOf(resolveLanguage(config.settings.language, locale()));
  writeOutput(showConfig(config));
  writeError(`${words.cli.checkGood({ file: config.file ?? words.cli.embedded })}\n`);
  return EXIT_OK;
}
