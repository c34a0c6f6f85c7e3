// ccb accounts: who is signed in and how each stands.
import type { Static } from "@sinclair/typebox";
import type { Command } from "commander";
import { relativeTime, timeUntil } from "../../core/language.ts";
import type { Words } from "../../core/words/en.ts";
import { StatusSchema } from "../../http/oauth-schemas.ts";
import { EXIT_OK } from "../configuration.ts";
import { styled } from "../shown.ts";
import { addServerCommand, runOnServer } from "./command.ts";
import type { Done, ServerOptions, Session } from "./command.ts";
import { conditionPiece } from "./condition.ts";

type Token = Static<typeof StatusSchema>["tokens"][number];

/** A table of accounts. */
export function showAccounts({ table, words, language, now }: Session, tokens: readonly Token[]): void {
  const { column } = words.commands;
  const seconds = now / 1000;
  table(
    [
      { title: column.email },
      { title: column.organization },
      { title: column.state },
      { title: column.expires },
      { title: column.lastUsed },
      { title: column.requests, align: "right" },
    ],
    tokens.map((token) => [
      token.account_email,
      token.organization ?? "",
      conditionPiece(token, words, language, seconds),
      (token.expires_at > seconds ? timeUntil : relativeTime)(token.expires_at, seconds, language),
      token.last_used_timestamp === null
        ? words.commands.never
        : relativeTime(token.last_used_timestamp, seconds, language),
      String(token.usage_count),
    ]),
  );
}

/** Adds `accounts`. */
export function addAccountsCommand(program: Command, words: Words, done: Done): void {
  addServerCommand(program, words, "accounts", words.commands.accounts, ["ccb accounts", "ccb accounts --json"]).action(
    async (options: ServerOptions) => {
      done(
        await runOnServer(options, async (session) => {
          const status = await session.client.get("/oauth/status", StatusSchema);
          if (options.json === true) session.screen.json(status);
          else if (status.tokens.length === 0) session.screen.line(session.words.commands.nobody);
          else showAccounts(session, status.tokens);
          if (options.json !== true && !status.persistence.durable && status.tokens.length > 0)
            session.screen.line(styled("warning", status.persistence.detail));
          return EXIT_OK;
        }),
      );
    },
  );
}
