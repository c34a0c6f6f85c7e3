// ccb requests: the last ones, or all from now on.
import type { Command } from "commander";
import type { Words } from "../../core/words/en.ts";
import { RequestsSchema } from "../../http/requests.ts";
import type { Trace } from "../../relay/trace-schema.ts";
import { EXIT_OK } from "../configuration.ts";
import { follow } from "../follow.ts";
import { onOutputClosed, realClock, stayAlive } from "../runtime.ts";
import { onSignals } from "../signals.ts";
import { addServerCommand, runOnServer } from "./command.ts";
import type { Done, ServerOptions, Session } from "./command.ts";
import { askEmails, requestColumns, requestRow } from "./request-rows.ts";

/** The code of commander's error for a limit that is none. */
export const LIMIT_BAD = "ccb.limitBad";
const MOST = 1000;

interface RequestsOptions extends ServerOptions {
  readonly follow?: boolean;
  readonly limit: string;
}

async function list({ client, screen, words, table, now }: Session, limit: number, json: boolean): Promise<void> {
  const reply = await client.get(`/requests?limit=${limit}`, RequestsSchema);
  if (json) return screen.json(reply);
  if (reply.requests.length === 0) return screen.line(words.requests.none);
  const emails = await askEmails(client);
  table(
    requestColumns(words, false),
    reply.requests.toReversed().map((trace) => requestRow(trace, emails, words, now)),
  );
}

/** Resolves at Ctrl-C, or when who reads the output has gone. */
async function goOn({ client, screen, aside, words, table }: Session, limit: number, json: boolean): Promise<void> {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  onSignals({ stop, reload: stop });
  onOutputClosed(stop);
  const columns = requestColumns(words, true);
  let emails = json ? new Map<string, string>() : await askEmails(client);
  if (!json) table(columns, []);

  async function show(trace: Trace): Promise<void> {
    if (json) return screen.json(trace, "line");
    if (trace.state === "in_progress") return;
    const account = trace.chosen?.account ?? null;
    // Somebody has signed in meanwhile.
    if (account !== null && !emails.has(account)) {
      const asked = await askEmails(client).catch(() => emails);
      emails = new Map([[account, account], ...asked]);
    }
    table(columns, [requestRow(trace, emails, words, realClock.now())], { titles: false });
  }

  const rest = stayAlive();
  try {
    await follow({
      client,
      clock: realClock,
      signal: abort.signal,
      limit,
      onTrace: show,
      onLost: () => aside.line(words.requests.connectionLost),
      onBack: () => aside.line(words.requests.connectionBack),
    });
  } finally {
    rest();
  }
}

/** Adds `requests`. */
export function addRequestsCommand(program: Command, words: Words, done: Done): void {
  const examples = ["ccb requests --limit 50", "ccb requests --follow", "ccb requests --follow --json | jq .status"];
  addServerCommand(program, words, "requests", words.requests.requests, examples)
    .option("-f, --follow", words.requests.followFlag)
    .option("--limit <number>", words.requests.limitFlag, "20")
    .action(async (options: RequestsOptions, command: Command) => {
      const limit = /^[1-9]\d{0,3}$/.test(options.limit) ? Number(options.limit) : MOST + 1;
      if (limit > MOST) command.error("", { code: LIMIT_BAD, exitCode: 2 });
      done(
        await runOnServer(options, async (session) => {
          await (options.follow === true ? goOn : list)(session, limit, options.json === true);
          return EXIT_OK;
        }),
      );
    });
}
