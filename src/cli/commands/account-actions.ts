// ccb refresh, pause and resume: one account, by its email.
import type { Command } from "commander";
import type { Words } from "../../core/words/en.ts";
import { PausedSchema, SignedInSchema } from "../../http/oauth-schemas.ts";
import { EXIT_OK } from "../configuration.ts";
import { styled } from "../shown.ts";
import { clockUntil } from "../times.ts";
import { addServerCommand, runOnServer } from "./command.ts";
import type { Done, ServerOptions, Session } from "./command.ts";

async function refresh({ client, screen, words, language, now }: Session, email: string, json: boolean) {
  const signedIn = await client.send("POST", `/oauth/refresh/${encodeURIComponent(email)}`, null, SignedInSchema);
  if (json) return screen.json(signedIn);
  const { account_email: account, expires_at, notices } = signedIn;
  screen.line(words.commands.refreshed({ account, at: clockUntil(expires_at, now / 1000, language) }));
  for (const notice of notices) screen.line(styled("warning", notice));
}

async function pause({ client, screen, words }: Session, email: string, json: boolean, paused: boolean) {
  const path = `/oauth/tokens/${encodeURIComponent(email)}/${paused ? "pause" : "resume"}`;
  const reply = await client.send("POST", path, null, PausedSchema);
  if (json) return screen.json(reply);
  const { account_email: account } = reply;
  screen.line(reply.paused ? words.commands.paused({ account }) : words.commands.resumed({ account }));
}

/** Adds `refresh`, `pause` and `resume`. */
export function addAccountActionCommands(program: Command, words: Words, done: Done): void {
  const add = (
    name: "refresh" | "pause" | "resume",
    act: (session: Session, email: string, json: boolean) => Promise<void>,
  ): void => {
    const examples = [`ccb ${name} me@example.com`];
    addServerCommand(program, words, name, words.commands[name], examples)
      .argument("<email>", words.commands.email)
      .action(async (email: string, options: ServerOptions) => {
        done(
          await runOnServer(options, async (session) => {
            await act(session, email, options.json === true);
            return EXIT_OK;
          }),
        );
      });
  };
  add("refresh", refresh);
  add("pause", (session, email, json) => pause(session, email, json, true));
  add("resume", (session, email, json) => pause(session, email, json, false));
}
