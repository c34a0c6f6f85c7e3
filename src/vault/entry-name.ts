// Which names an entry may have, the same for every backend.
import { VaultError } from "./vault.ts";

/**
 * Rejects a name that a keyring would not keep as it is: they cut at NUL, and differ over letters beyond ASCII.
 * Throws VaultError `failed`.
 */
export function assertEntryName(name: string): void {
  if (/^[\x20-\x7e]+$/.test(name)) return;
  throw new VaultError("failed", "an entry's name must be printable ASCII and not empty");
}
