// ccb init: the default configuration as a file of the user's own.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { EMBEDDED_CONFIG } from "../config/embedded.ts";
import { userConfigFile } from "../config/locate.ts";
import { codeOf } from "../core/errors.ts";
import { wordsOf } from "../core/language.ts";
import { EXIT_FAILURE, EXIT_OK, systemLanguage } from "./configuration.ts";
import { environment, homeDirectory, platform, workingDirectory, writeError, writeOutput } from "./runtime.ts";
import { createScreen } from "./shown.ts";

/** What `--json` prints. `reason`: why the file was not written, as the system says it. */
export const InitReportSchema = Type.Object({
  written: Type.Boolean(),
  file: Type.String(),
  reason: Type.Union([Type.String(), Type.Null()]),
});

/** Writes providers.yaml to the user's folder, readable by its owner alone; one that is there stays. Resolves the exit code. */
export async function init(json: boolean): Promise<number> {
  const words = wordsOf(systemLanguage());
  const file = userConfigFile({ env: environment, platform, home: homeDirectory(), cwd: workingDirectory() });
  const report = (written: boolean, reason: string | null): void => {
    const document: Static<typeof InitReportSchema> = { written, file, reason };
    if (json) createScreen(writeOutput, false).json(document);
  };
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, EMBEDDED_CONFIG, { flag: "wx", mode: 0o600 });
  } catch (error) {
    const reason = codeOf(error);
    writeError(`${reason === "EEXIST" ? words.cli.initExists({ file }) : words.cli.notWritten({ file, reason })}\n`);
    report(false, reason);
    return EXIT_FAILURE;
  }
  if (json) report(true, null);
  else writeOutput(`${words.cli.initWritten({ file })}\n`);
  return EXIT_OK;
}
