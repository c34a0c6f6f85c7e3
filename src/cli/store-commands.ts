// The command `store` of the command line: its words and flags.
import { Argument } from "commander";
import type { Command } from "commander";
import { nearest } from "../config/nearest.ts";
import type { Flags } from "../config/overrides.ts";
import type { Words } from "../core/words/en.ts";
import type { WorkerLike } from "../vault/keyring.ts";
import { exampleText } from "./commands/examples.ts";

/** The code of commander's error for a missing or unknown action. */
export const NO_SUCH_STORE_ACTION = "ccb.noSuchStoreAction";

interface StoreOptions {
  readonly config?: string;
  readonly keyFile?: string;
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

/** Adds `store <init|migrate>`; `done` takes the exit code. */
export function addStoreCommand(
  program: Command,
  words: Words,
  spawn: () => WorkerLike,
  done: (code: number) => void,
): void {
  program
    .command("store")
    .description(words.store.command)
    .helpOption("-h, --help", words.cli.helpOption)
    .addArgument(new Argument("[action]", words.store.action))
    .option("--key-file <file>", words.store.initFile)
    .option("--from <store>", words.store.from)
    .option("--to <store>", words.store.to)
    .option("--config <file>", words.cli.configFlag)
    .option("--json", words.commands.jsonFlag)
    .addHelpText("after", exampleText(words, words.examples.store))
    .allowExcessArguments(false)
    .action(
      async (
        action: string | undefined,
        { config, keyFile, from, to, json = false }: StoreOptions,
        command: Command,
      ) => {
        const flags: Flags = { config, host: undefined, port: undefined, log_level: undefined };
        if (action === "init") done(await (await import("./store-init.ts")).storeInit(flags, keyFile, json));
        else if (action === "migrate")
          done(await (await import("./store-migrate.ts")).storeMigrate(flags, { from, to, json }, spawn));
        else
          command.error(nearest(action ?? "", ["init", "migrate"]) ?? "", { code: NO_SUCH_STORE_ACTION, exitCode: 2 });
      },
    );
}
