// What the commands that speak to the running server have in common: flags, help, and where they write.
import type { Command } from "commander";
import type { Words } from "../../core/words/en.ts";
import { colouredError, colouredOutput } from "../colours.ts";
import { withServer } from "../connect.ts";
import type { Connection, ServerFlags } from "../connect.ts";
import * as runtime from "../runtime.ts";
import { createScreen } from "../shown.ts";
import type { Piece, Screen } from "../shown.ts";
import { renderTable } from "../table.ts";
import type { Column } from "../table.ts";
import { exampleText } from "./examples.ts";

export interface ServerOptions extends ServerFlags {
  readonly json?: boolean;
}

/** Takes the exit code. */
export type Done = (code: number) => void;

export interface Session extends Connection {
  readonly screen: Screen;
  /** For people beside the output: questions, notices. */
  readonly aside: Screen;
  /** Wall clock, milliseconds. */
  readonly now: number;
  readonly table: (
    columns: readonly Column[],
    rows: readonly (readonly Piece[])[],
    options?: Parameters<typeof renderTable>[3],
  ) => void;
}

/** Adds a command with the flags by which the server is found, `--json`, and examples below its help. */
export function addServerCommand(
  program: Command,
  words: Words,
  name: string,
  description: string,
  examples: readonly string[],
): Command {
  return program
    .command(name)
    .description(description)
    .helpOption("-h, --help", words.cli.helpOption)
    .option("--config <file>", words.commands.configFlag)
    .option("--host <host>", words.commands.hostFlag)
    .option("--port <port>", words.commands.portFlag)
    .option("--key <key>", words.commands.keyFlag)
    .option("--json", words.commands.jsonFlag)
    .addHelpText("after", exampleText(words, examples))
    .allowExcessArguments(false);
}

/** Finds the server and lets `work` speak to it; resolves the exit code. */
export function runOnServer(options: ServerOptions, work: (session: Session) => Promise<number>): Promise<number> {
  const screen = createScreen(runtime.writeOutput, colouredOutput());
  const aside = createScreen(runtime.writeError, colouredError());
  const run = (connection: Connection): Promise<number> =>
    work({
      ...connection,
      screen,
      aside,
      now: runtime.realClock.now(),
      table(columns, rows, layout) {
        for (const line of renderTable(columns, rows, runtime.textWidth, layout)) screen.line(...line);
      },
    });
  return withServer(options, run, { evenBroken: true });
}
