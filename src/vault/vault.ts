// The persistence port: values by name, nothing of OAuth. A vault either did what was asked or says why not.

/**
 * absent: there is no keyring service at all (that is empty, not unreadable);
 * no_lock: the folder of the lock cannot be written, so the store is left alone;
 * locked: it is there and closed; silent: it is there and does not answer in time;
 * ambiguous: two entries match one name; full: there is no room; failed: anything else.
 */
export type VaultFault = "absent" | "no_lock" | "locked" | "silent" | "ambiguous" | "full" | "failed";

export class VaultError extends Error {
  override readonly name = "VaultError";
  readonly fault: VaultFault;

  constructor(fault: VaultFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

export interface Vault {
  /** What /health and /oauth/status call it. */
  readonly backend: "keyring" | "memory";
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
