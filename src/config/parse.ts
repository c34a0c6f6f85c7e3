// Text of providers.yaml → Config, or every problem with its place. Pure.
import { Value } from "@sinclair/typebox/value";

import { resolveAuth, withoutIdleKeys } from "./auth-rules.ts";
import type { Config, Provider } from "./config.ts";
import type { Environment } from "./environment.ts";
import { exposureWarnings } from "./exposure.ts";
import { isLegacyProvider, withoutLegacySettings } from "./legacy.ts";
import type { Problem } from "./problem.ts";
import { resolveProvider } from "./provider-rules.ts";
import { child, createReport } from "./report.ts";
import type { Report } from "./report.ts";
import { resolveRoutes } from "./route-rules.ts";
import type { ProviderNames } from "./route-rules.ts";
import {
  FileSchema,
  MappingSchema,
  NamedSchema,
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
  /** What is known of the certificate of `settings.tls`. Default: nothing. */
  readonly tls?: SettingsContext["tls"];
  /** A flag or variable stands above `settings.host`. Default: none does. */
  readonly hostElsewhere?: boolean;
}

function parseProviders(
  list: readonly unknown[],
  allowedOrigins: readonly string[] | null,
  report: Report,
): { readonly providers: readonly Provider[]; readonly names: ProviderNames } {
  const context = { allowedOrigins, names: new Set<string>() };
  const providers: Provider[] = [];
  const known = new Set<string>();
  const skipped = new Set<string>();
  let unusable = 0;
  for (const [index, entry] of list.entries()) {
    const pointer = child("/providers", index);
    const legacy = isLegacyProvider(entry, pointer, report);
    if (Value.Check(NamedSchema, entry)) (legacy ? skipped : known).add(entry.name);
    if (legacy) {
      unusable++;
      continue;
    }
    const draft = validate(ProviderSchema, entry, pointer, report);
    const provider = Value.Check(ProviderDraftSchema, draft) ? resolveProvider(draft, pointer, context, report) : null;
    if (provider !== null) providers.push(provider);
  }
  if (list.length > 0 && unusable === list.length)
    report.error("/providers", (words) => words.config.providersAllSkipped);
  else if (providers.length > 0 && providers.every((provider) => !provider.enabled)) {
    report.warning("/providers", (words) => words.config.providersAllDisabled, "key");
  }
  return { providers, names: { known, skipped } };
}

function parseRoot(
  root: unknown,
  context: SettingsContext,
  report: Report,
): Pick<Config, "providers" | "model_routes" | "settings"> | null {
  if (!Value.Check(MappingSchema, root)) {
    report.error("", (words) =>
      root === null ? words.config.fileEmpty : words.config.valueWrong(words.config.expectMapping),
    );
    return null;
  }
  const top = validate(FileSchema, root, "", report);
  const { providers: list, model_routes: routes, settings: section } = Value.Check(MappingSchema, top) ? top : {};
  const used = withoutLegacySettings(fillEmptySections(section), "/settings", report);
  const given = withoutIdleKeys(used, "/settings", report);
  const settings = validate(SettingsSchema, given, "/settings", report);
  const draft = Value.Check(SettingsDraftSchema, settings) ? settings : {};
  const allowed = checkSettings(draft, "/settings", context, report);
  const { providers, names } = parseProviders(Array.isArray(list) ? list : [], allowed, report);
  const model_routes = resolveRoutes(routes, "/model_routes", names, report);
  const auth = resolveAuth(draft.auth ?? {}, "/settings/auth", names, report);
  if (!Value.Check(SettingsSchema, settings) || allowed === null) return null;
  const resolved = toSettings(settings, allowed, auth, context);
  if (!context.hostElsewhere)
    for (const say of exposureWarnings(resolved)) report.warning("/settings/auth", say, "key");
  return { providers, model_routes, settings: resolved };
}

/** Reads a configuration. Never throws; a message holds no value of the file, which may be a key, but names. */
export function parseConfig(text: string, options: ParseOptions): ParseResult {
  const {
    file,
    env,
    holdsCertificates = () => true,
    tls = () => ({ fingerprint: "" }),
    hostElsewhere = false,
  } = options;
  const report = createReport(file ?? EMBEDDED_NAME);
  const root = readSource(text.replace(/^\uFEFF/, ""), env, report);
  const parts = root === undefined ? null : parseRoot(root, { file, holdsCertificates, tls, hostElsewhere }, report);
  const problems = report.problems();
  if (parts === null || problems.some((problem) => problem.severity === "error")) return { ok: false, problems };
  return { ok: true, config: { file, warnings: problems, ...parts } };
}
