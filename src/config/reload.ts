// Loads the configuration again and says what came of it, on the console and in the log.
import type { Announce, Log } from "../core/ports.ts";
import type { Words } from "../core/words/en.ts";
import type { LiveConfig, ReloadResult } from "./live.ts";
import { formatProblem } from "./problem.ts";

export interface ReloadDeps {
  readonly live: LiveConfig;
  readonly log: Log;
  readonly announce: Announce;
  /** The console's. */
  readonly words: Words;
}

/** Creates the reload, for whoever asks: a saved file, a signal, a request. It never rejects. */
export function createReload({ live, log, announce, words }: ReloadDeps): () => Promise<ReloadResult> {
  return async () => {
    const result = await live.reload();
    if (!result.ok) {
      log.error("configuration_refused", { problems: result.problems.length });
      announce(
        [words.cli.reloadRefused, ...result.problems.map((problem) => formatProblem(problem, words))].join("\n"),
      );
      return result;
    }
    const { config, restartNeeded } = result;
    log.info("configuration_reloaded", { file: config.file ?? "embedded", restart_needed: restartNeeded.join(" ") });
    for (const warning of config.warnings) announce(formatProblem(warning, words));
    if (restartNeeded.length > 0) announce(words.cli.restartNeeded({ keys: restartNeeded }));
    return result;
  };
}
