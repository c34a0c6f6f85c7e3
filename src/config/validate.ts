// Holds a value against its schema: reports every fault with its place, and returns what is sound.
import type { TObject, TSchema } from "@sinclair/typebox";
import { TypeGuard } from "@sinclair/typebox";
import { Value, ValueErrorType, ValuePointer } from "@sinclair/typebox/value";

import type { Say } from "../core/errors.ts";
import { AllowSchema, ClientKeySchema } from "./client-key-schema.ts";
import { expectation } from "./expectation.ts";
import { nearest } from "./nearest.ts";
import { segments } from "./report.ts";
import type { Pointer, Report } from "./report.ts";
import {
  AccountSchema,
  AuthSchema,
  BalancingSchema,
  FileSchema,
  MappingSchema,
  NotifySchema,
  OAuthSchema,
  ProviderSchema,
  RouteEntrySchema,
  SettingsSchema,
  TimeoutsSchema,
  TlsSchema,
  UsageSchema,
} from "./schema.ts";

/** Every section, to tell somebody whose key is right but stands in the wrong one. */
const SECTIONS: readonly (readonly [path: string, schema: TObject])[] = [
  ["", FileSchema],
  ["settings.", SettingsSchema],
  ["settings.oauth.", OAuthSchema],
  ["settings.timeouts.", TimeoutsSchema],
  ["settings.balancing.", BalancingSchema],
  ["settings.auth.", AuthSchema],
  ["settings.auth.api_keys[].", ClientKeySchema],
  ["settings.auth.api_keys[].allow.", AllowSchema],
  ["settings.tls.", TlsSchema],
  ["settings.notify.", NotifySchema],
  ["settings.usage.", UsageSchema],
  ["providers[].", ProviderSchema],
  ["providers[].accounts[].", AccountSchema],
  ["model_routes.*[].", RouteEntrySchema],
];

/** Words for a key that the section does not have: the nearest that it has, the same in another section, or all it has. */
function sayUnknownKey(key: string, section: TSchema): Say {
  const own = TypeGuard.IsObject(section) ? Object.keys(section.properties) : [];
  const near = nearest(key, own);
  if (near !== null) return (words) => words.config.keyUnknown([near]);
  const elsewhere = SECTIONS.find(([, schema]) => Object.hasOwn(schema.properties, key));
  if (elsewhere !== undefined) return (words) => words.config.keyElsewhere(`${elsewhere[0]}${key}`);
  return (words) => words.config.keyUnknown(own);
}

/** Words for a value that is not as the schema wants it. */
export function sayWrongValue(expected: TSchema, found: unknown): Say {
  return (words) =>
    found === null
      ? words.config.valueEmpty(expectation(expected, words))
      : words.config.valueWrong(expectation(expected, words));
}

/** The number or boolean that an unquoted `${NAME}` held. */
function converted(schema: TSchema, text: string): number | boolean | undefined {
  if (TypeGuard.IsBoolean(schema)) return text === "true" ? true : text === "false" ? false : undefined;
  const numeric = TypeGuard.IsInteger(schema) || TypeGuard.IsNumber(schema);
  return numeric && /^\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : undefined;
}

/** Takes the faulty key out; a faulty item takes its whole list along, since a shorter list means something else. */
function drop(value: unknown, path: readonly string[]): void {
  let holder = value;
  for (const [index, name] of path.entries()) {
    if (!Value.Check(MappingSchema, holder)) return;
    const next = holder[name];
    if (index === path.length - 1 || !Value.Check(MappingSchema, next)) {
      delete holder[name];
      return;
    }
    holder = next;
  }
}

/** `value` with the schema's defaults, and the variables that stand for numbers and booleans converted. */
function complete(schema: TSchema, value: unknown, pointer: Pointer, report: Report): unknown {
  const completed = Value.Default(schema, value);
  if (report.fromEnvironment.size === 0 || !Value.Check(MappingSchema, completed)) return completed;
  for (const error of Value.Errors(schema, completed)) {
    const text = report.fromEnvironment.get(pointer + error.path);
    const better = text === undefined ? undefined : converted(error.schema, text);
    if (better !== undefined) ValuePointer.Set(completed, error.path, better);
  }
  return completed;
}

/**
 * Completes `value` with defaults and reports each fault once, at `pointer` and below.
 * Returns what is left when the faulty keys are taken out; `undefined` where the value is no mapping at all.
 */
export function validate(schema: TObject, value: unknown, pointer: Pointer, report: Report): unknown {
  const completed = complete(schema, value, pointer, report);
  const faulty = new Map<Pointer, void>();
  for (const error of Value.Errors(schema, completed)) {
    if (faulty.has(error.path)) continue;
    faulty.set(error.path);
    const at = pointer + error.path;
    if (error.type === ValueErrorType.ObjectAdditionalProperties) {
      report.error(at, sayUnknownKey(segments(error.path).at(-1) ?? "", error.schema), "key");
    } else if (error.type === ValueErrorType.ObjectRequiredProperty) {
      report.error(at, (words) => words.config.keyMissing);
    } else {
      report.error(at, sayWrongValue(error.schema, error.value));
    }
  }
  if (!Value.Check(MappingSchema, completed)) return undefined;
  for (const path of faulty.keys()) drop(completed, segments(path));
  return completed;
}

const SECTIONS_OF_SETTINGS = ["oauth", "timeouts", "balancing", "auth", "notify", "usage"] as const;

/** Sections that are missing, or whose keys are all commented out (YAML reads that as null), are empty ones. */
export function fillEmptySections(settings: unknown): unknown {
  const given = settings ?? {};
  if (!Value.Check(MappingSchema, given)) return given;
  return { ...given, ...Object.fromEntries(SECTIONS_OF_SETTINGS.map((name) => [name, given[name] ?? {}])) };
}
