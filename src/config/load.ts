// Finds, reads and parses the configuration, and lays flags and environment variables over it.
import { stat } from "node:fs/promises";

import type { Say } from "../core/errors.ts";
import { EMBEDDED_CONFIG } from "./embedded.ts";
import { holdsCertificates, readConfigFile } from "./files.ts";
import { configCandidates, SYSTEM_FILE, workingDirectoryFile } from "./locate.ts";
import type { Whereabouts } from "./locate.ts";
import { readOverrides } from "./overrides.ts";
import type { Flags } from "./overrides.ts";
import { parseConfig } from "./parse.ts";
import type { ParseResult } from "./parse.ts";
import type { Problem } from "./problem.ts";

export interface LoadOptions extends Whereabouts {
  readonly flags: Flags;
  /** The user that the file must belong to (or root); undefined where the system has no such owners. */
  readonly uid: number | undefined;
  /** Default: /etc/ccb/providers.yaml */
  readonly systemFile?: string;
}

export type LoadResult = ParseResult & {
  /** A providers.yaml in the working directory that was not read, since nobody named it; else null. */
  readonly unreadFile: string | null;
};

type Found =
  | { readonly kind: "text"; readonly file: string | null; readonly text: string }
  | { readonly kind: "problem"; readonly problem: Problem };

const problemOf = (file: string, say: Say): Found => ({
  kind: "problem",
  problem: { severity: "error", file, line: null, column: null, path: "", say },
});

async function findFile(options: LoadOptions): Promise<Found> {
  const { paths, named } = configCandidates(options.flags.config, options, options.systemFile ?? SYSTEM_FILE);
  for (const path of paths) {
    const read = await readConfigFile(path, options.uid);
    if (read.kind === "text") return { kind: "text", file: path, text: read.text };
    if (read.kind === "refused") return problemOf(path, read.say);
    if (named) return problemOf(path, (words) => words.config.fileMissing);
  }
  return { kind: "text", file: null, text: EMBEDDED_CONFIG };
}

async function parseWithCertificates(text: string, file: string | null, options: LoadOptions): Promise<ParseResult> {
  // Parsing is pure and the file system is not: the first pass says which file to look at, the second is told what was there.
  let wanted: string | null = null;
  const result = parseConfig(text, {
    file,
    env: options.env,
    holdsCertificates: (path) => {
      wanted = path;
      return true;
    },
  });
  if (wanted === null || (await holdsCertificates(wanted))) return result;
  return parseConfig(text, { file, env: options.env, holdsCertificates: () => false });
}

async function findUnread(used: string | null, options: LoadOptions): Promise<string | null> {
  const path = workingDirectoryFile(options);
  if (path === used) return null;
  const found = await stat(path).catch(() => null);
  return found === null ? null : path;
}

/** Loads what is in force: flag, environment, file, default. Never rejects; every problem is in the result. */
export async function loadConfig(options: LoadOptions): Promise<LoadResult> {
  const overrides = readOverrides(options.flags, options.env);
  const found = await findFile(options);
  if (found.kind === "problem") {
    const unreadFile = await findUnread(found.problem.file, options);
    return { ok: false, problems: [...overrides.problems, found.problem], unreadFile };
  }
  const parsed = await parseWithCertificates(found.text, found.file, options);
  const unreadFile = await findUnread(found.file, options);
  if (!parsed.ok) return { ok: false, problems: [...overrides.problems, ...parsed.problems], unreadFile };
  if (overrides.problems.length > 0) {
    return { ok: false, problems: [...overrides.problems, ...parsed.config.warnings], unreadFile };
  }
  const settings = { ...parsed.config.settings, ...overrides.settings };
  return { ok: true, config: { ...parsed.config, settings }, unreadFile };
}
