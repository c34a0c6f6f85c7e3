// The end of a person's store: every entry that ccb keeps, removed for good. The token server is not asked.
import type { Flags } from "../../config/overrides.ts";
import { CcbError, codeOf } from "../../core/errors.ts";
import { wordsOf } from "../../core/language.ts";
import type { WorkerLike } from "../../vault/keyring.ts";
import { VaultError } from "../../vault/vault.ts";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE, loadForCommand, systemLanguage } from "../configuration.ts";
import { writeError } from "../runtime.ts";
import { createStore } from "../store.ts";

/** Removes all accounts and statistics of the store that the configuration names. Resolves the exit code: 1 while another ccb holds it. */
export async function purgeStore(flags: Flags, spawnKeyringWorker: () => WorkerLike): Promise<number> {
  const words = wordsOf(systemLanguage());
  const config = await loadForCommand(flags);
  if (config === null) return EXIT_USAGE;
  const store = createStore(config, spawnKeyringWorker);
  try {
    store.lock("ccb service uninstall --purge");
    const names = (await store.vault?.list()) ?? [];
    for (const name of names) await store.vault?.delete(name);
    store.removeFolders();
    return EXIT_OK;
  } catch (error) {
    const reason =
      error instanceof VaultError
        ? `${words.vault.why[error.fault]}. ${words.vault.mend[error.fault]}`
        : error instanceof CcbError
          ? error.say(words)
          : codeOf(error);
    writeError(`${words.service.purgeFailed({ reason })}\n`);
    return EXIT_FAILURE;
  } finally {
    store.release();
    store.vault?.close();
  }
}
