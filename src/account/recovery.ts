// What the journal of an ended process adds to what the vault holds: the newer of the two, entry by entry.
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { ENTRY_VERSION, isNewer, parseEntry, parseVersioned } from "./account.ts";
import type { Account, Damage } from "./account.ts";
import { parseStatistics } from "./statistics.ts";
import type { Usage } from "./statistics.ts";

const IndexSchema = Type.Object({ version: Type.Literal(ENTRY_VERSION), accounts: Type.Array(Type.String()) });

const ACCOUNT_PREFIX = "account:";
export const entryName = (id: string): string => `${ACCOUNT_PREFIX}${id}`;

/** Whether an entry of this name holds an account. */
export const isAccountEntry = (name: string): boolean => name.startsWith(ACCOUNT_PREFIX);

/** The ids among names of entries. */
export function idsOf(names: Iterable<string>): string[] {
  return [...names].filter(isAccountEntry).map((name) => name.slice(ACCOUNT_PREFIX.length));
}

export const toIndex = (ids: Iterable<string>): string =>
  JSON.stringify({ version: ENTRY_VERSION, accounts: [...ids] });

/** The ids that an index names, or why it could not be read. */
export function parseIndex(text: string): readonly string[] | Damage {
  const parsed = parseVersioned(text);
  if (typeof parsed === "string") return parsed;
  return Value.Check(IndexSchema, parsed.value) ? parsed.value.accounts : "corrupt";
}

export interface Recovered {
  /** The ids to load: a noted index is newer than the vault's, and a noted account is in it or was to be. */
  readonly ids: readonly string[];
  /** Ids whose removal the vault has not seen. */
  readonly removed: readonly string[];
}

/** Which accounts there are, by the vault's index and what was `noted` after it. */
export function recoverIndex(stored: readonly string[], noted: ReadonlyMap<string, string>): Recovered {
  const text = noted.get("index");
  const newer = text === undefined ? "corrupt" : parseIndex(text);
  const named = typeof newer === "string" ? stored : newer;
  return {
    ids: [...new Set([...named, ...idsOf(noted.keys())])],
    removed: typeof newer === "string" ? [] : stored.filter((id) => !newer.includes(id)),
  };
}

/** The noted account where it is newer than the stored one; null: what the vault holds is as new, or nothing was noted. */
export function newerAccount(stored: Account | null, id: string, noted: ReadonlyMap<string, string>): Account | null {
  const text = noted.get(entryName(id));
  const account = text === undefined ? "corrupt" : parseEntry(text);
  if (typeof account === "string" || account.id !== id) return null;
  return stored === null || isNewer(account.tokens, stored.tokens) ? account : null;
}

/** Counts only grow, so the larger is the newer; null: the journal adds nothing. */
export function newerStatistics(
  stored: ReadonlyMap<string, Usage>,
  noted: ReadonlyMap<string, string>,
): ReadonlyMap<string, Usage> | null {
  const text = noted.get("stats");
  const parsed = text === undefined ? "corrupt" : parseStatistics(text);
  if (typeof parsed === "string") return null;
  const ahead = [...parsed].filter(([id, usage]) => usage.usage_count > (stored.get(id)?.usage_count ?? 0));
  return ahead.length === 0 ? null : new Map([...stored, ...ahead]);
}
