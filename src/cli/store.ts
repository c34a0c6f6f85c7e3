// The store of accounts for a server: the keyring of this user, and the lock that keeps a second ccb from it.
import type { Config } from "../config/config.ts";
import { CcbError } from "../core/errors.ts";
import { createKeyringVault } from "../vault/keyring.ts";
import type { WorkerLike } from "../vault/keyring.ts";
import { acquireStoreLock } from "../vault/lock.ts";
import type { StoreLock } from "../vault/lock.ts";
import { serviceName } from "../vault/service-name.ts";
import { createSplitVault } from "../vault/split.ts";
import { stateDirectory } from "../vault/state-directory.ts";
import { VaultError } from "../vault/vault.ts";
import type { Vault } from "../vault/vault.ts";
import * as runtime from "./runtime.ts";

/** Windows Credential Manager takes 2,560 bytes of UTF-16 (facts/bun); some room is left. */
const WINDOWS_ENTRY_LENGTH = 1_200;

export interface Store {
  /** null: everything stays in memory (`enable_persistence: false`). */
  readonly vault: Vault | null;
  /**
   * Takes the store for this process; call it before the vault is used. Throws `store_held`. Where there can be no lock,
   * nothing would keep another ccb away: then the vault answers every call with fault `no_lock`.
   */
  lock(address: string): void;
  /** Lets the next process have it. */
  release(): void;
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

/** Creates the store that the configuration asks for; nothing is touched yet. */
export function createStore(config: Config, spawn: () => WorkerLike): Store {
  const { enable_persistence, service_name } = config.settings.oauth;
  if (!enable_persistence) return { vault: null, lock: () => {}, release: () => {} };
  const service = serviceName(service_name, runtime.userKey());
  const keyring = createKeyringVault({ service, spawn, clock: runtime.realClock, random: runtime.realRandom });
  const vault = runtime.platform === "win32" ? createSplitVault(keyring, WINDOWS_ENTRY_LENGTH) : keyring;
  let refusal: string | null = "not locked yet";
  let lock: StoreLock | null = null;
  return {
    vault: guarded(vault, () => refusal),
    lock(address) {
      const directory = stateDirectory(runtime.environment, runtime.platform, runtime.homeDirectory());
      try {
        lock = acquireStoreLock({ directory, service, holder: { pid: runtime.pid, address } });
        refusal = null;
      } catch (error) {
        if (!(error instanceof CcbError) || error.code !== "vault_failed") throw error;
        refusal = error.message;
      }
    },
    release: () => lock?.release(),
  };
}
