// A vault that a test can lock, hang, fill up or take away, as a whole or for one entry, and that records what it is asked.
import { VaultError } from "../../src/vault/vault.ts";
import type { Vault, VaultFault } from "../../src/vault/vault.ts";

/** open: it works; hang: no answer until the mode changes; a fault: every call is refused so. */
export type VaultMode = "open" | "hang" | VaultFault;

export interface ScriptedVault extends Vault {
  /** What it holds. */
  readonly values: Map<string, string>;
  /** "set account:1", "get index", … in the order in which they were asked for. */
  readonly operations: readonly string[];
  readonly closed: boolean;
  /** For every call from now on, and for those that hang. */
  mode(mode: VaultMode): void;
  /** For the calls on one entry, whatever the mode; undefined: as the rest. */
  entryMode(name: string, mode: VaultMode | undefined): void;
  /** An entry, read as JSON. */
  json(name: string): any; // oxlint-disable-line typescript/no-explicit-any
}

/** Holds `initial`; works until told otherwise. */
export function createScriptedVault(initial: Readonly<Record<string, string>> = {}): ScriptedVault {
  const values = new Map(Object.entries(initial));
  const operations: string[] = [];
  const byEntry = new Map<string, VaultMode>();
  const waiting = new Set<() => void>();
  let whole: VaultMode = "open";
  let closed = false;

  const wake = (): void => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };

  async function answer<T>(operation: string, name: string, work: () => T): Promise<T> {
    operations.push(name === "" ? operation : `${operation} ${name}`);
    for (;;) {
      if (closed) throw new VaultError("failed", "the vault was closed");
      const mode = byEntry.get(name) ?? whole;
      if (mode === "open") return work();
      if (mode !== "hang") throw new VaultError(mode, `scripted: ${mode}`);
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  }

  return {
    backend: "keyring",
    values,
    operations,
    get closed() {
      return closed;
    },
    mode(mode) {
      whole = mode;
      wake();
    },
    entryMode(name, mode) {
      if (mode === undefined) byEntry.delete(name);
      else byEntry.set(name, mode);
      wake();
    },
    json: (name) => JSON.parse(values.get(name) ?? "null"),
    get: (name) => answer("get", name, () => values.get(name) ?? null),
    set: (name, value) => answer("set", name, () => void values.set(name, value)),
    delete: (name) => answer("delete", name, () => void values.delete(name)),
    list: () => answer("list", "", () => [...values.keys()]),
    probe: () => answer("probe", "", () => {}),
    close() {
      closed = true;
      wake();
    },
  };
}
