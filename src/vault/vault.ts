// The persistence port: values by name, nothing of OAuth. A vault either did what was asked or says why not.

import type { Say } from "../core/errors.ts";

/**
 * absent: there is no keyring service at all (that is empty, not unreadable);
 * no_lock: the folder of the lock cannot be written, so the store is left alone;
 * locked: it is there and closed; silent: it is there and does not answer in time;
 * ambiguous: two entries match one name; full: there is no room; failed: anything else.
 * Of files alone: no_key: there is no key, and nothing was stored yet; wrong_key: what is stored was written with
 * another key, or its key is gone; foreign: others own it or may write to it, or a link stands in its place;
 * unwritable: full, read-only or forbidden; damaged: one value is cut short or was changed; newer: a newer ccb's.
 */
type FileFault = "no_key" | "wrong_key" | "foreign" | "unwritable" | "damaged" | "newer";
/** What a keyring itself can say. */
export type KeyringFault = "absent" | "locked" | "silent" | "ambiguous" | "full" | "failed";
export type VaultFault = KeyringFault | FileFault | "no_lock";

export class VaultError extends Error {
  override readonly name = "VaultError";
  readonly fault: VaultFault;
  /** The message in the words of whoever reads it; what no catalogue has is said as it is. */
  readonly say: Say;

  constructor(fault: VaultFault, message: string, options: ErrorOptions & { readonly say?: Say } = {}) {
    super(message, options);
    this.fault = fault;
    this.say = options.say ?? (() => message);
  }
}

export interface Vault {
  /** What /health and /oauth/status call it. */
  readonly backend: "keyring" | "file" | "memory";
  /** The value, or null where there is none. Rejects with VaultError. */
  get(name: string): Promise<string | null>;
  /** Resolves once the value is written and was read back equal. Rejects with VaultError. */
  set(name: string, value: string): Promise<void>;
  /** Removes the entry; one that is not there is no error. Rejects with VaultError. */
  delete(name: string): Promise<void>;
  /** The names that exist, best effort: only for repair, never for "there are none". Rejects with VaultError. */
  list(): Promise<readonly string[]>;
  /** Proves by a write, a read-back and a removal that values are kept. Rejects with VaultError. */
  probe(): Promise<void>;
  close(): void;
}
