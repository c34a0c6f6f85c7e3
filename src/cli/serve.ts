// ccb serve: from the configuration to a listening server, and its orderly end.
import { createApp } from "../app.ts";
import type { App } from "../app.ts";
import { fingerprintOf } from "../config/files.ts";
import { userConfigFile } from "../config/locate.ts";
import type { Flags } from "../config/overrides.ts";
import { createFileWatch } from "../config/watch.ts";
import { CcbError } from "../core/errors.ts";
import { resolveLanguage, wordsOf } from "../core/language.ts";
import type { Language } from "../core/language.ts";
import type { Log } from "../core/ports.ts";
import type { KeeperStatus } from "../account/keeper.ts";
import { describeDamage } from "../http/persistence-status.ts";
import type { Vault } from "../vault/vault.ts";
import type { WorkerLike } from "../vault/keyring.ts";
import { banner } from "./banner.ts";
import { colouredError, colouredOutput } from "./colours.ts";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE, load, loadForCommand, whereabouts } from "./configuration.ts";
import { commandFor } from "./login/command-line.ts";
import { listen } from "./listen.ts";
import type { Listening } from "./listen.ts";
import { watchDescriptors } from "./descriptors.ts";
import { createLogger } from "./logger.ts";
import * as runtime from "./runtime.ts";
import { onSignals } from "./signals.ts";
import { createDatagramSender } from "./service/datagram.ts";
import { createNotifier } from "./service/notify.ts";
import { stopSeconds } from "./service/plan.ts";
import { createStore } from "./store.ts";
import { createUsageFiles } from "./usage-files.ts";
import { watchFolderOf } from "./watch-folder.ts";

/** The banner waits this long for the keyring, so that it can say who is signed in; requests do not wait for it. */
const BANNER_WAIT_MS = 1_500;
/** A keyring that opened by then was only slow; one that did not is worth a word. */
const KEYRING_PATIENCE_MS = 5_000;

/** Says on the console when tokens stop or begin to be durable. Silent at a start where all is well. */
function createPersistenceAnnouncer(
  language: Language,
  announce: (text: string) => void,
  backend: Vault["backend"] | undefined,
) {
  const words = wordsOf(language);
  const { meanwhile, back } = backend === "file" ? words.store : words.vault;
  let saidFault: KeeperStatus["fault"] = null;
  return (status: KeeperStatus): void => {
    if (status.fault !== null && status.fault !== saidFault) {
      announce(
        `${words.login.notDurable({ why: words.vault.why[status.fault], mend: words.vault.mend[status.fault] })}\n${meanwhile}`,
      );
    } else if (status.durable && saidFault !== null) announce(back);
    saidFault = status.fault;
  };
}

async function shutDown(app: App, listening: Listening, graceSeconds: number, log: Log): Promise<void> {
  log.info("stopping", { grace_s: graceSeconds });
  app.drain();
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

/** A saved file is loaded by itself. Gives back what ends the watch. */
function watchConfiguration(file: string | null, app: App): () => void {
  // Without a file the embedded one is in force: `ccb init` may write one.
  const path = file ?? userConfigFile(whereabouts());
  return createFileWatch({
    clock: runtime.houseClock,
    stat: fingerprintOf,
    hear: watchFolderOf,
    path,
    onChange: () => void app.reload(),
  });
}

/** Serves until a signal ends it. Resolves the exit code. */
export async function serve(flags: Flags, spawnKeyringWorker: () => WorkerLike): Promise<number> {
  const config = await loadForCommand(flags);
  if (config === null) return EXIT_USAGE;
  const { settings } = config;
  const language = resolveLanguage(settings.language, runtime.locale());
  const words = wordsOf(language);
  const announce = (text: string): void => runtime.writeError(`${text}\n`);
  const { log, flush, setLevel } = createLogger({
    level: settings.log_level,
    coloured: colouredOutput,
    clock: runtime.realClock,
    write: runtime.writeOutput,
  });
  const store = createStore(config, spawnKeyringWorker, (event, detail) => log.warning(event, { detail }));
  let url = "";
  let curl = "";
  let listening: Listening | null = null;
  const app = createApp({
    config,
    load: () => load(flags),
    fetch: runtime.realFetch,
    clock: runtime.realClock,
    houseClock: runtime.houseClock,
    random: runtime.realRandom,
    log,
    announce,
    vault: store.vault,
    journal: store.journal,
    usageFiles: createUsageFiles(config),
    residentBytes: runtime.residentBytes,
    releaseMemory: runtime.releaseMemory,
    desktop: runtime.desktop,
    routing: runtime.createRouting,
    network: runtime.networkFingerprint,
    publicUrl: () => curl,
    callbackUrl: () => listening?.callback ?? null,
    loginCommand: commandFor("login", flags, runtime.workingDirectory()),
    language,
    setAsideOf: store.setAsideOf,
    onDamaged: (damaged) => {
      const { text, advice } = describeDamage(damaged, words);
      announce(`${text}\n${advice}`);
    },
    onPersistence: createPersistenceAnnouncer(language, announce, store.vault?.backend),
    onConfig: (next) => setLevel(next.settings.log_level),
  });

  void runtime.startFetchThread();
  try {
    listening = await listen(settings, app);
    ({ url, curl } = listening);
    store.lock(url);
  } catch (error) {
    listening?.cut();
    if (!(error instanceof CcbError)) throw error;
    announce(error.say(words));
    return EXIT_FAILURE;
  }
  const open = listening;
  runtime.tolerateClosedOutput();
  log.info("listening", { url, pid: runtime.pid, config: config.file ?? "embedded" });
  const notifier = createNotifier({
    env: runtime.environment,
    pid: runtime.pid,
    clock: runtime.realClock,
    open: createDatagramSender,
  });
  const stopLooking = watchDescriptors({
    clock: runtime.houseClock,
    log,
    rest: runtime.rest,
    onShort: () => announce(words.cli.noDescriptors),
  });
  const stopped = new Promise<void>((resolve) => {
    let signals = 0;
    function stop(): void {
      signals += 1;
      if (signals > 1) {
        flush();
        runtime.exit(EXIT_FAILURE);
      }
      stopLooking();
      notifier.stopping(stopSeconds(settings.shutdown_grace_seconds));
      void shutDown(app, open, settings.shutdown_grace_seconds, log).finally(resolve);
      // Who reads this finds that nobody listens any more.
      announce(words.cli.stopping({ seconds: settings.shutdown_grace_seconds }));
    }
    onSignals({ stop, reload: () => void app.reload() });
  });
  app.start();
  notifier.ready(url);
  void app.persistence.settled(BANNER_WAIT_MS).then(() => {
    runtime.writeError(banner({ app, config, words, url, coloured: colouredError() }));
  });
  void app.persistence.settled(KEYRING_PATIENCE_MS).then(() => {
    if (app.persistence.status()?.phase === "opening") announce(words.vault.waiting);
  });
  const stopWatching = watchConfiguration(config.file, app);
  const rest = runtime.stayAlive();
  await stopped;
  rest();
  notifier.close();
  stopWatching();
  store.release();
  flush();
  return EXIT_OK;
}
