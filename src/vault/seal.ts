// The sealed form of a value: AES-256-GCM, bound to its place, with a header that tells a wrong key, a newer version and
// a torn file apart. A fresh random nonce for every value: at a few thousand writes a year far from the 2³² that
// NIST SP 800-38D §8.3 allows one key.
import type { webcrypto } from "node:crypto";
import { builtin } from "../core/builtin.ts";
import type { Random } from "../core/ports.ts";
import { sha256 } from "../core/sha256.ts";
import { saidFault } from "./said.ts";

const MAGIC = new TextEncoder().encode("ccb-seal");
const VERSION = 1;
const KEY_ID_LENGTH = 8;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
// magic, version, key id, nonce, length of what follows (32 bits, big endian)
const VERSION_AT = MAGIC.length;
const KEY_ID_AT = VERSION_AT + 1;
const NONCE_AT = KEY_ID_AT + KEY_ID_LENGTH;
const LENGTH_AT = NONCE_AT + NONCE_LENGTH;
const HEADER_LENGTH = LENGTH_AT + 4;
/** A stored value is a few kilobytes; what claims to be more is not read. */
export const SEALED_LIMIT = 16 * 1024 * 1024;

export const KEY_LENGTH = 32;
type Bytes = Uint8Array<ArrayBuffer>;

/** A key of 32 bytes that does not show itself. */
export class SealKey {
  readonly #bytes: Bytes;
  readonly #imported: Promise<webcrypto.CryptoKey>;
  /** Tells keys apart without telling a key. */
  readonly id: Bytes;

  constructor(bytes: Bytes) {
    if (bytes.length !== KEY_LENGTH) throw new RangeError(`a key has ${KEY_LENGTH} bytes`);
    this.#bytes = bytes.slice();
    this.id = new Uint8Array(sha256("ccb-seal key id\0", bytes).subarray(0, KEY_ID_LENGTH));
    // For sealNow: what must be written at once does not wait until the module is loaded.
    builtin.crypto();
    this.#imported = builtin.subtle().importKey("raw", this.#bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  }

  imported(): Promise<webcrypto.CryptoKey> {
    return this.#imported;
  }

  reveal(): Bytes {
    return this.#bytes;
  }
}

function header(key: SealKey, random: Random, plainLength: number): Bytes {
  const head = new Uint8Array(HEADER_LENGTH);
  head.set(MAGIC);
  head[VERSION_AT] = VERSION;
  head.set(key.id, KEY_ID_AT);
  head.set(random.bytes(NONCE_LENGTH), NONCE_AT);
  new DataView(head.buffer).setUint32(LENGTH_AT, plainLength + TAG_LENGTH);
  return head;
}

const nonceOf = (head: Bytes): Bytes => head.slice(NONCE_AT, LENGTH_AT);
/** What is proven beside the value: the header, and the place, so that no sealed value passes for another. */
const bound = (head: Bytes, place: string): Bytes =>
  new Uint8Array(Buffer.concat([head.subarray(0, HEADER_LENGTH), Buffer.from(place, "utf8")]));

/** Seals `text` for `place`, any string that names where it will be looked for. */
export async function seal(key: SealKey, random: Random, place: string, text: string): Promise<Bytes> {
  const plain = new TextEncoder().encode(text);
  const head = header(key, random, plain.length);
  const algorithm = { name: "AES-GCM", iv: nonceOf(head), additionalData: bound(head, place) };
  const sealed = await builtin.subtle().encrypt(algorithm, await key.imported(), plain);
  return new Uint8Array(Buffer.concat([head, new Uint8Array(sealed)]));
}

/** The same in this very turn of the event loop, for what must be written before anything else can happen. */
export function sealNow(key: SealKey, random: Random, place: string, text: string): Bytes {
  const plain = new TextEncoder().encode(text);
  const head = header(key, random, plain.length);
  const cipher = builtin.crypto().createCipheriv("aes-256-gcm", key.reveal(), nonceOf(head));
  cipher.setAAD(bound(head, place));
  return new Uint8Array(Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
}

/**
 * The text that was sealed for `place`. Rejects with VaultError: `newer` (another version), `wrong_key`, or `damaged`
 * (no sealed value at all, cut short, lengthened, changed, or sealed for another place).
 */
export async function unseal(key: SealKey, place: string, bytes: Bytes): Promise<string> {
  const shared = Math.min(MAGIC.length, bytes.length);
  if (bytes.length === 0 || !Buffer.from(bytes.subarray(0, shared)).equals(MAGIC.subarray(0, shared))) {
    throw saidFault("damaged", (words) => words.vault.detail.notSealed);
  }
  const version = bytes[VERSION_AT];
  if (version !== undefined && version !== VERSION) {
    throw saidFault("newer", (words) => words.vault.detail.sealedNewer({ version, known: VERSION }));
  }
  if (bytes.length < HEADER_LENGTH) throw saidFault("damaged", (words) => words.vault.detail.cutShort);
  if (!Buffer.from(bytes.subarray(KEY_ID_AT, NONCE_AT)).equals(key.id)) {
    throw saidFault("wrong_key", (words) => words.vault.detail.otherKey);
  }
  const expected = new DataView(bytes.buffer, bytes.byteOffset).getUint32(LENGTH_AT);
  const found = bytes.length - HEADER_LENGTH;
  if (found !== expected) throw saidFault("damaged", (words) => words.vault.detail.otherLength({ found, expected }));
  const algorithm = { name: "AES-GCM", iv: nonceOf(bytes), additionalData: bound(bytes, place) };
  try {
    const plain = await builtin.subtle().decrypt(algorithm, await key.imported(), bytes.slice(HEADER_LENGTH));
    return new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch (cause) {
    throw saidFault("damaged", (words) => words.vault.detail.changed, { cause });
  }
}
