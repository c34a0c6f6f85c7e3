// ccb serve: from the configuration to a listening server, and its orderly end.
import { createApp } from "../app.ts";
import type { App } from "../app.ts";
import type { Config } from "../config/config.ts";
import type { Flags } from "../config/overrides.ts";
import { CcbError } from "../core/errors.ts";
import { resolveLanguage, wordsOf } from "../core/language.ts";
import type { Language } from "../core/language.ts";
import type { Log } from "../core/ports.ts";
import type { KeeperStatus } from "../account/keeper.ts";
import { createKeyringVault } from "../vault/keyring.ts";
import type { WorkerLike } from "../vault/keyring.ts";
import { acquireStoreLock } from "../vault/lock.ts";
import type { StoreLock } from "../vault/lock.ts";
import { serviceName } from "../vault/service-name.ts";
import { createSplitVault } from "../vault/split.ts";
import { stateDirectory } from "../vault/state-directory.ts";
import type { Vault } from "../vault/vault.ts";
import { banner } from "./banner.ts";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE, loadForCommand } from "./configuration.ts";
import { listen } from "./listen.ts";
import type { Listening } from "./listen.ts";
import { createLogger } from "./logger.ts";
import * as runtime from "./runtime.ts";

/** Windows Credential Manager takes 2,560 bytes of UTF-16 (facts/bun); some room is left. */
const WINDOWS_ENTRY_LENGTH = 1_200;
/** The banner waits this long for the keyring, so that it can say who is signed in; requests do not wait for it. */
const BANNER_WAIT_MS = 1_500;
/** A keyring that opened by then was only slow; one that did not is worth a word. */
const KEYRING_PATIENCE_MS = 5_000;

function createVault(config: Config, spawn: () => WorkerLike): Vault | null {
  const { enable_persistence, service_name } = config.settings.oauth;
  if (!enable_persistence) return null;
  const service = serviceName(service_name, runtime.userName());
  const vault = createKeyringVault({ service, spawn, clock: runtime.realClock, random: runtime.realRandom });
  return runtime.platform === "win32" ? createSplitVault(vault, WINDOWS_ENTRY_LENGTH) : vault;
}

/** One process per persistent store; the lock dies with its holder. Rejects with `store_held` or `vault_failed`. */
function lockStore(config: Config, address: string): StoreLock | null {
  if (!config.settings.oauth.enable_persistence) return null;
  return acquireStoreLock({
    directory: stateDirectory(runtime.environment, runtime.platform, runtime.homeDirectory()),
    service: serviceName(config.settings.oauth.service_name, runtime.userName()),
    holder: { pid: runtime.pid, address },
  });
}

/** Says on the console when tokens stop or begin to be durable. Silent at a start where all is well. */
function createPersistenceAnnouncer(language: Language, announce: (text: string) => void) {
  const words = wordsOf(language);
  let saidFault: KeeperStatus["fault"] = null;
  return (status: KeeperStatus): void => {
    if (status.fault !== null && status.fault !== saidFault) {
      announce(
        `${words.login.notDurable({ why: words.vault.why[status.fault], mend: words.vault.mend[status.fault] })}\n${words.vault.meanwhile}`,
      );
    } else if (status.durable && saidFault !== null) announce(words.vault.back);
    saidFault = status.fault;
  };
}

async function shutDown(app: App, listening: Listening, graceSeconds: number, log: Log): Promise<void> {
  log.info("stopping", { grace_s: graceSeconds });
  const ended = listening.stop();
  const cut = runtime.realClock.after(graceSeconds * 1000, () => {
    log.warning("streams_cut", {});
    listening.cut();
  });
  await ended;
  cut();
  await app.stop();
  log.info("stopped", {});
}

/** Serves until a signal ends it. Resolves the exit code. */
export async function serve(flags: Flags, spawnKeyringWorker: () => WorkerLike): Promise<number> {
  const config = await loadForCommand(flags);
  if (config === null) return EXIT_USAGE;
  const { settings } = config;
  const language = resolveLanguage(settings.language, runtime.locale());
  const words = wordsOf(language);
  const announce = (text: string): void => runtime.writeError(`${text}\n`);
  const { log, flush } = createLogger({
    level: settings.log_level,
    coloured: runtime.outputIsTerminal(),
    clock: runtime.realClock,
    write: runtime.writeOutput,
  });
  let url = "";
  const app = createApp({
    config,
    fetch: runtime.realFetch,
    clock: runtime.realClock,
    random: runtime.realRandom,
    log,
    announce,
    vault: createVault(config, spawnKeyringWorker),
    routeOf: runtime.createRouting(settings.ca_file),
    network: runtime.networkFingerprint,
    publicUrl: () => url,
    language,
    onPersistence: createPersistenceAnnouncer(language, announce),
  });

  let listening: Listening | null = null;
  let lock: StoreLock | null;
  try {
    listening = listen(settings.host, settings.port, app);
    ({ url } = listening);
    lock = lockStore(config, url);
  } catch (error) {
    listening?.cut();
    if (!(error instanceof CcbError)) throw error;
    announce(error.say(words));
    return EXIT_FAILURE;
  }
  const open = listening;
  log.info("listening", { url, pid: runtime.pid, config: config.file ?? "embedded" });
  const stopped = new Promise<void>((resolve) => {
    let signals = 0;
    runtime.onStopSignal(() => {
      signals += 1;
      if (signals > 1) {
        flush();
        runtime.exit(EXIT_FAILURE);
      }
      announce(words.cli.stopping({ seconds: settings.shutdown_grace_seconds }));
      void shutDown(app, open, settings.shutdown_grace_seconds, log).finally(resolve);
    });
  });
  app.start();
  void app.persistence.settled(BANNER_WAIT_MS).then(() => {
    runtime.writeError(banner({ app, config, words, url, coloured: runtime.errorIsTerminal() }));
  });
  void app.persistence.settled(KEYRING_PATIENCE_MS).then(() => {
    if (app.persistence.status()?.phase === "opening") announce(words.vault.waiting);
  });
  const rest = runtime.stayAlive();
  await stopped;
  rest();
  lock?.release();
  flush();
  return EXIT_OK;
}
