// A folder of this person alone: made, checked, and written so that each file is whole or not there.
import { chmodSync, closeSync, constants, fchmodSync, fstatSync, fsync, lstatSync, mkdirSync, openSync } from "node:fs";
import { readdirSync, readSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { builtin } from "../core/builtin.ts";
import { codeOf } from "../core/errors.ts";
import type { Words } from "../core/words/en.ts";
import { saidFault } from "./said.ts";
import { SEALED_LIMIT } from "./seal.ts";
import { VaultError } from "./vault.ts";
import type { VaultFault } from "./vault.ts";

const OTHERS_MAY_WRITE = 0o022;
const UNWRITABLE = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "ENOMEM"]);
const NO_ROOM_TO_LOOK = new Set(["ELOOP", "ENOTDIR", "EACCES", "EPERM", "EISDIR"]);
// Windows has neither; there the user's profile keeps others out.
const NOFOLLOW = constants.O_NOFOLLOW ?? 0;
const UNFINISHED = ".unfinished";

/**
 * All calls throw or reject with VaultError: `foreign` where others own the folder or a file, `unwritable`, or `failed`.
 * What is small and must not be interrupted is synchronous; waiting for the disk is not.
 */
export interface PrivateFolder {
  readonly path: string;
  /**
   * Makes the folder and the file where they are missing, and sees that both are this person's alone: for who opens the
   * file by its path. Gives that path.
   */
  claim(name: string): string;
  /** The file's bytes, or null where there is none. */
  read(name: string): Uint8Array<ArrayBuffer> | null;
  /** Temporary file, fsync, rename, fsync of the folder. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Safe from the end of the process when it returns; from a power cut a moment later. */
  writeNow(name: string, bytes: Uint8Array): void;
  remove(name: string): Promise<void>;
  /** As `writeNow`. */
  removeNow(name: string): void;
  /** Renames a file that must not be lost and is of no use; gives its new name. Null where it is gone already. */
  setAside(name: string): string | null;
  /** The names of the whole files. */
  list(): readonly string[];
  /** Removes what an earlier process did not finish. Only for who holds the store's lock. */
  sweep(): void;
}

const flush = promisify(fsync);

type Details = Words["vault"]["detail"];

function thrown(
  error: unknown,
  otherwise: ReadonlyMap<ReadonlySet<string>, VaultFault>,
  name: string,
  what: keyof Details["cannot"],
): VaultError {
  if (error instanceof VaultError) return error;
  const code = codeOf(error);
  const fault = [...otherwise].find(([codes]) => codes.has(code))?.[1] ?? "failed";
  return saidFault(fault, (words) => words.vault.detail.cannot[what]({ name, code }), { cause: error });
}
const WRITING: ReadonlyMap<ReadonlySet<string>, VaultFault> = new Map([
  [new Set(["ELOOP", "ENOTDIR"]), "foreign"],
  [UNWRITABLE, "unwritable"],
]);
const READING: ReadonlyMap<ReadonlySet<string>, VaultFault> = new Map([[NO_ROOM_TO_LOOK, "foreign"]]);

