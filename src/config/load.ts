// Finds, reads and parses the configuration, and lays flags and environment variables over it.
import { stat } from "node:fs/promises";

import type { Say } from "../core/errors.ts";
import type { Words } from "../core/words/en.ts";
import type { Settings } from "./config.ts";
import { EMBEDDED_CONFIG } from "./embedded.ts";
import { exposureWarnings, NO_HOST, refuseExposure } from "./exposure.ts";
import { holdsCertificates, readConfigFile } from "./files.ts";
import { configCandidates, SYSTEM_FILE, workingDirectoryFile } from "./locate.ts";
import type { Whereabouts } from "./locate.ts";
import { readOverrides } from "./overrides.ts";
import type { Flags } from "./overrides.ts";
import { parseConfig } from "./parse.ts";
import type { ParseResult } from "./parse.ts";
import type { Problem } from "./problem.ts";
import { checkTlsFiles } from "./tls-files.ts";
import type { TlsPaths } from "./tls-files.ts";

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

async function parseWithFiles(
  text: string,
  file: string | null,
  { env }: LoadOptions,
  hostElsewhere: boolean,
): Promise<ParseResult> {
  // Parsing is pure and the file system is not: the first pass says which files to look at, the second is told what was there.
  let authority: string | null = null;
  let certificate: TlsPaths | null = null;
  const result = parseConfig(text, {
    file,
    env,
    hostElsewhere,
    holdsCertificates: (path) => {
      authority = path;
      return true;
    },
    tls: (paths) => {
      certificate = paths;
      return { fingerprint: "" };
    },
  });
  if (authority === null && certificate === null) return result;
  const authorityIsGood = authority === null || (await holdsCertificates(authority));
  const check = certificate === null ? { fingerprint: "" } : await checkTlsFiles(certificate);
  return parseConfig(text, { file, env, hostElsewhere, holdsCertificates: () => authorityIsGood, tls: () => check });
}

/** What is wrong with a host that a flag or a variable names, with the file's settings around it. */
function overriddenHost(name: string, settings: Settings): readonly Problem[] {
  const refusal =
    settings.host === NO_HOST && settings.socket === null
      ? (words: Words): string => words.access.noneWithoutSocket
      : refuseExposure(settings);
  const of = (severity: Problem["severity"], say: Say): Problem => ({
    severity,
    file: null,
    line: null,
    column: null,
    path: name,
    say,
  });
  return refusal === null ? exposureWarnings(settings).map((say) => of("warning", say)) : [of("error", refusal)];
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
  const { hostFrom } = overrides;
  const parsed = await parseWithFiles(found.text, found.file, options, hostFrom !== null);
  const unreadFile = await findUnread(found.file, options);
  if (!parsed.ok) return { ok: false, problems: [...overrides.problems, ...parsed.problems], unreadFile };
  const settings = { ...parsed.config.settings, ...overrides.settings };
  const problems = [...overrides.problems, ...(hostFrom === null ? [] : overriddenHost(hostFrom, settings))];
  if (problems.some(({ severity }) => severity === "error")) {
    return { ok: false, problems: [...problems, ...parsed.config.warnings], unreadFile };
  }
  const warnings = [...parsed.config.warnings, ...problems];
  return { ok: true, config: { ...parsed.config, settings, warnings }, unreadFile };
}
