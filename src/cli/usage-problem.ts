// What is said of a command line that is wrong. Loaded with the first mistake.
import type { Command, CommanderError } from "commander";
import { nearest } from "../config/nearest.ts";
import type { Words } from "../core/words/en.ts";
import { serverCommandProblem } from "./commands/add-commands.ts";
import { NO_SUCH_KEY_ACTION } from "./key.ts";
import { NOTHING_TO_RUN } from "./login/add-commands.ts";
import { NO_SUCH_ACTION } from "./service/add-command.ts";
import { NO_SUCH_STORE_ACTION } from "./store-commands.ts";

/** What was wrong with a command line. Commander's own text is English, and repeats values that may be secret. */
function usageProblem(error: CommanderError, words: Words): string {
  const { code, message } = error;
  const quoted = (pattern: RegExp): string => pattern.exec(message)?.[1] ?? "";
  const suggestion = quoted(/\(Did you mean (?:one of )?(.+)\?\)/);
  const hint = suggestion === "" ? "" : words.cli.didYouMean({ name: suggestion });
  if (code === "commander.unknownOption") return words.cli.noSuchOption({ name: quoted(/'([^'=]*)/) }) + hint;
  if (code === "commander.optionMissingArgument") return words.cli.optionNeedsValue({ name: quoted(/'([^' ]*)/) });
  // The message is the action that was meant.
  const meant = message === "" ? "" : words.cli.didYouMean({ name: message });
  if (code === NO_SUCH_ACTION) return words.service.whichAction + meant;
  if (code === NO_SUCH_STORE_ACTION) return words.store.whichAction + meant;
  if (code === NOTHING_TO_RUN) return words.signIn.nothingToRun;
  if (code === NO_SUCH_KEY_ACTION) return words.access.whichKeyAction + meant;
  return serverCommandProblem(error, words) ?? words.cli.tooManyWords + hint;
}

/** Whether a token was given where others can see it. */
const triesToken = (words: readonly string[]): boolean =>
  words.some(
    (word, at) => word.startsWith("--setup-token=") || (word === "--setup-token" && /^[^-]/.test(words[at + 1] ?? "")),
  );

/** A mistyped command is taken for words of `serve`, so commander knows no better one. */
function meant({ code }: CommanderError, program: Command, typed: string | undefined, words: Words): string {
  const names = program.commands.map((command) => command.name());
  if (code !== "commander.excessArguments" || typed === undefined || names.includes(typed)) return "";
  const name = nearest(typed, names);
  return name === null ? "" : words.cli.didYouMean({ name });
}

/** One sentence for the person, and the command that was meant. `args`: the command line. */
export function describeMistake(
  error: CommanderError,
  program: Command,
  args: readonly string[],
  words: Words,
): string {
  const [typed, ...rest] = args;
  // A token behind --setup-token is one word too many, or an option of its own.
  if (typed === "login" && /^commander\.(?:excessArguments|unknownOption)$/.test(error.code) && triesToken(rest))
    return words.signIn.tokenOnStandardInput;
  return usageProblem(error, words) + meant(error, program, typed, words);
}
