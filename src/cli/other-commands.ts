// Every command but `serve`.
import type { Command } from "commander";
import type { Words } from "../core/words/en.ts";
import type { WorkerLike } from "../vault/keyring.ts";
import { check } from "./check.ts";
import { toFlags } from "./command-flags.ts";
import type { FlagOptions } from "./command-flags.ts";
import { addServerCommands } from "./commands/add-commands.ts";
import { exampleText } from "./commands/examples.ts";
import { addDoctorCommand } from "./doctor/add-command.ts";
import { init } from "./init.ts";
import { addKeyCommand } from "./key.ts";
import { addLoginCommands } from "./login/add-commands.ts";
import { addServiceCommand } from "./service/add-command.ts";
import { addStoreCommand } from "./store-commands.ts";

interface JsonOption {
  readonly json?: boolean;
}

/** Adds them. `withFlags` adds the flags of the configuration; `onEnd` hears the exit code of the one that ran. */
export function addOtherCommands(
  program: Command,
  withFlags: (command: Command) => Command,
  words: Words,
  spawnKeyringWorker: () => WorkerLike,
  onEnd: (code: number) => void,
): void {
  withFlags(program.command("check"))
    .description(words.cli.check)
    .option("--json", words.commands.jsonFlag)
    .helpOption("-h, --help", words.cli.helpOption)
    .addHelpText("after", exampleText(words, words.examples.check))
    .allowExcessArguments(false)
    .action(async (options: FlagOptions & JsonOption) => {
      onEnd(await check(toFlags(options), options.json === true));
    });
  program
    .command("init")
    .description(words.cli.init)
    .option("--json", words.commands.jsonFlag)
    .helpOption("-h, --help", words.cli.helpOption)
    .addHelpText("after", exampleText(words, words.examples.init))
    .allowExcessArguments(false)
    .action(async ({ json }: JsonOption) => {
      onEnd(await init(json === true));
    });

  addServiceCommand(program, words, async (action, options) => {
    onEnd(await (await import("./service/command.ts")).service(action, options, spawnKeyringWorker));
  });

  addStoreCommand(program, words, spawnKeyringWorker, onEnd);

  addKeyCommand(program, words, onEnd);

  addServerCommands(program, words, onEnd);

  addLoginCommands(program, words, spawnKeyringWorker, onEnd);

  addDoctorCommand(program, words, spawnKeyringWorker, onEnd);
}
