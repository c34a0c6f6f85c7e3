// One process per persistent store: two would refresh the same tokens and lock each other out.
import { Database, SQLiteError } from "bun:sqlite";
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { CcbError, codeOf } from "../core/errors.ts";
import { sha256 } from "../core/sha256.ts";

const Holder = Type.Object({ pid: Type.Integer(), address: Type.String({ maxLength: 300 }) });
/** Who holds the store: process id, and the address it serves. */
type Holder = Static<typeof Holder>;

export interface StoreLock {
  /** Lets the store go; harmless afterwards. Keep the lock referenced until then. */
  release(): void;
}

export interface StoreLockOptions {
  /** From `stateDirectory()`; created for this person alone where it is missing. */
  readonly directory: string;
  /** From `serviceName()`. */
  readonly service: string;
  readonly holder: Holder;
}

/** A file name for any service: readable, and told apart by its hash where letters were replaced or case is ignored. */
export function storeStem(service: string): string {
  const readable = service.replaceAll(/[^A-Za-z0-9._-]+/g, "-").slice(0, 60);
  return `store-${readable}-${sha256(service).toString("hex").slice(0, 12)}`;
}

/** The holder's own words, or null where it has not written them yet. */
function readHolder(path: string): Holder | null {
  try {
    const text: unknown = JSON.parse(readFileSync(path, "utf8"));
    return Value.Check(Holder, text) ? text : null;
  } catch {
    return null;
  }
}

/** Beside the lock, not in it: its holder keeps readers out. Renamed into place, so nobody reads half of it. */
function writeHolder(path: string, holder: Holder): void {
  const unfinished = `${path}.${holder.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  renameSync(unfinished, path);
}

/** SQLite's exclusive transaction: a lock of the operating system on the file, gone when the process is, however it ends. */
function lockFile(path: string): Database {
  closeSync(openSync(path, "a", 0o600));
  const database = new Database(path);
  try {
    database.run("PRAGMA busy_timeout = 0");
    database.run("PRAGMA locking_mode = EXCLUSIVE");
    database.run("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Takes the store of `service`, or throws at once: CcbError `store_held`, which says which process holds it, or
 * `vault_failed` where the directory cannot be made or written. The lock file stays; only its lock counts.
 */
export function acquireStoreLock({ directory, service, holder }: StoreLockOptions): StoreLock {
  const path = join(directory, `${storeStem(service)}.lock`);
  const holderPath = join(directory, `${storeStem(service)}.json`);
  let database: Database | undefined;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    database = lockFile(path);
    writeHolder(holderPath, holder);
  } catch (cause) {
    database?.close();
    if (cause instanceof SQLiteError && cause.code?.startsWith("SQLITE_BUSY")) {
      const other = readHolder(holderPath);
      throw new CcbError("store_held", (words) => words.vault.storeHeld(other), { cause });
    }
    const reason = codeOf(cause);
    throw new CcbError("vault_failed", (words) => words.vault.lockFailed(directory, reason), {
      cause,
    });
  }
  const held = database;
  let released = false;
  return {
    release() {
      if (released) return;
      released = true;
      rmSync(holderPath, { force: true }); // first: afterwards the file may be the next holder's
      held.close();
    },
  };
}
