// The commands `login`, `env` and `run` of the command line: their words and flags.
import type { Command } from "commander";
import type { Words } from "../../core/words/en.ts";
import type { WorkerLike } from "../../vault/keyring.ts";
import type { EnvironmentOptions } from "../client-environment/env.ts";
import type { ServerFlags } from "../connect.ts";
import type { LoginOptions } from "./login.ts";

/** The code of commander's error for `run` without a client. */
export const NOTHING_TO_RUN = "ccb.nothingToRun";

const withServerFlags = (command: Command, words: Words, key: string): Command =>
  command
    .helpOption("-h, --help", words.cli.helpOption)
    .option("--config <file>", words.commands.configFlag)
    .option("--host <host>", words.commands.hostFlag)
    .option("--port <port>", words.commands.portFlag)
    .option("--key <key>", key);

/** Adds the three commands; `done` takes the exit code. */
export function addLoginCommands(
  program: Command,
  words: Words,
  spawn: () => WorkerLike,
  done: (code: number) => void,
): void {
  const { signIn } = words;
  withServerFlags(program.command("login"), words, signIn.keyFlag)
    .description(signIn.login)
    .option("--email <email>", signIn.emailFlag)
    .option("--no-browser", signIn.noBrowserFlag)
    .option("--setup-token", signIn.setupTokenFlag)
    .option("--json", signIn.jsonFlag)
    .allowExcessArguments(false)
    .addHelpText("after", signIn.loginExamples)
    // Each is loaded when it runs: `serve` would wait for them.
    .action(async (options: LoginOptions) => done(await (await import("./login.ts")).login(options, spawn)));
  withServerFlags(program.command("env"), words, signIn.clientKeyFlag)
    .description(signIn.env)
    .option("--shell <shell>", signIn.shellFlag)
    .option("--json", signIn.jsonFlag)
    .allowExcessArguments(false)
    .addHelpText("after", signIn.envExamples)
    .action(async (options: EnvironmentOptions) =>
      done(await (await import("../client-environment/env.ts")).printEnvironment(options)),
    );
  withServerFlags(program.command("run"), words, signIn.clientKeyFlag)
    .description(signIn.run)
    .argument("[command...]", signIn.runCommand)
    .addHelpText("after", signIn.runExamples)
    // What stands behind the client's name is the client's own.
    .passThroughOptions()
    .action(async (typed: readonly string[], options: ServerFlags, command: Command) => {
      const [name, ...args] = typed;
      if (name === undefined) command.error("", { code: NOTHING_TO_RUN, exitCode: 2 });
      else done(await (await import("../client-environment/run.ts")).runClient(name, args, options));
    });
}
