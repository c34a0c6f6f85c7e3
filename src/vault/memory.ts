// Values that live as long as the process: where there is no keyring, or none is wanted.
import { assertEntryName } from "./entry-name.ts";
import type { Vault } from "./vault.ts";

/** A vault in memory, with `initial` in it. It rejects nothing but impossible names. */
export function createMemoryVault(initial: Readonly<Record<string, string>> = {}): Vault {
  const values = new Map(Object.entries(initial));
  return {
    backend: "memory",
    async get(name) {
      assertEntryName(name);
      return values.get(name) ?? null;
    },
    async set(name, value) {
      assertEntryName(name);
      values.set(name, value);
    },
    async delete(name) {
      assertEntryName(name);
      values.delete(name);
    },
    list: async () => [...values.keys()],
    probe: async () => {},
    close: () => {},
  };
}
