// Proof Key for Code Exchange (RFC 7636), method S256, and the state of RFC 6749 §10.12.
import type { Random } from "../core/ports.ts";
import { Secret } from "../core/secret.ts";
import { sha256 } from "../core/sha256.ts";

/** 32 random bytes as 43 characters: RFC 7636 §4.1 asks for at least that much entropy. */
const ENTROPY_BYTES = 32;

export interface Challenge {
  readonly verifier: Secret;
  /** base64url(SHA-256(verifier)), unpadded. */
  readonly challenge: string;
  /** Random by itself, never derived from the verifier: it is seen by the browser and the verifier must not be. */
  readonly state: string;
}

export function createChallenge(random: Random): Challenge {
  const verifier = Buffer.from(random.bytes(ENTROPY_BYTES)).toString("base64url");
  return {
    verifier: new Secret(verifier),
    challenge: sha256(verifier).toString("base64url"),
    state: Buffer.from(random.bytes(ENTROPY_BYTES)).toString("base64url"),
  };
}
