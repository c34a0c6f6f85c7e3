// The command `service` of the command line: its words and flags.
import { Argument } from "commander";
import type { Command } from "commander";
import { nearest } from "../../config/nearest.ts";
import type { Words } from "../../core/words/en.ts";
import { exampleText } from "../commands/examples.ts";
import type { ServiceOptions } from "./command.ts";

const SERVICE_ACTIONS = ["install", "uninstall", "print", "status"] as const;
export type ServiceAction = (typeof SERVICE_ACTIONS)[number];

/** The code of commander's error for a missing or unknown action. */
export const NO_SUCH_ACTION = "ccb.noSuchAction";

/** Adds `service <install|uninstall|print|status>`; `act` runs it. */
export function addServiceCommand(
  program: Command,
  words: Words,
  act: (action: ServiceAction, options: ServiceOptions) => Promise<void>,
): void {
  program
    .command("service")
    .description(words.service.service)
    .helpOption("-h, --help", words.cli.helpOption)
    .addArgument(new Argument("[action]", words.service.action))
    .option("--system", words.service.systemFlag)
    .option("--config <file>", words.service.configFlag)
    .option("--store-key <file>", words.service.storeKeyFlag)
    .option("--purge", words.service.purgeFlag)
    .option("--json", words.service.jsonFlag)
    .addHelpText("after", exampleText(words, words.examples.service))
    .allowExcessArguments(false)
    .action(async (typed: string | undefined, options: ServiceOptions, command: Command) => {
      const action = SERVICE_ACTIONS.find((name) => name === typed);
      if (action === undefined)
        command.error(nearest(typed ?? "", SERVICE_ACTIONS) ?? "", { code: NO_SUCH_ACTION, exitCode: 2 });
      else await act(action, options);
    });
}
