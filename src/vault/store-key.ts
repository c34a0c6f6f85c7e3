// The key of the sealed store: from systemd's credentials, from a file, or kept in the keyring.
import { readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { codeOf } from "../core/errors.ts";
import type { Random } from "../core/ports.ts";
import { saidFault } from "./said.ts";
import { KEY_LENGTH, SealKey } from "./seal.ts";
import { VaultError } from "./vault.ts";
import type { Vault } from "./vault.ts";

const CREDENTIAL = "ccb-store-key";
/** Others may not read it, nor may the group write to it. The group may read: systemd shows an ACL's mask there. */
const FORBIDDEN_MODE = 0o027;

/** The file that is to hold the key, or null where the keyring does. systemd's own wins: it is given to this service alone. */
export function storeKeyFile(env: Readonly<Record<string, string | undefined>>): string | null {
  const credentials = env["CREDENTIALS_DIRECTORY"];
  if (credentials !== undefined && isAbsolute(credentials)) {
    const file = join(credentials, CREDENTIAL);
    if (statSync(file, { throwIfNoEntry: false }) !== undefined) return file;
  }
  const named = env["CCB_STORE_KEY_FILE"];
  return named === undefined || named === "" ? null : named;
}

/** A new key, as text: 32 bytes in base64. */
export const newKeyText = (random: Random): string => random.bytes(KEY_LENGTH).toBase64();

/** The key in a text (base64 or hex, as `ccb store init` and `openssl rand` write it), or in 32 raw bytes; else null. */
export function parseKey(content: Uint8Array<ArrayBuffer>): SealKey | null {
  if (content.length === KEY_LENGTH) return new SealKey(content);
  const text = Buffer.from(content).toString("latin1").trim();
  if (/^[0-9a-fA-F]{64}$/.test(text)) return new SealKey(Uint8Array.from(Buffer.from(text, "hex")));
  if (/^[A-Za-z0-9+/]{43}=$/.test(text)) return new SealKey(Uint8Array.from(Buffer.from(text, "base64")));
  return null;
}

/** Rejects with `no_key` where the file is missing or holds none, and `foreign` where others could know or change it. */
function readKeyFile(file: string, uid: number | undefined): SealKey {
  try {
    const status = statSync(file);
    if (!status.isFile()) throw saidFault("no_key", (words) => words.vault.detail.notFile({ name: file }));
    if (uid !== undefined && status.uid !== uid && status.uid !== 0) {
      throw saidFault("foreign", (words) => words.vault.detail.ownedBy({ name: file, owner: status.uid }));
    }
    if (uid !== undefined && (status.mode & FORBIDDEN_MODE) !== 0) {
      throw saidFault("foreign", (words) => words.vault.detail.keyOpen({ file }));
    }
    const key = status.size > 4096 ? null : parseKey(new Uint8Array(readFileSync(file)));
    if (key === null) throw saidFault("no_key", (words) => words.vault.detail.noKeyIn({ file, bytes: KEY_LENGTH }));
    return key;
  } catch (error) {
    if (error instanceof VaultError) throw error;
    const code = codeOf(error);
    throw saidFault("no_key", (words) => words.vault.detail.cannot.read({ name: file, code }), { cause: error });
  }
}

/**
 * The key that the vault keeps under `name`, made there where there is none. `mayCreate` false: one that is missing is
 * an error, since values wait for it.
 */
export async function keyInVault(vault: Vault, name: string, random: Random, mayCreate: boolean): Promise<SealKey> {
  const found = await vault.get(name);
  if (found !== null) {
    const key = parseKey(new TextEncoder().encode(found));
    if (key === null) throw saidFault("wrong_key", (words) => words.vault.detail.keyringHoldsNoKey({ name }));
    return key;
  }
  if (!mayCreate) throw saidFault("wrong_key", (words) => words.vault.detail.keyringLacks({ name }));
  const made = newKeyText(random);
  await vault.set(name, made);
  return new SealKey(Uint8Array.from(Buffer.from(made, "base64")));
}

const IN_KEYRING = "store-key";

export interface StoreKeyDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number | undefined;
  readonly keyring: Vault;
  readonly random: Random;
  /** Whether anything was sealed already. */
  readonly inUse: () => boolean;
}

/**
 * The key of the sealed files. Rejects with `no_key` where there is none and nothing was stored, `wrong_key` where
 * something was, `foreign`, or as the keyring does.
 */
export async function storeKey({ env, uid, keyring, random, inUse }: StoreKeyDeps): Promise<SealKey> {
  try {
    const file = storeKeyFile(env);
    if (file !== null) return readKeyFile(file, uid);
    return await keyInVault(keyring, IN_KEYRING, random, !inUse());
  } catch (error) {
    if (!(error instanceof VaultError) || (error.fault !== "no_key" && error.fault !== "absent")) throw error;
    throw saidFault(inUse() ? "wrong_key" : "no_key", error.say, { cause: error });
  }
}
