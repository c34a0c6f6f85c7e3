// How a call to a vault ended.
import { VaultError } from "../../src/vault/vault.ts";

/**
 * The fault that a call ends with, "none" where it succeeds. Not `expect(call).rejects`: Bun's waits there and then,
 * and a test's clock or script would never move.
 */
export function faultOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "none",
    (error: unknown) => (error instanceof VaultError ? error.fault : `not a VaultError: ${String(error)}`),
  );
}
