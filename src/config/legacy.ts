// The configuration of the older Python balancer: what ccb does not use is left out, each with a warning,
// so that its users can start with the file they have. What would leave a door open is an error all the same.
import { Value } from "@sinclair/typebox/value";

import type { Say } from "../core/errors.ts";
import { child } from "./report.ts";
import type { Pointer, Report } from "./report.ts";
import { MappingSchema } from "./schema.ts";

/** What ccb has in place of a key. */
const SUCCESSORS = new Map<string, string>([
  ["selection_strategy", "settings.balancing.strategy"],
  ["failure_cooldown", "settings.balancing.failure_cooldown_seconds"],
  ["unhealthy_threshold", "settings.balancing.unhealthy_threshold"],
]);
const UNUSED_SETTINGS: ReadonlySet<string> = new Set([
  "unhealthy_reset_on_success",
  "unhealthy_reset_timeout",
  "unhealthy_exception_patterns",
  "unhealthy_response_body_patterns",
  "unhealthy_http_codes",
  "sticky_provider_duration",
  "reload",
  "reload_includes",
  "log_color",
  "log_file_path",
  "app_name",
  "app_version",
  "deduplication",
  "testing",
]);
const LEGACY_TIMEOUTS: ReadonlySet<string> = new Set(["non_streaming", "streaming", "caching"]);

/** The mapping without the keys that `unused` names; each of those is warned about and what is under it forgotten. */
function without(mapping: unknown, pointer: Pointer, report: Report, unused: (key: string) => Say | null): unknown {
  if (!Value.Check(MappingSchema, mapping)) return mapping;
  const kept = Object.entries(mapping).filter(([key]) => {
    const say = unused(key);
    if (say === null) return true;
    report.discard(child(pointer, key));
    report.warning(child(pointer, key), say, "key");
    return false;
  });
  return Object.fromEntries(kept);
}

function sayLegacySetting(key: string): Say | null {
  const successor = SUCCESSORS.get(key);
  if (successor !== undefined) return (words) => words.config.legacyMoved(successor);
  return UNUSED_SETTINGS.has(key) ? (words) => words.config.legacyKey : null;
}

/** `settings` without the older balancer's keys. */
export function withoutLegacySettings(settings: unknown, pointer: Pointer, report: Report): unknown {
  const kept = without(settings, pointer, report, sayLegacySetting);
  if (!Value.Check(MappingSchema, kept)) return kept;
  const { timeouts, ...rest } = kept;
  if (timeouts === undefined) return rest;
  const used = without(timeouts, child(pointer, "timeouts"), report, (key) =>
    LEGACY_TIMEOUTS.has(key) ? (words) => words.config.legacyTimeouts : null,
  );
  return { ...rest, timeouts: used };
}

/** Whether an entry is one the older balancer allowed and ccb cannot use; then it is warned about. */
export function isLegacyProvider(entry: unknown, pointer: Pointer, report: Report): boolean {
  if (!Value.Check(MappingSchema, entry)) return false;
  const { type, auth_value: value } = entry;
  const key = child(pointer, "auth_value");
  const openai = typeof type === "string" && type.trim().toLowerCase() === "openai";
  const keyless = value === null || (typeof value === "string" && value.trim() === "");
  if (!openai && !keyless) return false;
  report.discard(pointer);
  if (openai) report.warning(child(pointer, "type"), (words) => words.config.providerOpenai);
  else report.warning(key, (words) => words.config.providerKeyless);
  return true;
}
