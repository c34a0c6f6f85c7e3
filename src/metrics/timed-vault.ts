// A vault whose every call is timed.
import type { Clock } from "../core/ports.ts";
import type { Vault } from "../vault/vault.ts";

type Operation = "get" | "set" | "delete" | "list" | "probe";

/** Wraps a vault. `observe` is told of each call that has ended; seconds. */
export function timeVault(
  vault: Vault,
  clock: Pick<Clock, "monotonic">,
  observe: (seconds: number, operation: Operation, result: "ok" | "error") => void,
): Vault {
  async function timed<Value>(operation: Operation, call: () => Promise<Value>): Promise<Value> {
    const began = clock.monotonic();
    let result: "ok" | "error" = "error";
    try {
      const value = await call();
      result = "ok";
      return value;
    } finally {
      observe((clock.monotonic() - began) / 1000, operation, result);
    }
  }
  return {
    backend: vault.backend,
    get: (name) => timed("get", () => vault.get(name)),
    set: (name, value) => timed("set", () => vault.set(name, value)),
    delete: (name) => timed("delete", () => vault.delete(name)),
    list: () => timed("list", () => vault.list()),
    probe: () => timed("probe", () => vault.probe()),
    close: () => vault.close(),
  };
}
