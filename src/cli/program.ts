// The command line: commands, flags and help. What a command does is in its own file.
import { Command, CommanderError, Help } from "commander";
import { nearest } from "../config/nearest.ts";
import type { Flags } from "../config/overrides.ts";
import { wordsOf } from "../core/language.ts";
import type { Words } from "../core/words/en.ts";
import { VERSION } from "../core/version.ts";
import { EXIT_OK, EXIT_USAGE, systemLanguage } from "./configuration.ts";
import { check } from "./check.ts";
import { exampleText } from "./commands/command.ts";
import { addServerCommands, serverCommandProblem } from "./commands/add-commands.ts";
import { addDoctorCommand } from "./doctor/add-command.ts";
import { init } from "./init.ts";
import { addKeyCommand, NO_SUCH_KEY_ACTION } from "./key.ts";
import { writeError, writeOutput } from "./runtime.ts";
import { addLoginCommands, NOTHING_TO_RUN } from "./login/add-commands.ts";
import { addServiceCommand, NO_SUCH_ACTION } from "./service/add-command.ts";
import { addStoreCommand, NO_SUCH_STORE_ACTION } from "./store-commands.ts";
import type { WorkerLike } from "../vault/keyring.ts";

interface Options {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly logLevel?: string;
}

interface JsonOption {
  readonly json?: boolean;
}

const toFlags = ({ config, host, port, logLevel }: Options): Flags => ({ config, host, port, log_level: logLevel });

/** What was wrong with a command line. Commander's own text is English, and repeats values that may be secret. */
function usageProblem(error: CommanderError, words: Words): string {
  const { code, message } = error;
  const quoted = (pattern: RegExp): string => pattern.exec(message)?.[1] ?? "";
  const suggestion = quoted(/\(Did you mean (?:one of )?(.+)\?\)/);
  const hint = suggestion === "" ? "" : words.cli.didYouMean({ name: suggestion });
  if (code === "commander.unknownOption") return words.cli.noSuchOption({ name: quoted(/'([^'=]*)/) }) + hint;
  if (code === "commander.optionMissingArgument") return words.cli.optionNeedsValue({ name: quoted(/'([^' ]*)/) });
  // The message is the action that was meant.
  const meant = message === "" ? "" : words.cli.didYouMean({ name: message });
  if (code === NO_SUCH_ACTION) return words.service.whichAction + meant;
  if (code === NO_SUCH_STORE_ACTION) return words.store.whichAction + meant;
  if (code === NOTHING_TO_RUN) return words.signIn.nothingToRun;
  if (code === NO_SUCH_KEY_ACTION) return words.access.whichKeyAction + meant;
  return serverCommandProblem(error, words) ?? words.cli.tooManyWords + hint;
}

/** Whether a token was given where others can see it. */
const triesToken = (words: readonly string[]): boolean =>
  words.some(
    (word, at) => word.startsWith("--setup-token=") || (word === "--setup-token" && /^[^-]/.test(words[at + 1] ?? "")),
  );

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
    .action(async (options: Options) => {
      // Each command is loaded when it runs: none waits for another.
      code = await (await import("./serve.ts")).serve(toFlags(options), spawnKeyringWorker);
    });
  withFlags(program.command("check"))
    .description(words.cli.check)
    .option("--json", words.commands.jsonFlag)
    .helpOption("-h, --help", words.cli.helpOption)
    .addHelpText("after", exampleText(words, words.examples.check))
    .allowExcessArguments(false)
    .action(async (options: Options & JsonOption) => {
      code = await check(toFlags(options), options.json === true);
    });
  program
    .command("init")
    .description(words.cli.init)
    .option("--json", words.commands.jsonFlag)
    .helpOption("-h, --help", words.cli.helpOption)
    .addHelpText("after", exampleText(words, words.examples.init))
    .allowExcessArguments(false)
    .action(async ({ json }: JsonOption) => {
      code = await init(json === true);
    });

  addServiceCommand(program, words, async (action, options) => {
    code = await (await import("./service/command.ts")).service(action, options, spawnKeyringWorker);
  });

  addStoreCommand(program, words, spawnKeyringWorker, (ended) => {
    code = ended;
  });

  addKeyCommand(program, words, (ended) => {
    code = ended;
  });

  addServerCommands(program, words, (ended) => {
    code = ended;
  });

  addLoginCommands(program, words, spawnKeyringWorker, (ended) => {
    code = ended;
  });

  addDoctorCommand(program, words, spawnKeyringWorker, (ended) => {
    code = ended;
  });

  /** A mistyped command is taken for words of `serve`, so commander knows no better one. */
  function meant({ code }: CommanderError): string {
    const names = program.commands.map((command) => command.name());
    const [typed] = args;
    if (code !== "commander.excessArguments" || typed === undefined || names.includes(typed)) return "";
    const name = nearest(typed, names);
    return name === null ? "" : words.cli.didYouMean({ name });
  }

  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT_OK;
    // A token behind --setup-token is one word too many, or an option of its own.
    const [typed, ...rest] = args;
    const text =
      typed === "login" && /^commander\.(?:excessArguments|unknownOption)$/.test(error.code) && triesToken(rest)
        ? words.signIn.tokenOnStandardInput
        : usageProblem(error, words) + meant(error);
    writeError(`${words.cli.usageError({ text })}\n`);
    return EXIT_USAGE;
  }
  return code;
}
