// Loading the configuration for a command, and saying what is wrong with it.
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import type { LoadResult } from "../config/load.ts";
import type { Whereabouts } from "../config/locate.ts";
import type { Flags } from "../config/overrides.ts";
import { formatProblem } from "../config/problem.ts";
import { resolveLanguage, wordsOf } from "../core/language.ts";
import type { Language } from "../core/language.ts";
import { environment, homeDirectory, locale, platform, userId, workingDirectory, writeError } from "./runtime.ts";

export const EXIT_OK = 0;
export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;

/** The console's language before a configuration is known. */
export const systemLanguage = (): Language => resolveLanguage("auto", locale());

/** This machine, for the search of the file. */
export const whereabouts = (): Whereabouts => ({
  env: environment,
  platform,
  home: homeDirectory(),
  cwd: workingDirectory(),
});

/** Reads what the flags, the environment and the file say now. */
export const load = (flags: Flags): Promise<LoadResult> => loadConfig({ flags, uid: userId(), ...whereabouts() });

/** What is in force, with warnings said on stderr; null where it is not good, with every problem said. */
export async function loadForCommand(flags: Flags): Promise<Config | null> {
  const result = await load(flags);
  const words = wordsOf(result.ok ? resolveLanguage(result.config.settings.language, locale()) : systemLanguage());
  const problems = result.ok ? result.config.warnings : result.problems;
  for (const problem of problems) writeError(`${formatProblem(problem, words)}\n`);
  if (result.unreadFile !== null) writeError(`${words.cli.unread({ file: result.unreadFile })}\n`);
  if (result.ok) return result.config;
  const count = problems.filter(({ severity }) => severity === "error").length;
  writeError(`${words.cli.configBad({ count })}\n`);
  return null;
}
