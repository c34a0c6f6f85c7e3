// ccb logout: signs one account or all of them out, once the person has said yes.
import type { Static } from "@sinclair/typebox";
import type { Command } from "commander";
import type { Words } from "../../core/words/en.ts";
import { RemovedSchema, StatusSchema } from "../../http/oauth-schemas.ts";
import { EXIT_FAILURE, EXIT_OK } from "../configuration.ts";
import { ask, inputIsTerminal } from "../runtime.ts";
import { styled, textOf } from "../shown.ts";
import { addServerCommand, runOnServer } from "./command.ts";
import type { Done, ServerOptions, Session } from "./command.ts";

/** The code of commander's error where neither an account nor --all is named, or both are. */
export const WHICH_ACCOUNT = "ccb.whichAccount";
/** The same where the person cannot be asked. */
export const NOT_ASKED = "ccb.notAsked";

interface LogoutOptions extends ServerOptions {
  readonly all?: boolean;
  readonly yes?: boolean;
}

/** Whether the person wants it. */
async function agreed({ client, words }: Session, email: string | undefined): Promise<boolean> {
  const { tokens } = await client.get("/oauth/status", StatusSchema);
  const accounts = email === undefined ? tokens.map(({ account_email }) => account_email) : [email];
  if (accounts.length === 0) return true;
  const answer = await ask(words.commands.logoutAsk({ accounts: accounts.map(textOf) }));
  return answer !== null && words.commands.yes.test(answer);
}

function show({ screen, words }: Session, { removed, durable }: Static<typeof RemovedSchema>): void {
  for (const account of removed) screen.line(words.commands.removed({ account }));
  if (removed.length === 0) screen.line(words.commands.removedNone);
  else if (!durable) screen.line(styled("warning", words.commands.removedLater));
}

/** Adds `logout`. */
export function addLogoutCommand(program: Command, words: Words, done: Done): void {
  const examples = ["ccb logout me@example.com", "ccb logout --all --yes"];
  addServerCommand(program, words, "logout", words.commands.logout, examples)
    .argument("[email]", words.commands.email)
    .option("--all", words.commands.allFlag)
    .option("-y, --yes", words.commands.yesFlag)
    .action(async (email: string | undefined, options: LogoutOptions, command: Command) => {
      if ((email === undefined) !== (options.all === true)) command.error("", { code: WHICH_ACCOUNT, exitCode: 2 });
      if (options.yes !== true && !inputIsTerminal()) command.error("", { code: NOT_ASKED, exitCode: 2 });
      done(
        await runOnServer(options, async (session) => {
          if (options.yes !== true && !(await agreed(session, email))) {
            session.aside.line(session.words.commands.logoutKept);
            return EXIT_FAILURE;
          }
          const path = email === undefined ? "/oauth/tokens" : `/oauth/tokens/${encodeURIComponent(email)}`;
          const reply = await session.client.send("DELETE", path, null, RemovedSchema);
          if (options.json === true) session.screen.json(reply);
          else show(session, reply);
          return EXIT_OK;
        }),
      );
    });
}
