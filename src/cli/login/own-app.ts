// Where no server runs: the same application without a door, for the time of one sign-in, over the same store.
import { createApp } from "../../app.ts";
import { CcbError } from "../../core/errors.ts";
import type { Language } from "../../core/language.ts";
import type { Log } from "../../core/ports.ts";
import type { Config } from "../../config/config.ts";
import { CALLBACK_PATH } from "../../http/callback.ts";
import { pathOf } from "../../http/proxy.ts";
import type { WorkerLike } from "../../vault/keyring.ts";
import { createClient } from "../client.ts";
import type { Client } from "../client.ts";
import * as runtime from "../runtime.ts";
import { startLoopback } from "../server.ts";
import { createStore } from "../store.ts";

/** How long a keyring may take to open, milliseconds: as long as requests wait for it. */
const STORE_WAIT_MS = 5_000;
const SILENT: Log = { debug: () => {}, info: () => {}, warning: () => {}, error: () => {} };
/** It is the process itself that asks. */
const ITSELF = { socket: true, peer: () => null };

export interface OwnApp {
  readonly client: Client;
  /** Writes what is left and lets the store go, once. Resolves true where all of it is kept. */
  close(): Promise<boolean>;
}

/**
 * Opens the store of this configuration. Rejects with `store_held` where a ccb uses it, and with `keyring_unreadable`
 * where an account could not be kept in it.
 */
export async function openOwnApp(config: Config, spawn: () => WorkerLike, language: Language): Promise<OwnApp> {
  const store = createStore(config, spawn);
  if (store.vault === null) throw new CcbError("keyring_unreadable", (words) => words.signIn.memoryOnly);
  const { oauth, usage, notify } = config.settings;
  // The tokens of others are not this command's to refresh, there is nothing to count, and its owner is right here.
  const settings = {
    ...config.settings,
    oauth: { ...oauth, enable_auto_refresh: false },
    usage: { ...usage, enabled: false },
    notify: { ...notify, webhook: null, desktop: "off" as const },
  };
  let port = 0;
  const app = createApp({
    config: { ...config, settings },
    load: () => Promise.resolve({ ok: true, config }),
    fetch: runtime.realFetch,
    clock: runtime.realClock,
    houseClock: runtime.realClock,
    random: runtime.realRandom,
    log: SILENT,
    announce: () => {},
    vault: store.vault,
    journal: store.journal,
    usageFiles: null,
    residentBytes: runtime.residentBytes,
    releaseMemory: runtime.releaseMemory,
    desktop: runtime.desktop,
    routing: runtime.createRouting,
    network: runtime.networkFingerprint,
    publicUrl: () => "http://localhost",
    callbackUrl: () => `http://localhost:${port}${CALLBACK_PATH}`,
    loginCommand: "ccb login",
    language,
    onPersistence: () => {},
    onConfig: () => {},
  });
  const handle = (request: Request): Promise<Response> => app.handle(request, () => {}, ITSELF);
  let closed: Promise<boolean> | null = null;
  async function shut(): Promise<boolean> {
    await app.stop();
    store.release();
    return app.persistence.status()?.durable ?? false;
  }
  const close = (): Promise<boolean> => (closed ??= shut());

  store.lock("ccb login");
  app.start();
  await app.persistence.settled(STORE_WAIT_MS);
  const status = app.persistence.status();
  if (status?.phase !== "open" || status.fault !== null) {
    const fault = status?.fault ?? "silent";
    await close();
    throw new CcbError("keyring_unreadable", (words) =>
      words.signIn.storeShut({ why: words.vault.why[fault], mend: words.vault.mend[fault] }),
    );
  }
  // A browser finds the callback here, and nothing else.
  const loopback = startLoopback((request) =>
    pathOf(request.url) === CALLBACK_PATH && /^localhost:\d+$/i.test(request.headers.get("host") ?? "")
      ? handle(request)
      : Promise.resolve(new Response(null, { status: 404 })),
  );
  ({ port } = loopback);
  return {
    client: createClient({
      fetch: (url, { method = "GET", headers, body = null, signal }) =>
        handle(
          new Request(url, {
            method,
            ...(headers === undefined ? {} : { headers }),
            body,
            ...(signal === undefined ? {} : { signal }),
          }),
        ),
      clock: runtime.realClock,
      base: "http://localhost:9090",
      key: null,
      socket: null,
      language,
    }),
    async close() {
      await loopback.stop();
      return close();
    },
  };
}
