// `doctor` of the command line: its words and flags.
import type { Command } from "commander";
import type { Words } from "../../core/words/en.ts";
import type { WorkerLike } from "../../vault/keyring.ts";
import { exampleText } from "../commands/examples.ts";
import type { DoctorOptions } from "./doctor.ts";

const EXAMPLES = [
  "ccb doctor",
  "ccb doctor --json | jq '.findings[] | select(.level == \"problem\")'",
  "ccb doctor --self-test",
];

/** Adds it; `done` takes the exit code. */
export function addDoctorCommand(
  program: Command,
  words: Words,
  spawn: () => WorkerLike,
  done: (code: number) => void,
): void {
  program
    .command("doctor")
    .description(words.doctor.command)
    .helpOption("-h, --help", words.cli.helpOption)
    .option("--config <file>", words.cli.configFlag)
    .option("--host <host>", words.cli.hostFlag)
    .option("--port <port>", words.cli.portFlag)
    .option("--key <key>", words.doctor.keyFlag)
    .option("--self-test", words.doctor.selfTestFlag)
    .option("--json", words.doctor.jsonFlag)
    .addHelpText("after", exampleText(words, EXAMPLES))
    .allowExcessArguments(false)
    .action(async ({ selfTest: itself, ...options }: DoctorOptions & { readonly selfTest?: boolean }) => {
      // Loaded only now: every other command would wait for it.
      if (itself === true) done(await (await import("./self-test.ts")).selfTest(options.json === true));
      else done(await (await import("./doctor.ts")).doctor(options, spawn));
    });
}
