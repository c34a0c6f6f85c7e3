// Where what belongs to this machine and this person, but not in a backup, is kept: the lock of the store.
import { posix, win32 } from "node:path";

/**
 * `$XDG_STATE_HOME/ccb`, else `~/.local/state/ccb` (XDG base directories: a relative path counts as unset);
 * macOS `~/Library/Application Support/ccb`; Windows `%LOCALAPPDATA%\ccb`. Nothing is created.
 */
export function stateDirectory(
  env: Readonly<Record<string, string | undefined>>,
  platform: string,
  home: string,
): string {
  if (platform === "win32") {
    const local = env["LOCALAPPDATA"];
    const base = local !== undefined && win32.isAbsolute(local) ? local : win32.join(home, "AppData", "Local");
    return win32.join(base, "ccb");
  }
  if (platform === "darwin") return posix.join(home, "Library", "Application Support", "ccb");
  const state = env["XDG_STATE_HOME"];
  const base = state !== undefined && posix.isAbsolute(state) ? state : posix.join(home, ".local", "state");
  return posix.join(base, "ccb");
}
