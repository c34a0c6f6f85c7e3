// How often and when each account served: counted in memory, kept apart from the tokens.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { Clock } from "../core/ports.ts";
import { ENTRY_VERSION, parseVersioned } from "./account.ts";
import type { Damage } from "./account.ts";

const UsageSchema = Type.Object({
  usage_count: Type.Integer({ minimum: 0 }),
  /** Unix seconds; null before the first use. */
  last_used: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
});
export type Usage = Static<typeof UsageSchema>;

const StatisticsSchema = Type.Object({
  version: Type.Literal(ENTRY_VERSION),
  accounts: Type.Record(Type.String(), UsageSchema),
});

export interface Statistics {
  of(id: string): Usage;
  /** A client request was served by this account. */
  count(id: string): void;
  remove(id: string): void;
  /** Adds what an earlier run left to what this one has counted already. */
  restore(earlier: ReadonlyMap<string, Usage>): void;
  toEntry(): string;
}

const UNUSED: Usage = { usage_count: 0, last_used: null };

/** Creates the counters. `onChange` is called at every change; it must be cheap. */
export function createStatistics(clock: Clock, onChange: () => void): Statistics {
  const usages = new Map<string, Usage>();
  return {
    of: (id) => usages.get(id) ?? UNUSED,
    count(id) {
      const now = Math.max(0, Math.floor(clock.now() / 1000));
      const usage = usages.get(id);
      if (usage === undefined) usages.set(id, { usage_count: 1, last_used: now });
      else {
        usage.usage_count += 1;
        usage.last_used = now;
      }
      onChange();
    },
    remove(id) {
      if (usages.delete(id)) onChange();
    },
    restore(earlier) {
      for (const [id, usage] of earlier) {
        const current = usages.get(id) ?? UNUSED;
        usages.set(id, {
          usage_count: usage.usage_count + current.usage_count,
          last_used: current.last_used ?? usage.last_used,
        });
      }
    },
    toEntry: () => toStatistics(usages),
  };
}

/** The text of the vault's entry. */
export function toStatistics(usages: ReadonlyMap<string, Usage>): string {
  return JSON.stringify({ version: ENTRY_VERSION, accounts: Object.fromEntries(usages) });
}

/** The counters of a vault entry, or why it could not be read. */
export function parseStatistics(text: string): ReadonlyMap<string, Usage> | Damage {
  const parsed = parseVersioned(text);
  if (typeof parsed === "string") return parsed;
  return Value.Check(StatisticsSchema, parsed.value) ? new Map(Object.entries(parsed.value.accounts)) : "corrupt";
}
