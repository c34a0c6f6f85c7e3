// Which changes of the configuration wait for a restart: what is bound, opened or translated once, at the start.
import type { Config, Settings } from "./config.ts";

const AT_START: readonly (readonly [path: string, of: (settings: Settings) => string | number | boolean])[] = [
  ["settings.host", ({ host }) => host],
  ["settings.port", ({ port }) => port],
  ["settings.tls", ({ tls }) => (tls === null ? "" : [tls.cert, tls.key, tls.fingerprint].join("\n"))],
  ["settings.socket", ({ socket }) => socket ?? ""],
  ["settings.language", ({ language }) => language],
  ["settings.oauth.service_name", ({ oauth }) => oauth.service_name],
  ["settings.oauth.store", ({ oauth }) => oauth.store],
  ["settings.oauth.enable_persistence", ({ oauth }) => oauth.enable_persistence],
  ["settings.shutdown_grace_seconds", (settings) => settings.shutdown_grace_seconds],
];

/** The key paths whose change only a restart applies, in the order of the file. Everything else is applied live. */
export function restartNeeded(before: Config, after: Config): readonly string[] {
  return AT_START.filter(([, of]) => of(before.settings) !== of(after.settings)).map(([path]) => path);
}
