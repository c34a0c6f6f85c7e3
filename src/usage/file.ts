// The file of the sums: SQLite in a folder of this person alone. Everything here is synchronous and short.
import { Database, SQLiteError } from "bun:sqlite";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { PrivateFolder } from "../vault/private-folder.ts";
import { DIMENSIONS, FIGURES } from "./figures.ts";
import type { Dimension, UsageRow } from "./figures.ts";
import { migrate, SCHEMA_VERSION, versionOf } from "./schema.ts";

const FILE = "usage.db";
/** Another program that looks into the file at this moment, milliseconds: longer would hold up requests. */
const BUSY_MS = 100;

/** The file was written by a newer ccb: it is left as it is. */
export class NewerFileError extends Error {
  override readonly name = "NewerFileError";
}

/** The file is none of SQLite's, or not whole. */
export class DamagedFileError extends Error {
  override readonly name = "DamagedFileError";
}

interface Span {
  /** Unix seconds: the hours that begin at `since` or later, and before `until`. */
  readonly since: number;
  readonly until: number;
}

/** What a call throws is a DamagedFileError, or SQLite's own: no room, no right, no time. */
export interface UsageFile {
  /** Adds to what is there: all rows or none. */
  add(rows: readonly Readonly<UsageRow>[]): void;
  /** The sums by some dimensions, at most `limit`; the other dimensions are "" and 0. */
  sum(by: readonly Dimension[], span: Span, limit: number): readonly UsageRow[];
  /**
   * Forgets what is more than `keep` seconds older than now (Unix seconds), or than the newest hour there is: a clock
   * that is years ahead must not cost everything.
   */
  forget(now: number, keep: number): void;
  /** Whether it is still where it was opened: who removes or replaces it wants another to be begun. */
  isThere(): boolean;
  close(): void;
}

const isDamage = (error: unknown): boolean =>
  error instanceof SQLiteError && /^SQLITE_(?:CORRUPT|NOTADB)/.test(error.code ?? "");

function whole<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (isDamage(cause)) throw new DamagedFileError("the file of the usage is damaged", { cause });
    throw cause;
  }
}

const COLUMNS = [...DIMENSIONS, ...FIGURES];
const ADD = `INSERT INTO usage (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map((name) => `$${name}`).join(", ")})
  ON CONFLICT DO UPDATE SET ${FIGURES.map((name) => `${name} = ${name} + excluded.${name}`).join(", ")}`;

function toSelect(by: readonly Dimension[]): string {
  const dimensions = DIMENSIONS.map((name) => (by.includes(name) ? name : `${name === "hour" ? 0 : "''"} AS ${name}`));
  const sums = FIGURES.map((name) => `SUM(${name}) AS ${name}`);
  const group = by.length === 0 ? "" : `GROUP BY ${by.map((name) => `usage.${name}`).join(", ")}`;
  return `SELECT ${[...dimensions, ...sums].join(", ")} FROM usage WHERE hour >= $since AND hour < $until ${group}
    HAVING COUNT(*) > 0 LIMIT $limit`;
}

function check(database: Database): void {
  const version = versionOf(database);
  if (version > SCHEMA_VERSION) throw new NewerFileError(`version ${version}`);
  // Half a millisecond for each megabyte: a fault is found now, and not by what somebody asks months later.
  const { quick_check: found } = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get() ?? {};
  if (found !== "ok") throw new DamagedFileError("the file of the usage is damaged");
}

/** Opens the file, which is made where there is none. Throws NewerFileError, DamagedFileError, VaultError or SQLite's. */
export function openUsageFile(folder: PrivateFolder): UsageFile {
  const path = folder.claim(FILE);
  const { ino } = statSync(path);
  const database = new Database(path, { strict: true });
  try {
    database.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
    whole(() => check(database));
    // A process that is killed loses nothing that was written; a power cut may take the last minutes.
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = NORMAL");
    migrate(database);
  } catch (error) {
    database.close();
    throw error;
  }

  return {
    add(rows) {
      whole(() => {
        const insert = database.query<null, Record<string, string | number>>(ADD);
        database.transaction(() => rows.forEach((row) => void insert.run({ ...row }))).immediate();
      });
    },
    sum: (by, { since, until }, limit) =>
      whole(() => {
        const select = database.query<UsageRow, Record<string, number>>(toSelect(by));
        return select.all({ since, until, limit });
      }),
    forget(now, keep) {
      whole(() =>
        database
          .query("DELETE FROM usage WHERE hour < MIN($now, (SELECT MAX(hour) FROM usage)) - $keep")
          .run({ now, keep }),
      );
    },
    isThere: () => statSync(path, { throwIfNoEntry: false })?.ino === ino,
    close: () => database.close(),
  };
}

/** Puts a damaged file out of the way and gives the name it has now; null where it is gone. */
export function setUsageFileAside(folder: PrivateFolder): string | null {
  const aside = folder.setAside(FILE);
  folder.setAside(`${FILE}-wal`);
  rmSync(join(folder.path, `${FILE}-shm`), { force: true });
  return aside;
}
