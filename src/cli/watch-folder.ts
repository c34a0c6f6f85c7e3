// What the system tells of a file: in its folder, or in the one where its folder will be.
import { watch } from "node:fs";
import { lstat, realpath } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";
import type { Cancel } from "../core/ports.ts";

/**
 * Calls back when a file changes, or is made, or the folder that it would be in. Resolves what ends that; null where
 * nobody says so: the system does not, or links lead to another folder.
 */
export async function watchFolderOf(path: string, onEvent: () => void): Promise<Cancel | null> {
  try {
    const link = await lstat(path).then(
      (found) => found.isSymbolicLink(),
      () => false,
    );
    if (link) return null;
    let folder = dirname(resolve(path));
    for (;;) {
      const real = await realpath(folder).catch(() => null);
      if (real === folder) break;
      if (real !== null || dirname(folder) === folder) return null;
      folder = dirname(folder);
    }
    // The file, or the folder on the way to it that is missing: logs and stores may be written beside it all the time.
    const name = relative(folder, resolve(path)).split(sep)[0]?.toLowerCase();
    const watcher = watch(folder, { persistent: false }, (_event, changed) => {
      if (changed === null || changed.toLowerCase() === name) onEvent();
    });
    // It will be looked at all the same, only later.
    watcher.on("error", () => {});
    return () => watcher.close();
  } catch {
    return null;
  }
}
