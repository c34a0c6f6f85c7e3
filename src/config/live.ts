// The configuration that is in force, and its replacement while ccb serves: as a whole, or not at all.
import type { Say } from "../core/errors.ts";
import type { Config } from "./config.ts";
import { refuseExposure } from "./exposure.ts";
import type { ParseResult } from "./parse.ts";
import type { Problem } from "./problem.ts";
import { restartNeeded } from "./restart.ts";

export type ReloadResult =
  | {
      readonly ok: true;
      readonly config: Config;
      /** Key paths of changes that only a restart applies. */
      readonly restartNeeded: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface LiveConfig {
  current(): Config;
  /** Loads the file again. A bad one changes nothing. Never rejects; one after another, whoever asks. */
  reload(): Promise<ReloadResult>;
  /** Called with each configuration that comes into force later. */
  onChange(listener: (config: Config) => void): void;
}

/** Creates the holder of `started`, with which the program began: what needs a restart is told against that one. */
export function createLiveConfig(started: Config, load: () => Promise<ParseResult>): LiveConfig {
  let current = started;
  const listeners: ((config: Config) => void)[] = [];
  let last: Promise<unknown> = Promise.resolve();

  async function replace(): Promise<ReloadResult> {
    const result = await load();
    if (!result.ok) return { ok: false, problems: result.problems };
    const { host, tls } = started.settings;
    // What is bound stays bound until a restart: no key less is asked for there than at the start.
    if (refuseExposure({ ...result.config.settings, host, tls }) !== null) {
      const say: Say = (words) => words.access.stillListening({ host });
      const { file } = result.config;
      const problem = { severity: "error", file, line: null, column: null, path: "settings.auth", say } as const;
      return { ok: false, problems: [problem, ...result.config.warnings] };
    }
    current = result.config;
    for (const listener of listeners) listener(current);
    return { ok: true, config: current, restartNeeded: restartNeeded(started, current) };
  }

  return {
    current: () => current,
    reload() {
      const next = last.then(replace);
      last = next;
      return next;
    },
    onChange: (listener) => void listeners.push(listener),
  };
}
