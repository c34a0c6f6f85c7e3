// ccb doctor as a person runs it, in a home of its own, against servers of the test's choice.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Static } from "@sinclair/typebox";
import { DoctorReportSchema } from "../../src/cli/doctor/report.ts";
import type { Check, Level } from "../../src/cli/doctor/report.ts";
import { configText, freePort, runCcb } from "../support/binary.ts";
import type { ConfigPieces } from "../support/binary.ts";
import { configuredHome, documentOf } from "./_served.ts";

const KEY_FILE_TEXT = Buffer.alloc(32, 7).toString("base64");
export const SECRET = "sk-ant-api03-never-to-be-printed-0123456789";

export type Report = Static<typeof DoctorReportSchema>;

export interface Setting {
  readonly home: string;
  readonly file: string;
  readonly port: number;
  /** Runs `ccb doctor --json`. */
  doctor(env?: Readonly<Record<string, string>>, args?: readonly string[]): Promise<{ code: number; report: Report }>;
  [Symbol.dispose](): void;
}

/** A home with a configuration; nobody listens at its port. */
export async function createSetting(config: ConfigPieces): Promise<Setting> {
  const port = await freePort();
  const made = configuredHome(configText({ ...config, settings: { port, ...config.settings } }));
  const { home, file } = made;
  const at = ["--config", file];
  return {
    home,
    file,
    port,
    async doctor(env = {}, args = at) {
      const finished = await runCcb(["doctor", "--json", ...args], { home, env });
      if (finished.stderr !== "") throw new Error(finished.stderr);
      const report = documentOf(finished, DoctorReportSchema);
      // Who is told that something is wrong is told what to do; the lock says both in one.
      for (const { level, check, text, advice } of report.findings)
        if (level !== "ok" && check !== "other_ccb" && advice === null) throw new Error(`no advice: ${text}`);
      return { code: finished.code, report };
    },
    [Symbol.dispose]: () => made.remove(),
  };
}

/** The findings of one check as `level: text`. */
export const said = ({ findings }: Report, check: Check): readonly string[] =>
  findings.filter((finding) => finding.check === check).map(({ level, text }) => `${level}: ${text}`);

/** The levels of one check. */
export const levels = ({ findings }: Report, check: Check): readonly Level[] =>
  findings.filter((finding) => finding.check === check).map(({ level }) => level);

/** A `claude` that runs this shell text; the PATH that finds it. */
export function fakeClaude(home: string, script: string, name = "bin"): string {
  const folder = join(home, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "claude"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return `${folder}:${process.env["PATH"] ?? "/usr/bin:/bin"}`;
}

/** A key of the sealed store in a file; the path. */
export function storeKey(home: string): string {
  const path = join(home, "store.key");
  writeFileSync(path, KEY_FILE_TEXT, { mode: 0o600 });
  return path;
}
