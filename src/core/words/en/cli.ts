// Words of the command line and the console, for people who read English.

import type { DamagedWords } from "../shapes.ts";

export const cliWords = {
  description: "Claude Code Balancer: signs, balances and relays Claude API requests with your own accounts or keys.",
  usage: "Usage:",
  options: "Options:",
  commands: "Commands:",
  arguments: "Arguments:",
  helpOption: "show this help",
  helpCommand: "show the help of a command",
  versionOption: "show the version",
  serve: "start the server (the default)",
  check: "validate the configuration and print what is in force, secrets hidden",
  init: "write the default configuration to your own folder",
  configFlag: "configuration file",
  hostFlag: "address to listen at",
  portFlag: "port to listen at; 0: any free one",
  levelFlag: "DEBUG, INFO, WARNING or ERROR",
  usageError: ({ text }: { text: string }): string => `ccb: ${text}\nRun 'ccb --help' to see what there is.`,
  noSuchOption: ({ name }: { name: string }): string => `there is no option ${name}`,
  optionNeedsValue: ({ name }: { name: string }): string => `${name} needs a value`,
  tooManyWords: "there is no such command, or it takes fewer words",
  /** Behind a flag: what it is where it is left out. */
  defaultsTo: ({ value }: { value: string }): string => `(default: ${value})`,
  didYouMean: ({ name }: { name: string }): string => ` (did you mean ${name}?)`,
  checkGood: ({ file }: { file: string }): string => `The configuration is good: ${file}`,
  embedded: "the default inside the program",
  configBad: ({ count }: { count: number }): string =>
    count === 1
      ? "ccb does not start: 1 problem in the configuration."
      : `ccb does not start: ${count} problems in the configuration.`,
  reloadRefused: "The configuration was not loaded again; what was in force stays in force:",
  restartNeeded: ({ keys }: { keys: readonly string[] }): string =>
    `The configuration was loaded again. Restart ccb for: ${keys.join(", ")}.`,
  unread: ({ file }: { file: string }): string =>
    `${file} was not read: it could be anybody's. To use it: ccb --config ${file}`,
  initWritten: ({ file }: { file: string }): string => `Written: ${file}`,
  initExists: ({ file }: { file: string }): string =>
    `${file} is there already and stays as it is. Remove it first to begin anew.`,
  notWritten: ({ file, reason }: { file: string; reason: string }): string =>
    `${file} could not be written (${reason}).`,
  addressInUse: ({ host, port }: { host: string; port: number }): string =>
    `Another program listens at ${host} port ${port}. Stop it, or choose another port: ccb --port ${port + 1}`,
  addressFailed: ({ host, port, reason }: { host: string; port: number; reason: string }): string =>
    `ccb cannot listen at ${host} port ${port} (${reason}). Choose another with --host or --port.`,
  noDescriptors:
    "ccb has no file descriptor left: new connections wait until some are free. If this is ordinary work, raise the limit (ulimit -n, LimitNOFILE).",
  stopping: ({ seconds }: { seconds: number }): string =>
    `Stopping: open streams have ${seconds} s to end. Once more to stop now.`,
  providers: "Providers",
  tokens: "Tokens",
  configuration: "Config",
  point: "Point Claude Code at it",
  speak: "Speak to it",
  page: "(a page to see and steer it)",
  docs: "API reference",
  disabled: "disabled",
  signedIn: ({ count }: { count: number }): string =>
    count === 1 ? "1 account signed in" : `${count} accounts signed in`,
  nobody: "nobody signed in: the first request prints the address to open",
  withKey: "API key",
  passthrough: "passes the client's own credential through",
  inMemory: ({ why }: { why: string }): string => `in memory only: ${why}`,
  kept: "Tokens are kept in the system keyring.",
  damagedEntry: ({ entry, damage, file }: DamagedWords): string => {
    const why = {
      corrupt: "is damaged",
      future: "was written by a newer ccb",
      missing: "is named in the index but is not there",
      ambiguous: "is there twice, written by another program",
      wrong_key: "was sealed with another key",
      foreign: "is not this user's alone",
    }[damage];
    const whereabouts =
      file !== null ? `; it was set aside as ${file}` : damage === "missing" ? "" : "; it was left as it is";
    return `The stored entry ${entry} ${why}${whereabouts}.`;
  },
  damagedAccountMend: "The account it held is not signed in; sign in to it again: ccb login",
  damagedMend: "ccb goes on without it: accounts stay, and counts begin anew. There is nothing to do.",
};
