// ccb env: the lines that point a client at ccb.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { CcbError } from "../../core/errors.ts";
import { EXIT_OK, EXIT_USAGE } from "../configuration.ts";
import { withServer } from "../connect.ts";
import type { Connection, ServerFlags } from "../connect.ts";
import { urlOf } from "../listen.ts";
import * as runtime from "../runtime.ts";
import { createScreen } from "../shown.ts";
import { parseShell, toLines, usualShell } from "./shell.ts";
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
export function printEnvironment(options: EnvironmentOptions): Promise<number> {
  return withServer(options, (connection) => {
    const { words } = connection;
    const shell =
      options.shell === undefined ? usualShell(runtime.platform, runtime.environment) : parseShell(options.shell);
    if (shell === null) {
      say(words.cli.usageError({ text: words.signIn.badShell }));
      return Promise.resolve(EXIT_USAGE);
    }
    const variables = variablesOf(connection, options);
    const document: Static<typeof EnvironmentSchema> = { variables: { ...variables } };
    if (options.json === true) createScreen(runtime.writeOutput, false).json(document);
    else runtime.writeOutput(toLines(shell, variables));
    return Promise.resolve(EXIT_OK);
  });
}
