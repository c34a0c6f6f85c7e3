// A folder for the file of the usage, gone when the test is.
import { Database } from "bun:sqlite";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPrivateFolder } from "../../src/vault/private-folder.ts";
import type { PrivateFolder } from "../../src/vault/private-folder.ts";

export interface TestFolder extends Disposable {
  readonly folder: PrivateFolder;
  /** Of the file itself. */
  readonly path: string;
  readonly names: () => readonly string[];
  /** The permissions, octal: of a file, or of the folder. */
  readonly mode: (name?: string) => string;
  /** Does something with the file behind the program's back. */
  readonly inside: <Result>(work: (database: Database) => Result) => Result;
}

export function makeFolder(): TestFolder {
  const above = mkdtempSync(join(tmpdir(), "ccb-usage-"));
  const folder = createPrivateFolder(join(above, "usage"), process.getuid?.());
  const path = join(folder.path, "usage.db");
  return {
    folder,
    path,
    names: () => readdirSync(folder.path).toSorted(),
    mode: (name = "") => (statSync(join(folder.path, name)).mode & 0o777).toString(8),
    inside(work) {
      const database = new Database(path);
      try {
        return work(database);
      } finally {
        database.close();
      }
    },
    [Symbol.dispose]: () => rmSync(above, { recursive: true, force: true }),
  };
}