/** Creates the folder's keeper; nothing is touched yet. `uid` undefined: a system without owners (Windows). */
export function createPrivateFolder(path: string, uid: number | undefined): PrivateFolder {
  /** Whether the folder is there; throws where it is not this person's own. */
  function check(): boolean {
    let status;
    try {
      status = lstatSync(path);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return false;
      throw error;
    }
    if (!status.isDirectory()) throw saidFault("foreign", (words) => words.vault.detail.notFolder({ path }));
    if (uid === undefined) return true;
    const owner = status.uid;
    if (owner !== uid) throw saidFault("foreign", (words) => words.vault.detail.ownedBy({ name: path, owner }));
    if ((status.mode & 0o077) !== 0) chmodSync(path, 0o700);
    const above = statSync(dirname(path));
    if ((above.uid !== uid && above.uid !== 0) || (above.mode & OTHERS_MAY_WRITE) !== 0) {
      throw saidFault("foreign", (words) => words.vault.detail.othersAbove({ path: dirname(path) }));
    }
    return true;
  }

  function make(): void {
    if (check()) return;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    check();
  }

  async function flushFolder(): Promise<void> {
    if (uid === undefined) return; // Windows opens no folders
    const folder = openSync(path, "r");
    try {
      await flush(folder);
    } finally {
      closeSync(folder);
    }
  }

  /** The written file under its temporary name, open. */
  function writeUnfinished(bytes: Uint8Array): { file: number; unfinished: string } {
    make();
    const unfinished = join(path, `.${builtin.crypto().randomBytes(8).toString("hex")}${UNFINISHED}`);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NOFOLLOW;
    const file = openSync(unfinished, flags, 0o600);
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
      return { file, unfinished };
    } catch (error) {
      closeSync(file);
      rmSync(unfinished, { force: true });
      throw error;
    }
  }

  function place(unfinished: string, name: string): void {
    try {
      renameSync(unfinished, join(path, name));
    } catch (error) {
      rmSync(unfinished, { force: true });
      throw error;
    }
  }

  /** Asked of the open file: what was looked at is what is used. Gives its size. */
  function assertOwn(file: number, name: string): number {
    const status = fstatSync(file);
    if (!status.isFile()) throw saidFault("foreign", (words) => words.vault.detail.notFile({ name }));
    if (uid !== undefined) {
      const owner = status.uid;
      if (owner !== uid) throw saidFault("foreign", (words) => words.vault.detail.ownedBy({ name, owner }));
      if ((status.mode & 0o077) !== 0) fchmodSync(file, 0o600);
    }
    return status.size;
  }

  function readChecked(name: string): Uint8Array<ArrayBuffer> {
    const file = openSync(join(path, name), constants.O_RDONLY | NOFOLLOW | (constants.O_NONBLOCK ?? 0));
    try {
      const size = assertOwn(file, name);
      if (size > SEALED_LIMIT)
        throw saidFault("damaged", (words) => words.vault.detail.tooLarge({ name, bytes: size }));
      const bytes = new Uint8Array(size);
      let at = 0;
      while (at < bytes.length) {
        const count = readSync(file, bytes, at, bytes.length - at, at);
        if (count === 0) break;
        at += count;
      }
      return bytes.slice(0, at);
    } finally {
      closeSync(file);
    }
  }

  return {
    path,
    claim(name) {
      const whole = join(path, name);
      try {
        make();
        const flags = constants.O_RDWR | constants.O_CREAT | NOFOLLOW | (constants.O_NONBLOCK ?? 0);
        const file = openSync(whole, flags, 0o600);
        try {
          assertOwn(file, name);
        } finally {
          closeSync(file);
        }
        return whole;
      } catch (error) {
        throw thrown(error, WRITING, name, "open");
      }
    },
    read(name) {
      try {
        return check() ? readChecked(name) : null;
      } catch (error) {
        if (codeOf(error) === "ENOENT") return null;
        throw thrown(error, READING, name, "read");
      }
    },
    async write(name, bytes) {
      try {
        const { file, unfinished } = writeUnfinished(bytes);
        try {
          await flush(file);
        } catch (error) {
          rmSync(unfinished, { force: true });
          throw error;
        } finally {
          closeSync(file);
        }
        place(unfinished, name);
        await flushFolder();
      } catch (error) {
        throw thrown(error, WRITING, name, "write");
      }
    },
    writeNow(name, bytes) {
      try {
        const { file, unfinished } = writeUnfinished(bytes);
        try {
          place(unfinished, name);
        } finally {
          fsync(file, () => closeSync(file));
        }
      } catch (error) {
        throw thrown(error, WRITING, name, "write");
      }
    },
    async remove(name) {
      try {
        if (!check()) return;
        rmSync(join(path, name), { force: true });
        await flushFolder();
      } catch (error) {
        throw thrown(error, WRITING, name, "remove");
      }
    },
    removeNow(name) {
      try {
        if (check()) rmSync(join(path, name), { force: true });
      } catch (error) {
        throw thrown(error, WRITING, name, "remove");
      }
    },
    setAside(name) {
      const aside = `${name}.set-aside-${builtin.crypto().randomBytes(4).toString("hex")}`;
      try {
        if (!check()) return null;
        renameSync(join(path, name), join(path, aside));
        return aside;
      } catch (error) {
        if (codeOf(error) === "ENOENT") return null;
        throw thrown(error, WRITING, name, "setAside");
      }
    },
    list() {
      try {
        return check() ? readdirSync(path).filter((name) => !name.startsWith(".")) : [];
      } catch (error) {
        throw thrown(error, READING, path, "list");
      }
    },
    sweep() {
      try {
        if (!check()) return;
        for (const name of readdirSync(path)) {
          if (name.startsWith(".") && name.endsWith(UNFINISHED)) rmSync(join(path, name), { force: true });
        }
      } catch (error) {
        throw thrown(error, WRITING, path, "sweep");
      }
    },
  };
}
