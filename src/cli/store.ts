// The store of accounts for a server: keyring or sealed files, the journal beside it, and the lock that keeps a second
// ccb from both.
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { SetAsideOf } from "../account/read-vault.ts";
import type { Config } from "../config/config.ts";
import { CcbError } from "../core/errors.ts";
import { createFileVault, holdsValues, setAsideName } from "../vault/file.ts";
import { createJournal } from "../vault/journal.ts";
import type { Journal } from "../vault/journal.ts";
import { createKeyringVault } from "../vault/keyring.ts";
import type { WorkerLike } from "../vault/keyring.ts";
import { acquireStoreLock, storeStem } from "../vault/lock.ts";
import type { StoreLock } from "../vault/lock.ts";
import { createPrivateFolder } from "../vault/private-folder.ts";
import { serviceName } from "../vault/service-name.ts";
import { createSplitVault } from "../vault/split.ts";
import { stateDirectory } from "../vault/state-directory.ts";
import { keyInVault, storeKey } from "../vault/store-key.ts";
import { VaultError } from "../vault/vault.ts";
import type { Vault } from "../vault/vault.ts";
import * as runtime from "./runtime.ts";

/** Windows Credential Manager takes 2,560 bytes of UTF-16 (facts/bun); some room is left. */
const WINDOWS_ENTRY_LENGTH = 1_200;
const JOURNAL_KEY = "journal-key";

export type StoreKind = Config["settings"]["oauth"]["store"];

export interface Store {
  /** null: everything stays in memory. */
  readonly vault: Vault | null;
  /** null: there is nothing to be written ahead of. */
  readonly journal: Journal | null;
  /** The path that a damaged file of this entry has now; null: it is where it was. */
  readonly setAsideOf: SetAsideOf;
  /**
   * Takes the store for this process; call it before the vault is used. Throws `store_held`. Where there can be no lock,
   * nothing would keep another ccb away: then the vault answers every call with fault `no_lock`.
   */
  lock(address: string): void;
  /** Lets the next process have it. */
  release(): void;
  /** Removes the folders of sealed files, of the journal and of the usage, with all that was set aside there. */
  removeFolders(): void;
}

/** A vault that is not touched while `refusal` gives a reason. */
function guarded(vault: Vault, refusal: () => string | null): Vault {
  async function allowed(): Promise<Vault> {
    const reason = refusal();
    if (reason !== null) throw new VaultError("no_lock", reason);
    return vault;
  }
  return {
    backend: vault.backend,
    get: async (name) => (await allowed()).get(name),
    set: async (name, value) => (await allowed()).set(name, value),
    delete: async (name) => (await allowed()).delete(name),
    list: async () => (await allowed()).list(),
    probe: async () => (await allowed()).probe(),
    close: () => vault.close(),
  };
}

export interface StorePlace {
  /** From `serviceName()`. */
  readonly service: string;
  /** Where the lock is. */
  readonly directory: string;
  /** Where the sealed files are. */
  readonly files: string;
  /** Where the sums of the usage are. */
  readonly usage: string;
  /** Where what is on its way is noted: each kind of store has its own key, so its own folder. */
  readonly journalOf: (kind: StoreKind) => string;
}

/** Where the store of this configuration and this person is. */
export function storePlace(config: Config): StorePlace {
  const service = serviceName(config.settings.oauth.service_name, runtime.userKey());
  const directory = stateDirectory(runtime.environment, runtime.platform, runtime.homeDirectory());
  const files = join(directory, storeStem(service));
  return { service, directory, files, usage: `${files}.usage`, journalOf: (kind) => `${files}.journal-${kind}` };
}

/** Which backend the configuration asks for. */
function storeKind({ settings: { oauth } }: Config): StoreKind {
  return oauth.enable_persistence ? oauth.store : "memory";
}

/** For the log: what went wrong with a file; `detail` never holds a value. */
export type Report = (event: string, detail: string) => void;
type Opened = Pick<Store, "vault" | "journal" | "setAsideOf">;

/** The backend itself, unlocked; nothing is touched yet. `looksOnly`: damaged files stay where they are. */
export function openStore(
  kind: StoreKind,
  place: StorePlace,
  spawn: () => WorkerLike,
  report: Report,
  looksOnly = false,
): Opened {
  if (kind === "memory") return { vault: null, journal: null, setAsideOf: () => null };
  const { service } = place;
  const random = runtime.realRandom;
  const uid = runtime.userId();
  const keyringCalls = createKeyringVault({ service, spawn, clock: runtime.realClock, random });
  const keyring = runtime.platform === "win32" ? createSplitVault(keyringCalls, WINDOWS_ENTRY_LENGTH) : keyringCalls;
  const files = createPrivateFolder(place.files, uid);
  const fileKey = () => storeKey({ env: runtime.environment, uid, keyring, random, inUse: () => holdsValues(files) });
  const journal = createJournal({
    folder: createPrivateFolder(place.journalOf(kind), uid),
    service,
    random,
    key: kind === "file" ? fileKey : () => keyInVault(keyring, JOURNAL_KEY, random, true),
    onTrouble: (what, detail) => report(`journal_${what}`, detail),
  });
  const vault =
    kind === "keyring"
      ? keyring
      : createFileVault({
          folder: files,
          service,
          key: fileKey,
          random,
          looksOnly,
          onSetAside: (file, detail) => report("store_file_set_aside", `${file}: ${detail}`),
          close: () => keyring.close(),
        });
  function setAsideOf(entry: string): string | null {
    const name = kind === "file" ? setAsideName(files, entry) : null;
    return name === null ? null : join(files.path, name);
  }
  return { vault, journal, setAsideOf };
}

/** Creates the store that the configuration asks for; nothing is touched yet. */
export function createStore(config: Config, spawn: () => WorkerLike, report: Report = () => {}): Store {
  const place = storePlace(config);
  const { vault, journal, setAsideOf } = openStore(storeKind(config), place, spawn, report);
  const removeFolders = (): void => {
    for (const folder of [place.files, place.journalOf("keyring"), place.journalOf("file"), place.usage])
      rmSync(folder, { recursive: true, force: true });
  };
  if (vault === null) return { vault, journal, setAsideOf, lock: () => {}, release: () => {}, removeFolders };
  let refusal: string | null = "not locked yet";
  let lock: StoreLock | null = null;
  /** What a folder that could not be written at the start is tried with again. */
  let lockLater: (() => void) | null = null;

  function takeLock(address: string): void {
    const { directory, service } = place;
    try {
      lock = acquireStoreLock({ directory, service, holder: { pid: runtime.pid, address } });
      refusal = null;
      lockLater = null;
    } catch (error) {
      if (!(error instanceof CcbError)) throw error;
      refusal = error.message;
      // Who starts beside another ccb ends; one that has served since then goes on from memory.
      if (error.code !== "vault_failed" && lockLater === null) throw error;
      lockLater = () => takeLock(address);
    }
  }

  return {
    vault: guarded(vault, () => {
      lockLater?.();
      return refusal;
    }),
    journal,
    setAsideOf,
    lock: takeLock,
    release: () => lock?.release(),
    removeFolders,
  };
}
