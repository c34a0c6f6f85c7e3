// ccb store init: a key for the sealed store, where there is no keyring to keep one.
import { mkdir, open } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { userConfigFile } from "../config/locate.ts";
import type { Flags } from "../config/overrides.ts";
import { codeOf } from "../core/errors.ts";
import { resolveLanguage, wordsOf } from "../core/language.ts";
import { holdsValues } from "../vault/file.ts";
import { createPrivateFolder } from "../vault/private-folder.ts";
import { newKeyText, storeKeyFile } from "../vault/store-key.ts";
import { VaultError } from "../vault/vault.ts";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE, loadForCommand, whereabouts } from "./configuration.ts";
import * as runtime from "./runtime.ts";
import { createScreen } from "./shown.ts";
import { storePlace } from "./store.ts";

/** What `--json` prints: where the key is, never the key. `reason`: why it was not written. */
export const StoreInitReportSchema = Type.Object({
  written: Type.Boolean(),
  file: Type.String(),
  reason: Type.Union([Type.String(), Type.Null()]),
});

/** Writes a new key, readable by its owner alone; one that is there stays. Resolves the exit code. */
export async function storeInit(flags: Flags, keyFile: string | undefined, json: boolean): Promise<number> {
  const config = await loadForCommand(flags);
  if (config === null) return EXIT_USAGE;
  const words = wordsOf(resolveLanguage(config.settings.language, runtime.locale()));
  const beside = join(dirname(userConfigFile(whereabouts())), "store.key");
  const file = resolve(runtime.workingDirectory(), keyFile ?? storeKeyFile(runtime.environment) ?? beside);
  const report = (written: boolean, reason: string | null): void => {
    const document: Static<typeof StoreInitReportSchema> = { written, file, reason };
    if (json) createScreen(runtime.writeOutput, false).json(document);
  };
  const fail = (text: string, reason: string): number => {
    runtime.writeError(`${text}\n`);
    report(false, reason);
    return EXIT_FAILURE;
  };
  try {
    const { files } = storePlace(config);
    if (holdsValues(createPrivateFolder(files, runtime.userId())))
      return fail(words.store.inUse({ folder: files }), "in_use");
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await using handle = await open(file, "wx", 0o600);
    await handle.writeFile(`${newKeyText(runtime.realRandom)}\n`);
    await handle.sync();
    // Its name, too: without the key the store is lost with the next power cut. (Windows opens no folders.)
    await using folder = runtime.platform === "win32" ? null : await open(dirname(file));
    await folder?.sync();
  } catch (error) {
    const reason = error instanceof VaultError ? error.say(words) : codeOf(error);
    return fail(reason === "EEXIST" ? words.store.keyThere({ file }) : words.cli.notWritten({ file, reason }), reason);
  }
  if (json) report(true, null);
  else runtime.writeOutput(`${words.store.keyMade({ file })}\n`);
  return EXIT_OK;
}
