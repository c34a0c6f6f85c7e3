// Which file is the configuration. A providers.yaml in the working directory is never taken unasked: a cloned
// repository could carry one that sends tokens or ${ENV} elsewhere.
import { posix, win32 } from "node:path";

import type { Environment } from "./environment.ts";

/** The machine as far as the search for the file goes. */
export interface Whereabouts {
  readonly env: Environment;
  /** As in process.platform. */
  readonly platform: string;
  readonly home: string;
  readonly cwd: string;
}

const CONFIG_FILE_NAME = "providers.yaml";
export const SYSTEM_FILE = "/etc/ccb/providers.yaml";

/** The user's own configuration file, which `ccb init` writes. */
export function userConfigFile({ env, platform, home }: Whereabouts): string {
  if (platform === "win32") {
    const folder = env["APPDATA"] || win32.join(home, "AppData", "Roaming");
    return win32.join(folder, "ccb", CONFIG_FILE_NAME);
  }
  if (platform === "darwin") return posix.join(home, "Library", "Application Support", "ccb", CONFIG_FILE_NAME);
  // XDG Base Directory: a relative path is invalid and to be ignored.
  const given = env["XDG_CONFIG_HOME"] ?? "";
  return posix.join(posix.isAbsolute(given) ? given : posix.join(home, ".config"), "ccb", CONFIG_FILE_NAME);
}

interface Candidates {
  /** Absolute paths; the first that exists is read. */
  readonly paths: readonly string[];
  /** By --config or CCB_CONFIG: then it has to exist. */
  readonly named: boolean;
}

/** Where to look, in order: the flag, CCB_CONFIG, the user's folder, the system's; after that comes the embedded default. */
export function configCandidates(flag: string | undefined, places: Whereabouts, systemFile: string): Candidates {
  const path = places.platform === "win32" ? win32 : posix;
  const named = flag ?? (places.env["CCB_CONFIG"] || undefined);
  if (named !== undefined) return { paths: [path.resolve(places.cwd, named)], named: true };
  const own = userConfigFile(places);
  return { paths: places.platform === "win32" ? [own] : [own, systemFile], named: false };
}

/** The providers.yaml in the working directory, which may exist and is not read unless it is named. */
export function workingDirectoryFile({ cwd, platform }: Whereabouts): string {
  return (platform === "win32" ? win32 : posix).join(cwd, CONFIG_FILE_NAME);
}
