// The entries of a provider's `accounts`: an email, or a section with rules of its own.
import { Value } from "@sinclair/typebox/value";

import type { AccountRule } from "./config.ts";
import { child } from "./report.ts";
import type { Pointer, Report } from "./report.ts";
import { AccountDraftSchema, AccountSchema, MappingSchema } from "./schema.ts";
import type { AccountDraft } from "./schema.ts";
import { sayWrongValue, validate } from "./validate.ts";

interface Entry {
  readonly draft: AccountDraft;
  /** Where its email stands. */
  readonly at: Pointer;
}

/** By hand and not as a union of the schema: that would only say that neither of the two fits. */
function readEntry(entry: unknown, pointer: Pointer, report: Report): Entry | null {
  if (Value.Check(MappingSchema, entry)) {
    const draft = validate(AccountSchema, entry, pointer, report);
    return Value.Check(AccountDraftSchema, draft) ? { draft, at: child(pointer, "email") } : null;
  }
  const { email } = AccountSchema.properties;
  if (Value.Check(email, entry)) return { draft: { email: entry, reserve_percent: 0 }, at: pointer };
  const isText = typeof entry === "string";
  report.error(
    pointer,
    isText ? sayWrongValue(email, entry) : (words) => words.config.valueWrong(words.config.expectAccount),
  );
  return null;
}

/** Reports what is wrong with the list, everything at once; returns the rules that are sound, in their order. */
export function resolveAccounts(list: readonly unknown[], pointer: Pointer, report: Report): readonly AccountRule[] {
  const seen = new Set<string>();
  const rules: AccountRule[] = [];
  for (const [index, item] of list.entries()) {
    const entry = readEntry(item, child(pointer, index), report);
    const email = entry?.draft.email;
    if (entry === null || email === undefined) continue;
    // As accounts are found by it.
    const folded = email.toLowerCase();
    if (seen.has(folded)) report.error(entry.at, (words) => words.config.accountTwice);
    seen.add(folded);
    const { priority = null, weight = null, reserve_percent = 0 } = entry.draft;
    rules.push({ email, priority, weight, reserve_percent });
  }
  return rules;
}
