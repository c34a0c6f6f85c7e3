// SHA-256 (FIPS 180-4). By Bun's own class: node:crypto brings all streams along, and the start waits for none of them.

/** The 32 bytes of the digest of all pieces in a row, texts as UTF-8. */
export function sha256(...pieces: readonly (string | Uint8Array)[]): Buffer {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const piece of pieces) hasher.update(piece);
  return hasher.digest();
}
