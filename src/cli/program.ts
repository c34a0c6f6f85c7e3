// The command line: commands, flags and help. What a command does is in its own file.
import { Command, CommanderError, Help } from "commander";
import { wordsOf } from "../core/language.ts";
import { VERSION } from "../core/version.ts";
import { EXIT_OK, EXIT_USAGE, systemLanguage } from "./configuration.ts";
import { toFlags } from "./command-flags.ts";
import type { FlagOptions } from "./command-flags.ts";
import { exampleText } from "./commands/examples.ts";
import { writeError, writeOutput } from "./runtime.ts";
import type { WorkerLike } from "../vault/keyring.ts";

/** Runs a command line (without the program's own name) and resolves the exit code: 0, 1, or 2 for wrong usage. */
export async function run(args: readonly string[], spawnKeyringWorker: () => WorkerLike): Promise<number> {
  const words = wordsOf(systemLanguage());
  const titles: Readonly<Record<string, string>> = {
    "Usage:": words.cli.usage,
    "Options:": words.cli.options,
    "Commands:": words.cli.commands,
    "Arguments:": words.cli.arguments,
  };
  let code = EXIT_OK;

  const withFlags = (command: Command): Command =>
    command
      .option("--config <file>", words.cli.configFlag)
      .option("--host <host>", words.cli.hostFlag)
      .option("--port <port>", words.cli.portFlag)
      .option("--log-level <level>", words.cli.levelFlag);

  const program: Command = new Command("ccb")
    .description(words.cli.description)
    .version(VERSION, "-V, --version", words.cli.versionOption)
    .helpOption("-h, --help", words.cli.helpOption)
    .helpCommand("help [command]", words.cli.helpCommand)
    .configureHelp({
      styleTitle: (title) => titles[title] ?? title,
      optionDescription: (option) =>
        new Help()
          .optionDescription(option)
          .replace(/ ?\(default: (.*)\)$/, (_, value: string) => ` ${words.cli.defaultsTo({ value })}`),
      // `ccb` alone is `ccb serve`: its flags work there, so they are shown there.
      visibleOptions: (command) => [
        ...(command === program ? serveCommand.options : []),
        ...new Help().visibleOptions(command),
      ],
    })
    // What is wrong is said below, in the person's language.
    .configureOutput({ writeOut: writeOutput, writeErr: writeError, outputError: () => {} })
    .exitOverride()
    // For `run`: what stands behind the client's name is the client's own.
    .enablePositionalOptions()
    .addHelpText("after", exampleText(words, words.examples.program));

  const serveCommand = withFlags(program.command("serve", { isDefault: true }))
    .description(words.cli.serve)
    .helpOption("-h, --help", words.cli.helpOption)
    .addHelpText("after", exampleText(words, words.examples.serve))
    .allowExcessArguments(false)
    .action(async (options: FlagOptions) => {
      // Each command is loaded when it runs: none waits for another.
      code = await (await import("./serve.ts")).serve(toFlags(options), spawnKeyringWorker);
    });
  // A service manager waits for the server: what it has no use for is not loaded.
  if (args.length > 0 && args[0] !== serveCommand.name()) {
    const { addOtherCommands } = await import("./other-commands.ts");
    addOtherCommands(program, withFlags, words, spawnKeyringWorker, (ended) => {
      code = ended;
    });
  }

  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT_OK;
    const { describeMistake } = await import("./usage-problem.ts");
    const text = describeMistake(error, program, args, words);
    writeError(`${words.cli.usageError({ text })}\n`);
    return EXIT_USAGE;
  }
  return code;
}
