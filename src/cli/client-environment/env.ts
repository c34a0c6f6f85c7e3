// ccb env: the lines that point a client at ccb.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { nearest } from "../../config/nearest.ts";
import { CcbError } from "../../core/errors.ts";
import { wordsOf } from "../../core/language.ts";
import { EXIT_OK, EXIT_USAGE, systemLanguage } from "../configuration.ts";
import { withServer } from "../connect.ts";
import type { Connection, ServerFlags } from "../connect.ts";
import { urlOf } from "../listen.ts";
import * as runtime from "../runtime.ts";
import { createScreen } from "../shown.ts";
import { parseShell, SHELLS, toLines, usualShell } from "./shell.ts";
import { clientVariables, credentialKind } from "./variables.ts";
import type { Variables } from "./variables.ts";

export interface EnvironmentOptions extends ServerFlags {
  readonly shell?: string;
  readonly json?: boolean;
}

/** The document of `--json`. */
export const EnvironmentSchema = Type.Object({ variables: Type.Record(Type.String(), Type.String()) });

const say = (text: string): void => createScreen(runtime.writeError, false).lines(text);

/** The variables for the server of this configuration. Warns where the client would be refused. */
export function variablesOf({ config, client, words }: Connection, flags: ServerFlags): Variables {
  // An address that was typed is meant.
  const url = flags.host === undefined ? urlOf(config.settings) : client.address;
  if (url === null) throw new CcbError("server_down", (reader) => reader.signIn.onlySocket);
  const key = flags.key ?? runtime.environment["CCB_KEY"] ?? "";
  if (credentialKind(config).keyNeeded && key === "") say(words.signIn.keyMissing);
  return clientVariables(config, url, key, runtime.originalEnvironment());
}

/** Prints the lines. Resolves the exit code. */
export async function printEnvironment(options: EnvironmentOptions): Promise<number> {
  const shell =
    options.shell === undefined ? usualShell(runtime.platform, runtime.environment) : parseShell(options.shell);
  if (shell === null) {
    const { cli, signIn } = wordsOf(systemLanguage());
    const name = nearest(options.shell ?? "", SHELLS);
    say(cli.usageError({ text: signIn.badShell + (name === null ? "" : cli.didYouMean({ name })) }));
    return EXIT_USAGE;
  }
  return withServer(options, (connection) => {
    const variables = variablesOf(connection, options);
    const document: Static<typeof EnvironmentSchema> = { variables: { ...variables } };
    if (options.json === true) createScreen(runtime.writeOutput, false).json(document);
    else runtime.writeOutput(toLines(shell, variables));
    return Promise.resolve(EXIT_OK);
  });
}
