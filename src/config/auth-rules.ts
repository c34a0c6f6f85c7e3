// `settings.auth`: who may call, with which key, and what the key reaches.
import { Value } from "@sinclair/typebox/value";
import { Secret } from "../core/secret.ts";
import { sha256 } from "../core/sha256.ts";
import { ClientKeyDraftSchema, ClientKeySchema } from "./client-key-schema.ts";
import type { ClientKeyDraft } from "./client-key-schema.ts";
import type { AllowList, AuthSettings, ClientKey } from "./config.ts";
import { nearest } from "./nearest.ts";
import { child } from "./report.ts";
import type { Pointer, Report } from "./report.ts";
import type { ProviderNames } from "./route-rules.ts";
import { MappingSchema } from "./schema.ts";
import type { SettingsDraft } from "./schema.ts";
import { validate } from "./validate.ts";

/** What a program can guess in little time, by length. `ccb key new` makes 43 characters of chance. */
const SHORT_KEY = 20;
/** Paths that never go without a key: all of the API, and what changes or shows accounts. */
const NEVER_EXEMPT = /^\/(?:v1|oauth|providers|requests|usage)(?:\/|$)/i;
const KEY_FIELDS = ["api_key", "api_keys", "exempt_paths"];

/**
 * The settings without keys that are not asked for. While `enabled` is false nothing of them is judged: a file of the
 * older balancer holds a placeholder there. Keys without any word on `enabled` are an error, and so is `admin: key`, which
 * is ccb's own: somebody meant them.
 */
export function withoutIdleKeys(settings: unknown, pointer: Pointer, report: Report): unknown {
  if (!Value.Check(MappingSchema, settings)) return settings;
  const { auth } = settings;
  const at = child(pointer, "auth");
  if (!Value.Check(MappingSchema, auth)) return settings;
  if (auth["enabled"] === true || report.fromEnvironment.get(child(at, "enabled")) === "true") return settings;
  const hasKeys = Object.hasOwn(auth, "api_key") || Object.hasOwn(auth, "api_keys");
  for (const field of KEY_FIELDS) report.discard(child(at, field));
  if (hasKeys && !Object.hasOwn(auth, "enabled")) report.error(at, (words) => words.access.enabledUnsaid, "key");
  else if (auth["admin"] === "key") report.error(child(at, "admin"), (words) => words.access.adminUnasked);
  else if (hasKeys) report.warning(at, (words) => words.access.keysIdle, "key");
  const kept = Object.entries(auth).filter(([field]) => !KEY_FIELDS.includes(field));
  return { ...settings, auth: Object.fromEntries(kept) };
}

function resolveAllow(
  allow: NonNullable<ClientKeyDraft["allow"]>,
  pointer: Pointer,
  names: ProviderNames,
  report: Report,
): AllowList {
  const { providers = null, accounts = null, models = null } = allow;
  const known = [...names.known, ...names.skipped];
  for (const [index, name] of (providers ?? []).entries()) {
    // Without any there is an error about the providers themselves.
    if (known.includes(name) || known.length === 0) continue;
    const near = nearest(name, known);
    report.error(child(child(pointer, "providers"), index), (words) =>
      words.config.routeProviderUnknown(near, [...names.known]),
    );
  }
  return { providers, accounts, models };
}

interface Seen {
  readonly names: Set<string>;
  /** Digests of the keys: one key is the same key, however it is written. */
  readonly digests: Set<string>;
}

/** The name of `api_key`, which has none of its own. */
const NAMELESS = "api_key";

const digestOf = (key: string): string => sha256(key).toString("hex");

function warnIfShort(key: string, at: Pointer, report: Report): void {
  if (key.length < SHORT_KEY) report.warning(at, (words) => words.access.keyShort);
}

function resolveKey(
  entry: unknown,
  pointer: Pointer,
  names: ProviderNames,
  seen: Seen,
  report: Report,
): ClientKey | null {
  // Looked at first: validation takes out what is faulty.
  const given = Value.Check(MappingSchema, entry) ? entry : {};
  const written = ["key", "key_sha256"].filter((field) => Object.hasOwn(given, field));
  const draft = validate(ClientKeySchema, entry, pointer, report);
  if (!Value.Check(ClientKeyDraftSchema, draft)) return null;
  const { name, key, key_sha256, role = "client", allow } = draft;
  if (written.length !== 1) report.error(pointer, (words) => words.access.keyOrDigest);
  if (name !== undefined) {
    const folded = name.normalize("NFKC").toLowerCase();
    if (seen.names.has(folded)) report.error(child(pointer, "name"), (words) => words.access.keyNameTwice);
    seen.names.add(folded);
  }
  const text = key ?? key_sha256?.toLowerCase();
  const at = child(pointer, key === undefined ? "key_sha256" : "key");
  if (key !== undefined) warnIfShort(key, at, report);
  const digest = key === undefined ? key_sha256?.toLowerCase() : digestOf(key);
  if (digest !== undefined && seen.digests.has(digest)) report.error(at, (words) => words.access.keyTwice);
  if (digest !== undefined) seen.digests.add(digest);
  const resolved = allow === undefined ? null : resolveAllow(allow, child(pointer, "allow"), names, report);
  if (name === undefined || text === undefined) return null;
  return {
    name,
    secret: { kind: key === undefined ? "sha256" : "key", text: new Secret(text) },
    role,
    allow: resolved,
    requests_per_minute: draft.requests_per_minute ?? null,
    max_concurrent: draft.max_concurrent ?? null,
  };
}

/** Reports what is wrong with `settings.auth`, everything at once; returns what is sound of it. */
export function resolveAuth(
  draft: NonNullable<SettingsDraft["auth"]>,
  pointer: Pointer,
  names: ProviderNames,
  report: Report,
): AuthSettings {
  const { enabled = false, api_key, api_keys = [], exempt_paths = [], admin = null } = draft;
  const seen: Seen = { names: new Set(), digests: new Set() };
  const keys: ClientKey[] = [];
  if (api_key !== undefined) {
    warnIfShort(api_key, child(pointer, "api_key"), report);
    seen.digests.add(digestOf(api_key));
    seen.names.add(NAMELESS);
    keys.push({
      name: NAMELESS,
      secret: { kind: "key", text: new Secret(api_key) },
      role: "client",
      allow: null,
      requests_per_minute: null,
      max_concurrent: null,
    });
  }
  for (const [index, entry] of api_keys.entries()) {
    const key = resolveKey(entry, child(child(pointer, "api_keys"), index), names, seen, report);
    if (key !== null) keys.push(key);
  }
  if (enabled && api_key === undefined && api_keys.length === 0)
    report.error(pointer, (words) => words.access.noKeys, "key");
  for (const [index, path] of exempt_paths.entries()) {
    if (NEVER_EXEMPT.test(path))
      report.error(child(child(pointer, "exempt_paths"), index), (words) => words.access.neverExempt);
  }
  return { enabled, keys, exempt_paths, admin };
}
