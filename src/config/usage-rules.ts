// `settings.usage.prices`: what the tokens of a model cost, each entry held against its schema.
import { Value } from "@sinclair/typebox/value";

import type { UsageSettings } from "./config.ts";
import { child } from "./report.ts";
import type { Pointer, Report } from "./report.ts";
import { DisplayName, PriceSchema } from "./schema.ts";
import type { PriceFields, SettingsDraft, SettingsFields } from "./schema.ts";
import { sayWrongValue, validate } from "./validate.ts";

/** Reports what is wrong with the prices; `pointer`: that of `usage`. */
export function checkPrices({ usage }: SettingsDraft, pointer: Pointer, report: Report): void {
  for (const [model, entry] of Object.entries(usage?.prices ?? {})) {
    const at = child(child(pointer, "prices"), model);
    if (!Value.Check(DisplayName, model)) report.error(at, sayWrongValue(DisplayName, model), "key");
    validate(PriceSchema, entry, at, report);
  }
}

/** The settings of the usage, without a fault. */
export function toUsage({ usage }: SettingsFields): UsageSettings {
  const prices: Record<string, PriceFields> = {};
  for (const [model, entry] of Object.entries(usage.prices)) if (Value.Check(PriceSchema, entry)) prices[model] = entry;
  return { ...usage, prices };
}
