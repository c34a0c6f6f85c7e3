// The certificate and its key: whether they are there and belong together.
import { readFile, stat } from "node:fs/promises";
import { platform } from "node:os";
import { builtin } from "../core/builtin.ts";
import { codeOf } from "../core/errors.ts";
import type { Say } from "../core/errors.ts";

export interface TlsPaths {
  readonly cert: string;
  readonly key: string;
}

/** Of a key: everybody on the machine may read it. A group of its own is how several servers share one. */
const OTHERS_MAY_READ = 0o004;

/** `keyShared`: others may read the key. */
export type TlsCheck =
  | { readonly fingerprint: string; readonly keyShared?: boolean }
  | { readonly faulty: "cert" | "key"; readonly say: Say };

async function isShared(path: string): Promise<boolean> {
  // Windows keeps no such modes; Bun makes some up.
  if (platform() === "win32") return false;
  const status = await stat(path).catch(() => null);
  return status !== null && (status.mode & OTHERS_MAY_READ) !== 0;
}

async function read(path: string): Promise<string | Say> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = codeOf(error);
    return (words) => words.config.fileUnreadable(code);
  }
}

function attempt<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}

/** Reads both files and holds them against each other. Never rejects. The fingerprint is the certificate's SHA-256. */
export async function checkTlsFiles({ cert, key }: TlsPaths): Promise<TlsCheck> {
  const [certText, keyText] = [await read(cert), await read(key)];
  if (typeof certText === "function") return { faulty: "cert", say: certText };
  if (typeof keyText === "function") return { faulty: "key", say: keyText };
  const certificate = attempt(() => new (builtin.crypto().X509Certificate)(certText));
  if (certificate === null) return { faulty: "cert", say: (words) => words.access.noCertificate };
  const privateKey = attempt(() => builtin.crypto().createPrivateKey(keyText));
  if (privateKey === null) return { faulty: "key", say: (words) => words.access.noPrivateKey };
  if (!certificate.checkPrivateKey(privateKey)) return { faulty: "key", say: (words) => words.access.keyOfAnother };
  return { fingerprint: certificate.fingerprint256, keyShared: await isShared(key) };
}
