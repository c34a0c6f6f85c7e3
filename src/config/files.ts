// Reads a file of the configuration, if it is one that only its owner can have written, and tells when it is another.
import { open, stat } from "node:fs/promises";

import { codeOf } from "../core/errors.ts";
import type { Say } from "../core/errors.ts";

export const MAX_FILE_BYTES = 1_048_576;

type FileRead =
  | { readonly kind: "missing" }
  | { readonly kind: "refused"; readonly say: Say }
  | { readonly kind: "text"; readonly text: string };

const GROUP_OR_OTHERS_WRITE = 0o022;

/** Why a file with this owner and mode is not believed, or null. `uid` undefined: a system without owners (Windows). */
export function refuseOwnership(path: string, owner: number, mode: number, uid: number | undefined): Say | null {
  if (uid === undefined) return null;
  if (owner !== uid && owner !== 0) return (words) => words.config.fileOwner(path);
  if ((mode & GROUP_OR_OTHERS_WRITE) !== 0) return (words) => words.config.fileWritable(path);
  return null;
}

/** Reads a configuration file as this user. Never rejects: what went wrong is in the result. */
export async function readConfigFile(path: string, uid: number | undefined): Promise<FileRead> {
  const refused = (say: Say): FileRead => ({ kind: "refused", say });
  try {
    // Asked before opening, since opening a pipe would wait for its writer.
    if (!(await stat(path)).isFile()) return refused((words) => words.config.fileNotRegular);
    await using handle = await open(path, "r");
    // Asked of the open file: what was looked at is what is read.
    const status = await handle.stat();
    const distrust = refuseOwnership(path, status.uid, status.mode, uid);
    if (distrust !== null) return refused(distrust);
    if (status.size > MAX_FILE_BYTES) return refused((words) => words.config.fileTooLarge(MAX_FILE_BYTES));
    const bytes = await handle.readFile();
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { kind: "missing" };
    if (error instanceof TypeError) return refused((words) => words.config.fileNotUtf8);
    return refused((words) => words.config.fileUnreadable(code));
  }
}

/**
 * A text that differs when another file, or another text, is behind a path: of what the path resolves to, through links.
 * null: nothing is there. Owner and mode count too: a file that was refused for them can be mended. Rejects as stat does.
 */
export async function fingerprintOf(path: string): Promise<string | null> {
  try {
    const { dev, ino, size, mtimeNs, mode, uid } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, mode, uid].join(" ");
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw error;
  }
}

/** Whether a file can be read and holds a certificate in PEM form. */
export async function holdsCertificates(path: string): Promise<boolean> {
  try {
    if (!(await stat(path)).isFile()) return false;
    await using handle = await open(path, "r");
    return (await handle.readFile("utf8")).includes("-----BEGIN CERTIFICATE-----");
  } catch {
    return false;
  }
}
