// The keys of those who may call: digests alone, compared in constant time.
import type { ClientKey } from "../config/config.ts";
import { builtin } from "../core/builtin.ts";
import type { Secret } from "../core/secret.ts";
import { sha256 } from "../core/sha256.ts";

export interface Keys {
  /** There are none: nothing that is presented can be one. */
  readonly empty: boolean;
  /** Whose key it is; null: nobody's. Every key is compared, whichever fits: the time says nothing about any of them. */
  find(presented: Secret): ClientKey | null;
}

/** The SHA-256 of a key as `key_sha256` has it. */
export const toKeyDigest = (key: Secret): string => sha256(key.reveal()).toString("hex");

/** Takes the digests of the keys; the keys themselves are not kept. */
export function createKeys(keys: readonly ClientKey[]): Keys {
  const known = keys.map((key) => {
    const { kind, text } = key.secret;
    return { key, digest: kind === "key" ? sha256(text.reveal()) : Buffer.from(text.reveal(), "hex") };
  });
  return {
    empty: known.length === 0,
    find(presented) {
      if (known.length === 0) return null;
      const { timingSafeEqual } = builtin.crypto();
      const digest = sha256(presented.reveal());
      let found: ClientKey | null = null;
      for (const { key, digest: own } of known) if (timingSafeEqual(own, digest)) found = key;
      return found;
    },
  };
}
