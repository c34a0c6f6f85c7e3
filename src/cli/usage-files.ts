// The file of the usage as a server has it: in the state folder, beside the store of accounts that it belongs to.
import type { Config } from "../config/config.ts";
import { openUsageFile, setUsageFileAside } from "../usage/file.ts";
import type { UsageDeps } from "../usage/usage.ts";
import { createPrivateFolder } from "../vault/private-folder.ts";
import * as runtime from "./runtime.ts";
import { storePlace } from "./store.ts";

/** Nothing is touched yet. */
export function createUsageFiles(config: Config): NonNullable<UsageDeps["files"]> {
  const folder = createPrivateFolder(storePlace(config).usage, runtime.userId());
  return {
    path: folder.path,
    open: () => openUsageFile(folder),
    setAside: () => setUsageFileAside(folder),
  };
}
