// What the console shows at start: where ccb listens, what it balances, where tokens are, how to use it.
import type { App } from "../app.ts";
import type { Config, Provider } from "../config/config.ts";
import type { Words } from "../core/words/en.ts";
import { VERSION } from "../core/version.ts";
import { credentialKind } from "./client-environment/variables.ts";
import { targetsOf } from "../provider/target.ts";

export interface BannerInput {
  readonly app: App;
  readonly config: Config;
  readonly words: Words;
  readonly url: string;
  readonly coloured: boolean;
}

function stateOf(provider: Provider, app: App, words: Words): string {
  if (!provider.enabled) return words.cli.disabled;
  switch (provider.credential.kind) {
    case "key":
      return words.cli.withKey;
    case "passthrough":
      return words.cli.passthrough;
    case "oauth": {
      const count = targetsOf([provider], app.store.all()).length;
      return count === 0 ? words.cli.nobody : words.cli.signedIn({ count });
    }
  }
}

/** Where tokens are, in a few words: what to do about it has been said above, when it was noticed. */
function tokensLine(app: App, words: Words): string {
  const status = app.persistence.status();
  if (status === null) return words.login.persistenceOff;
  if (status.fault !== null) return words.cli.inMemory({ why: words.vault.why[status.fault] });
  if (status.phase === "opening") return words.vault.waiting;
  return app.persistence.backend === "file" ? words.store.kept : words.cli.kept;
}

/** What Claude Code needs beside the address. */
function credentialLines(config: Config): readonly string[] {
  const { keyNeeded, besides, own } = credentialKind(config);
  if (keyNeeded)
    return [besides ? "export ANTHROPIC_CUSTOM_HEADERS='x-ccb-key: YOUR_KEY'" : "export ANTHROPIC_AUTH_TOKEN=YOUR_KEY"];
  // With a passthrough alone Claude Code brings its own credential; else any word keeps it from asking for a login.
  return own ? [] : ["export ANTHROPIC_AUTH_TOKEN=ccb"];
}

/** In a shell's single quotes nothing but the quote itself means anything. */
const quoted = (path: string): string => `'${path.replaceAll("'", String.raw`'\''`)}'`;

/** The start banner, ending in a newline. Colours only on a terminal. */
export function banner({ app, config, words, url, coloured }: BannerInput): string {
  const paint = (code: string, text: string): string => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);
  const heading = (text: string): string => paint("1", text);
  // A socket is no address that a browser or Claude Code could be given.
  const { socket } = config.settings;
  const only = url.startsWith("unix:") ? socket : null;
  const lines = [
    "",
    `  ${paint("1;35", "ccb")} ${VERSION}  ${paint("2", "Claude Code Balancer")}`,
    only === null
      ? `  ${paint("36", `${url}/`)}   ${paint("2", `${words.cli.page}   ${words.cli.docs}: ${url}/docs`)}`
      : `  ${paint("36", url)}`,
    "",
    `  ${heading(words.cli.providers)}`,
    ...config.providers.map(
      (provider) =>
        `    ${provider.name}  ${paint("2", new URL(provider.base_url).host)}  ${stateOf(provider, app, words)}`,
    ),
    `  ${heading(words.cli.tokens)}  ${paint(app.persistence.status()?.durable === true ? "0" : "33", tokensLine(app, words))}`,
    `  ${heading(words.cli.configuration)}  ${config.file ?? words.cli.embedded}`,
    "",
    ...(only === null
      ? [
          `  ${heading(words.cli.point)}`,
          `    export ANTHROPIC_BASE_URL=${url}`,
          ...credentialLines(config).map((line) => `    ${line}`),
        ]
      : [
          `  ${heading(words.cli.speak)}`,
          `    curl --unix-socket ${quoted(only)} http://localhost/health`,
          `  ${words.signIn.onlySocket}`,
        ]),
    "",
  ];
  return `${lines.join("\n")}\n`;
}
