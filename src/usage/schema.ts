// The file's own shape, and how an older one becomes it. The number of steps taken is its `user_version`.
import type { Database } from "bun:sqlite";

/** Never changed once shipped: a new shape is a further step. */
const STEPS: readonly string[] = [
  `CREATE TABLE usage (
    hour INTEGER NOT NULL,
    day TEXT NOT NULL,
    account TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    key TEXT NOT NULL,
    requests INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_creation_input_tokens INTEGER NOT NULL,
    cache_read_input_tokens INTEGER NOT NULL,
    PRIMARY KEY (hour, day, account, provider, model, key)
  ) STRICT, WITHOUT ROWID`,
];

/** The version of a file that this program writes. */
export const SCHEMA_VERSION = STEPS.length;

export function versionOf(database: Database): number {
  return database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}

/** Takes the steps that are missing, all or none. */
export function migrate(database: Database): void {
  database
    .transaction(() => {
      for (const step of STEPS.slice(versionOf(database))) database.run(step);
      database.run(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    })
    .immediate();
}
