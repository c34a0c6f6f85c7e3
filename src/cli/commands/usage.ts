// ccb usage: requests, tokens and their cost, summed by what the person asks for.
import type { Static } from "@sinclair/typebox";
import type { Command } from "commander";
import { nearest } from "../../config/nearest.ts";
import { CcbError } from "../../core/errors.ts";
import type { Words } from "../../core/words/en.ts";
import { UsageSchema } from "../../http/usage-schema.ts";
import { DIMENSIONS } from "../../usage/figures.ts";
import { offsetHere } from "../../usage/local-time.ts";
import { parseQuestion } from "../../usage/question.ts";
import { EXIT_OK } from "../configuration.ts";
import * as runtime from "../runtime.ts";
import { styled } from "../shown.ts";
import type { Piece } from "../shown.ts";
import { clockTime, grouped } from "../times.ts";
import { addServerCommand, runOnServer } from "./command.ts";
import type { Done, ServerOptions, Session } from "./command.ts";

/** The code of commander's error for --csv beside --json. */
export const CSV_OR_JSON = "ccb.csvOrJson";

/** The code of commander's error for what the server would refuse; its message says why. */
export const BAD_QUESTION = "ccb.badQuestion";

interface UsageOptions extends ServerOptions {
  readonly by: string;
  readonly since?: string;
  readonly until?: string;
  readonly csv?: boolean;
}

type Usage = Static<typeof UsageSchema>;
type Row = Usage["rows"][number];
type Dimension = keyof Words["commands"]["column"]["dimension"];

const isDimension = (name: string, { commands }: Words): name is Dimension =>
  Object.hasOwn(commands.column.dimension, name);

function nameOf(row: Row, dimension: Dimension, now: number): string {
  if (dimension === "hour") return row.hour === undefined ? "" : clockTime(row.hour * 1000, now).slice(0, -3);
  if (dimension === "account") return row.account_email ?? row.account ?? "–";
  return row[dimension] ?? "–";
}

const figures = (row: Usage["totals"]): readonly string[] => [
  grouped(row.requests),
  grouped(row.errors),
  grouped(row.input_tokens),
  grouped(row.output_tokens),
  grouped(row.cache_creation_input_tokens),
  grouped(row.cache_read_input_tokens),
  row.cost_usd.toFixed(4),
];

function show({ screen, table, words, now }: Session, usage: Usage): void {
  const { column } = words.commands;
  if (!usage.enabled) return screen.line(words.requests.usageOff);
  if (usage.rows.length === 0) return screen.line(words.requests.usageNone);
  const by = usage.by.filter((name) => isDimension(name, words));
  const counts = [
    column.requests,
    column.errors,
    column.input,
    column.output,
    column.cacheWrite,
    column.cacheRead,
    column.cost,
  ];
  const total: readonly Piece[] = by.map((_, index) => styled("bold", index === 0 ? words.requests.total : ""));
  table(
    [
      ...by.map((name) => ({ title: column.dimension[name] })),
      ...counts.map((title) => ({ title, align: "right" }) as const),
    ],
    [
      ...usage.rows.map((row) => [...by.map((name) => nameOf(row, name, now)), ...figures(row)]),
      [...total, ...figures(usage.totals).map((text) => styled("bold", text))],
    ],
  );
  const { unpriced_requests: count } = usage.totals;
  screen.line(styled("dim", words.requests.priced({ date: usage.prices_as_of })));
  if (count > 0) screen.line(styled("warning", words.requests.unpriced({ count })));
}

/** What the server would refuse, said without asking it; null: nothing. */
function questionProblem(query: URLSearchParams, words: Words): string | null {
  try {
    parseQuestion(query, { now: runtime.realClock.now(), offset: offsetHere });
    return null;
  } catch (error) {
    if (!(error instanceof CcbError)) throw error;
    const names = (query.get("by") ?? "").split(",").map((name) => name.trim());
    const wrong = names.find((name) => !isDimension(name, words));
    const name = wrong === undefined ? null : nearest(wrong, DIMENSIONS);
    return error.say(words) + (name === null ? "" : words.cli.didYouMean({ name }));
  }
}

/** Adds `usage`. */
export function addUsageCommand(program: Command, words: Words, done: Done): void {
  const examples = [
    "ccb usage --since 7d",
    "ccb usage --by model,account --since 2026-01-01",
    "ccb usage --by day --csv > usage.csv",
  ];
  addServerCommand(program, words, "usage", words.requests.usage, examples)
    .option("--by <names>", words.requests.byFlag, "day")
    .option("--since <time>", words.requests.sinceFlag)
    .option("--until <time>", words.requests.untilFlag)
    .option("--csv", words.requests.csvFlag)
    .action(async (options: UsageOptions, command: Command) => {
      if (options.csv === true && options.json === true) command.error("", { code: CSV_OR_JSON, exitCode: 2 });
      const { by, since, until } = options;
      const query = new URLSearchParams({
        by,
        ...(since === undefined ? {} : { since }),
        ...(until === undefined ? {} : { until }),
      });
      const question = questionProblem(query, words);
      if (question !== null) command.error(question, { code: BAD_QUESTION, exitCode: 2 });
      done(
        await runOnServer(options, async (session) => {
          const { client, screen } = session;
          if (options.csv === true) {
            const text = await client.getText(`/usage?${query.toString()}`, "text/csv");
            screen.lines(text.replaceAll("\r\n", "\n").trimEnd());
            return EXIT_OK;
          }
          const usage = await client.get(`/usage?${query.toString()}`, UsageSchema);
          if (options.json === true) screen.json(usage);
          else show(session, usage);
          return EXIT_OK;
        }),
      );
    });
}
