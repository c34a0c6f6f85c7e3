// Temporary folders: gone when they are disposed of, and when this process ends before that.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TemporaryFolder extends Disposable {
  readonly path: string;
}

/** Takes a folder that is there already into care. */
export function removedAtEnd(path: string): TemporaryFolder {
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  process.once("exit", remove);
  return {
    path,
    [Symbol.dispose]: () => {
      process.off("exit", remove);
      remove();
    },
  };
}

export const temporaryFolder = (prefix: string): TemporaryFolder => removedAtEnd(mkdtempSync(join(tmpdir(), prefix)));
