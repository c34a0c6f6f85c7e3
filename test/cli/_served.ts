// The real program, a real ccb server, a scripted upstream and an authorization server: what the commands are tried on.
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TSchema, Static } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { startOAuth } from "../binary/_ccb.ts";
import { messagesHandler } from "../support/anthropic.ts";
import { makeHome, runCcb } from "../support/binary.ts";
import type { Ccb, ConfigPieces, Finished } from "../support/binary.ts";
import { startOAuthServer } from "../support/oauth-server.ts";
import type { OAuthServer } from "../support/oauth-server.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";

export const CHINESE = { LANG: "zh_CN.UTF-8" };

/** Every command that asks the server, with what it needs. */
export const COMMANDS: readonly (readonly string[])[] = [
  ["status"],
  ["accounts"],
  ["logout", "me@example.com", "--yes"],
  ["refresh", "me@example.com"],
  ["pause", "me@example.com"],
  ["resume", "me@example.com"],
  ["requests"],
  ["requests", "--follow"],
  ["trace", "ccb_0"],
  ["usage"],
  ["usage", "--csv"],
  ["reload"],
];

export interface Served {
  readonly ccb: Ccb;
  readonly oauth: OAuthServer;
  readonly upstream: Upstream;
  /** Arguments by which a command finds the server. */
  readonly at: readonly string[];
  /** Runs a command of the program. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function serve(settings: NonNullable<ConfigPieces["settings"]> = {}): Promise<Served> {
  const oauth = await startOAuthServer();
  const upstream = await startUpstream({ authorize: oauth.identify });
  upstream.handle(messagesHandler());
  const ccb = await startOAuth(upstream.url, oauth, { settings });
  const at = ["--config", ccb.configFile, "--port", String(ccb.port)];
  return {
    ccb,
    oauth,
    upstream,
    at,
    run: (args, env = {}) => runCcb([...args, ...at], { home: ccb.home, env }),
    async [Symbol.asyncDispose]() {
      await ccb[Symbol.asyncDispose]();
      await upstream.stop();
      await oauth.stop();
    },
  };
}

/** The one JSON document of an output; throws where it does not fit the schema. */
export function documentOf<Schema extends TSchema>({ stdout }: Finished, schema: Schema): Static<Schema> {
  const value: unknown = JSON.parse(stdout);
  for (const { path, message } of Value.Errors(schema, value)) throw new Error(`${path}: ${message}\n${stdout}`);
  return Value.Decode(schema, value);
}

/** A home with a configuration of these settings, for a command without a server of ours. */
export function configuredHome(text: string): { readonly home: string; readonly file: string; remove(): void } {
  const home = makeHome();
  const file = join(home, "providers.yaml");
  writeFileSync(file, text, { mode: 0o600 });
  chmodSync(file, 0o600);
  return { home, file, remove: () => rmSync(home, { recursive: true, force: true }) };
}
