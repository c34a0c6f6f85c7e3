// Text of providers.yaml → Config, or every problem with its place. Pure.
import { Value } from "@sinclair/typebox/value";

import type { Config, Provider } from "./config.ts";
import type { Environment } from "./environment.ts";
import { isLegacyProvider, withoutLegacyKeys, withoutLegacySettings } from "./legacy.ts";
import type { Problem } from "./problem.ts";
import { resolveProvider } from "./provider-rules.ts";
import { child, createReport } from "./report.ts";
import type { Report } from "./report.ts";
import {
  FileSchema,
  MappingSchema,
  ProviderDraftSchema,
  ProviderSchema,
  SettingsDraftSchema,
  SettingsSchema,
} from "./schema.ts";
import { checkSettings, toSettings } from "./settings-rules.ts";
import type { SettingsContext } from "./settings-rules.ts";
import { readSource } from "./source.ts";
import { fillEmptySections, validate } from "./validate.ts";

/** What problems of the embedded default are said to be in. */
const EMBEDDED_NAME = "providers.yaml (embedded)";

export type ParseResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

interface ParseOptions {
  /** Absolute path, for messages and for a relative ca_file; null: the embedded default. */
  readonly file: string | null;
  readonly env: Environment;
  /** Whether a file holds certificates in PEM form. Default: not asked. */
  readonly holdsCertificates?: (path: string) => boolean;
}

function parseProviders(
  list: readonly unknown[],
  allowedOrigins: readonly string[] | null,
  report: Report,
): Provider[] {
  const context = { allowedOrigins, names: new Set<string>() };
  const providers: Provider[] = [];
  let skipped = 0;
  for (const [index, entry] of list.entries()) {
    const pointer = child("/providers", index);
    if (isLegacyProvider(entry, pointer, report)) {
      skipped++;
      continue;
    }
    const draft = validate(ProviderSchema, entry, pointer, report);
    const provider = Value.Check(ProviderDraftSchema, draft) ? resolveProvider(draft, pointer, context, report) : null;
    if (provider !== null) providers.push(provider);
  }
  if (skipped === list.length) report.error("/providers", (words) => words.config.providersAllSkipped);
  else if (providers.length > 0 && providers.every((provider) => !provider.enabled)) {
    report.warning("/providers", (words) => words.config.providersAllDisabled, "key");
  }
  return providers;
}

function parseRoot(
  root: unknown,
  context: SettingsContext,
  report: Report,
): Pick<Config, "providers" | "settings"> | null {
  if (!Value.Check(MappingSchema, root)) {
    report.error("", (words) =>
      root === null ? words.config.fileEmpty : words.config.valueWrong(words.config.expectMapping),
    );
    return null;
  }
  const top = validate(FileSchema, withoutLegacyKeys(root, report), "", report);
  const { providers: list, settings: section } = Value.Check(MappingSchema, top) ? top : {};
  const given = withoutLegacySettings(fillEmptySections(section), "/settings", report);
  const settings = validate(SettingsSchema, given, "/settings", report);
  const draft = Value.Check(SettingsDraftSchema, settings) ? settings : {};
  const allowed = checkSettings(draft, "/settings", context, report);
  const providers = Array.isArray(list) ? parseProviders(list, allowed, report) : [];
  if (!Value.Check(SettingsSchema, settings) || allowed === null) return null;
  return { providers, settings: toSettings(settings, allowed, context) };
}

/** Reads a configuration. Never throws; a message never holds a value of the file, which may be a key. */
export function parseConfig(text: string, options: ParseOptions): ParseResult {
  const { file, env, holdsCertificates = () => true } = options;
  const report = createReport(file ?? EMBEDDED_NAME);
  const root = readSource(text.replace(/^\uFEFF/, ""), env, report);
  const parts = root === undefined ? null : parseRoot(root, { file, holdsCertificates }, report);
  const problems = report.problems();
  if (parts === null || problems.some((problem) => problem.severity === "error")) return { ok: false, problems };
  return { ok: true, config: { file, warnings: problems, ...parts } };
}
