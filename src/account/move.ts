// Moves accounts and statistics from one vault to another; nothing is removed before all of it was read back.
import type { Log } from "../core/ports.ts";
import type { Journal } from "../vault/journal.ts";
import type { Vault } from "../vault/vault.ts";
import { isNewer, toEntry } from "./account.ts";
import type { Account } from "./account.ts";
import { readVault } from "./read-vault.ts";
import type { Contents } from "./read-vault.ts";
import { entryName, toIndex } from "./recovery.ts";
import { toStatistics } from "./statistics.ts";
import type { Usage } from "./statistics.ts";

export interface Side {
  readonly vault: Vault;
  readonly journal: Journal | null;
}

export type MoveResult =
  | { readonly outcome: "nothing" }
  /** Entries that could not be read; nothing was changed. */
  | { readonly outcome: "unread"; readonly entries: readonly string[] }
  /** The other vault gave back something else; nothing was removed. */
  | { readonly outcome: "differs"; readonly entry: string }
  | { readonly outcome: "moved"; readonly accounts: number }
  /** All is in the other vault; the copies could not all be removed. */
  | { readonly outcome: "left_behind"; readonly accounts: number; readonly cause: unknown };

const read = ({ vault, journal }: Side, log: Log): Promise<Contents> =>
  readVault(vault, journal, { log, reportDamage: () => {}, isRemoved: () => false });

/** What the other vault is to hold. It may have some of it already, and newer: from a move that was cut short, say. */
function merge(from: Contents, to: Contents): Map<string, string> {
  const accounts = new Map<string, Account>(to.found.map((account) => [account.id, account]));
  for (const account of from.found) {
    const there = accounts.get(account.id);
    if (there === undefined || isNewer(account.tokens, there.tokens)) accounts.set(account.id, account);
  }
  const counts = new Map<string, Usage>(to.counts);
  for (const [id, usage] of from.counts) {
    // Never the sum: after a move that was cut short both hold the same requests.
    if (usage.usage_count > (counts.get(id)?.usage_count ?? 0)) counts.set(id, usage);
  }
  const entries = new Map([...accounts.values()].map((account) => [entryName(account.id), toEntry(account)]));
  if (counts.size > 0) entries.set("stats", toStatistics(counts));
  // Last: what it names is there.
  return entries.set("index", toIndex(new Set([...to.ids, ...accounts.keys()])));
}

/** Moves everything. Rejects with VaultError where one of the two cannot be used; then nothing was removed. */
export async function moveAccounts(from: Side, to: Side, log: Log): Promise<MoveResult> {
  // A locked keyring may answer null to every question: a write and a read-back tell.
  for (const { vault } of [from, to]) await vault.probe();
  const [source, target] = [await read(from, log), await read(to, log)];
  // Reading goes on without a journal, but what it alone has would be left behind with a store that is emptied.
  for (const { journal } of [from, to]) await journal?.open();
  const there = new Set(target.found.map(({ id }) => id));
  const unread = [...[...source.unread.keys()].filter((id) => !there.has(id)), ...target.unread.keys()].map(entryName);
  if (!source.statisticsWritable || !target.statisticsWritable) unread.push("stats");
  if (unread.length > 0) return { outcome: "unread", entries: unread };
  if (source.ids.length === 0 && source.counts.size === 0) return { outcome: "nothing" };

  const entries = merge(source, target);
  for (const [name, value] of entries) await to.vault.set(name, value);
  for (const [name, value] of entries) {
    if ((await to.vault.get(name)) !== value) return { outcome: "differs", entry: name };
  }
  for (const name of target.noted.keys()) to.journal?.settle(name, null);

  const accounts = entries.size - (entries.has("stats") ? 2 : 1);
  try {
    // The index last: until it is gone, the same command finds what is left.
    for (const name of [...source.ids.map(entryName), "stats", "index"]) await from.vault.delete(name);
    for (const name of source.noted.keys()) from.journal?.settle(name, null);
  } catch (cause) {
    return { outcome: "left_behind", accounts, cause };
  }
  return { outcome: "moved", accounts };
}
