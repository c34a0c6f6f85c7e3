// `model_routes`: which providers serve a model, and under which name.
import { Value } from "@sinclair/typebox/value";

import type { ModelRoute, RouteEntry } from "./config.ts";
import { nearest } from "./nearest.ts";
import { child } from "./report.ts";
import type { Pointer, Report } from "./report.ts";
import { DisplayName, MappingSchema, RouteEntryDraftSchema, RouteEntrySchema, RouteSchema } from "./schema.ts";
import { sayWrongValue, validate } from "./validate.ts";

/** The names that stand in the file, as they are written. */
export interface ProviderNames {
  /** Those of faulty providers, too: what is wrong is said there. */
  readonly known: ReadonlySet<string>;
  /** Of providers left out as the older balancer's. */
  readonly skipped: ReadonlySet<string>;
}

const PASSTHROUGH = "passthrough";

/** "skipped": it names a provider that was left out; null: faulty. */
function resolveEntry(
  entry: unknown,
  pointer: Pointer,
  names: ProviderNames,
  report: Report,
): RouteEntry | "skipped" | null {
  const draft = validate(RouteEntrySchema, entry, pointer, report);
  if (!Value.Check(RouteEntryDraftSchema, draft)) return null;
  const { provider, model, priority = null } = draft;
  const meant = model === undefined || model === PASSTHROUGH ? null : nearest(model, [PASSTHROUGH]);
  if (meant !== null) report.error(child(pointer, "model"), (words) => words.config.routeModelMeant(meant));
  if (provider === undefined) return null;
  const at = child(pointer, "provider");
  if (names.known.has(provider)) return model === undefined ? null : { provider, model, priority };
  if (names.skipped.has(provider)) {
    report.warning(at, (words) => words.config.routeEntrySkipped);
    return "skipped";
  }
  const known = [...names.known];
  // Then there is an error about the providers themselves.
  if (known.length === 0) return null;
  const near = nearest(provider, known);
  report.error(at, (words) => words.config.routeProviderUnknown(near, known));
  return null;
}

function resolveRoute(
  pattern: string,
  list: unknown,
  pointer: Pointer,
  names: ProviderNames,
  report: Report,
): ModelRoute | null {
  if (!Value.Check(DisplayName, pattern)) report.error(pointer, sayWrongValue(DisplayName, pattern), "key");
  if (!Value.Check(RouteSchema, list)) {
    report.error(pointer, sayWrongValue(RouteSchema, list));
    return null;
  }
  const entries: RouteEntry[] = [];
  let skipped = 0;
  for (const [index, item] of list.entries()) {
    const at = child(pointer, index);
    const entry = resolveEntry(item, at, names, report);
    if (entry === "skipped") skipped++;
    else if (entry !== null) {
      const twice = entries.some(({ provider, model }) => provider === entry.provider && model === entry.model);
      if (twice) report.warning(at, (words) => words.config.routeEntryTwice);
      else entries.push(entry);
    }
  }
  if (skipped === list.length) report.warning(pointer, (words) => words.config.routeSkipped, "key");
  return entries.length === 0 ? null : { pattern, entries };
}

/** Reports what is wrong with `model_routes`, everything at once; returns the routes that are sound, as the file orders them. */
export function resolveRoutes(
  section: unknown,
  pointer: Pointer,
  names: ProviderNames,
  report: Report,
): readonly ModelRoute[] {
  if (section === undefined || section === null) return [];
  if (!Value.Check(MappingSchema, section)) {
    report.error(pointer, (words) => words.config.valueWrong(words.config.expectMapping));
    return [];
  }
  // Not in the order of the object, which would put a pattern of digits first.
  const placeOf = (pattern: string): number => report.places.get(child(pointer, pattern))?.key ?? 0;
  return Object.entries(section)
    .toSorted(([a], [b]) => placeOf(a) - placeOf(b))
    .map(([pattern, list]) => resolveRoute(pattern, list, child(pointer, pattern), names, report))
    .filter((route) => route !== null);
}
