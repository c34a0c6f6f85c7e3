// The commands that speak to the running server, all of them, and what may be wrong with how they are typed.
import type { Command, CommanderError } from "commander";
import type { Words } from "../../core/words/en.ts";
import { addAccountActionCommands } from "./account-actions.ts";
import { addAccountsCommand } from "./accounts.ts";
import type { Done } from "./command.ts";
import { addLogoutCommand, NOT_ASKED, WHICH_ACCOUNT } from "./logout.ts";
import { addReloadCommand } from "./reload.ts";
import { addRequestsCommand, LIMIT_BAD } from "./requests.ts";
import { addStatusCommand } from "./status.ts";
import { addTraceCommand } from "./trace.ts";
import { addUsageCommand, BAD_QUESTION, CSV_OR_JSON } from "./usage.ts";

/** Adds them; `done` takes the exit code. */
export function addServerCommands(program: Command, words: Words, done: Done): void {
  addStatusCommand(program, words, done);
  addAccountsCommand(program, words, done);
  addLogoutCommand(program, words, done);
  addAccountActionCommands(program, words, done);
  addRequestsCommand(program, words, done);
  addTraceCommand(program, words, done);
  addUsageCommand(program, words, done);
  addReloadCommand(program, words, done);
}

/** What was wrong with the command line of one of them; null: it is none of theirs. */
export function serverCommandProblem({ code, message }: CommanderError, words: Words): string | null {
  if (code === "commander.missingArgument")
    return words.commands.missingArgument({ name: /'([^']*)'/.exec(message)?.[1] ?? "" });
  if (code === LIMIT_BAD) return words.commands.badValue({ name: "--limit" });
  if (code === WHICH_ACCOUNT) return words.commands.logoutWhich;
  if (code === NOT_ASKED) return words.commands.logoutNotAsked;
  if (code === BAD_QUESTION) return message;
  if (code === CSV_OR_JSON) return words.requests.csvOrJson;
  return null;
}
