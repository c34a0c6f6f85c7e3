// ccb status: can this ccb serve, and if not, why.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import type { Command } from "commander";
import { relativeTime } from "../../core/language.ts";
import type { Words } from "../../core/words/en.ts";
import { StatusSchema } from "../../http/oauth-schemas.ts";
import { ProvidersSchema } from "../../http/providers-schema.ts";
import { AliveSchema, HealthSchema } from "../../http/service.ts";
import { EXIT_FAILURE, EXIT_OK } from "../configuration.ts";
import { styled } from "../shown.ts";
import { showAccounts } from "./accounts.ts";
import { addServerCommand, runOnServer } from "./command.ts";
import type { Done, ServerOptions, Session } from "./command.ts";
import { showProviders } from "./status-providers.ts";

/** What `ccb status --json` prints. */
export const StatusReportSchema = Type.Object({
  address: Type.String({ description: "Where the server was asked." }),
  can_serve: Type.Boolean(),
  server: Type.Union([HealthSchema, AliveSchema]),
  providers: ProvidersSchema.properties.providers,
  accounts: StatusSchema.properties.tokens,
  persistence: StatusSchema.properties.persistence,
});
type StatusReport = Static<typeof StatusReportSchema>;
type Target = StatusReport["providers"][number]["targets"][number];

/** A guess only puts others first: nothing but what the upstream said itself keeps the last one from being asked. */
function serves({ state, cooldowns }: Target): boolean {
  if (state === "ready" || state === "refreshing") return true;
  const barred = cooldowns.some(({ scope, official }) => official && (scope === "target" || scope === "provider"));
  return state === "cooldown" && cooldowns.length > 0 && !barred;
}

async function ask({ client }: Session): Promise<StatusReport> {
  const [server, { providers }, { tokens, persistence }] = await Promise.all([
    client.get("/health", Type.Union([HealthSchema, AliveSchema])),
    client.get("/providers", ProvidersSchema),
    client.get("/oauth/status", StatusSchema),
  ]);
  const can_serve = providers.some(({ enabled, targets }) => enabled && targets.some(serves));
  return { address: client.address, can_serve, server, providers, accounts: tokens, persistence };
}

function show(session: Session, { address, can_serve, server, providers, accounts, persistence }: StatusReport): void {
  const { screen, words, language, now } = session;
  const told = "version" in server ? server : null;
  const since = told === null ? null : relativeTime(now / 1000 - told.uptime_seconds, now / 1000, language);
  const title = words.commands.server({ version: told?.version ?? "", address });
  screen.line(styled("bold", title), ...(since === null ? [] : [words.commands.up({ since })]));
  screen.line(persistence.durable ? persistence.detail : styled("warning", persistence.detail));
  showProviders(session, providers, accounts);
  screen.line();
  if (accounts.length > 0) showAccounts(session, accounts);
  else screen.line(words.commands.nobody);
  if (!can_serve) screen.line(styled("bad", words.commands.cannotServe));
}

/** Adds `status`. */
export function addStatusCommand(program: Command, words: Words, done: Done): void {
  const examples = ["ccb status", "ccb status --json | jq .can_serve", "CCB_KEY=… ccb status --host 192.168.1.5"];
  addServerCommand(program, words, "status", words.commands.status, examples).action(async (options: ServerOptions) => {
    done(
      await runOnServer(options, async (session) => {
        const report = await ask(session);
        if (options.json === true) session.screen.json(report);
        else show(session, report);
        return report.can_serve ? EXIT_OK : EXIT_FAILURE;
      }),
    );
  });
}
