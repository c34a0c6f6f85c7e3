// Everything the vault and the journal hold, read before anything is taken over: what fails half-way is read again.
import { codeOf } from "../core/errors.ts";
import type { Log } from "../core/ports.ts";
import type { Journal } from "../vault/journal.ts";
import { VaultError } from "../vault/vault.ts";
import type { Vault, VaultFault } from "../vault/vault.ts";
import { parseEntry } from "./account.ts";
import type { Account, Damage } from "./account.ts";
import { entryName, idsOf, newerAccount, newerStatistics, parseIndex, recoverIndex } from "./recovery.ts";
import { parseStatistics } from "./statistics.ts";
import type { Usage } from "./statistics.ts";

/** An entry that could not be read: nothing replaces it, and it is said. `missing`: the index names it, the vault has none. */
export interface DamagedEntry {
  readonly entry: string;
  readonly damage: Damage | "missing" | "ambiguous" | "wrong_key" | "foreign";
  /** Where a damaged one was put out of the way; null: it is where it was. */
  readonly file: string | null;
}

/** Where the store has put what it could not read of an entry, now or at an earlier start; null: nowhere. */
export type SetAsideOf = (entry: string) => string | null;

/** What is said of an entry that could not be read. One that an earlier start put out of the way is damaged, not missing. */
export function toDamagedEntry(entry: string, damage: DamagedEntry["damage"], setAsideOf: SetAsideOf): DamagedEntry {
  const file = damage === "corrupt" || damage === "missing" ? setAsideOf(entry) : null;
  return { entry, damage: file === null ? damage : "corrupt", file };
}

/** Faults that are one entry's own and do not hold up the rest. */
const OF_ONE_ENTRY: Partial<Record<VaultFault, DamagedEntry["damage"]>> = {
  ambiguous: "ambiguous",
  damaged: "corrupt",
  newer: "future",
  wrong_key: "wrong_key",
  foreign: "foreign",
};

/** What an entry's own fault means for it; rethrows where the vault as a whole is at fault. */
function damageOf(error: unknown): DamagedEntry["damage"] {
  const damage = error instanceof VaultError ? OF_ONE_ENTRY[error.fault] : undefined;
  if (damage === undefined) throw error;
  return damage;
}

export interface Contents {
  /** What the index names, or would. */
  readonly ids: readonly string[];
  readonly found: readonly Account[];
  /** Those of `found` that only the journal has. */
  readonly rescued: readonly Account[];
  /** By id. */
  readonly unread: ReadonlyMap<string, DamagedEntry["damage"]>;
  /** Ids whose removal the vault has not seen. */
  readonly gone: readonly string[];
  readonly counts: ReadonlyMap<string, Usage>;
  /** The journal had newer counts than the vault. */
  readonly countsAhead: boolean;
  /** False: what the vault holds is not this program's to replace. */
  readonly statisticsWritable: boolean;
  /** The index was damaged and has to be written anew. */
  readonly indexIsLost: boolean;
  readonly noted: ReadonlyMap<string, string>;
}

export interface ReadVaultDeps {
  readonly log: Log;
  readonly reportDamage: (entry: string, damage: DamagedEntry["damage"]) => void;
  /** Removed in memory meanwhile. */
  readonly isRemoved: (id: string) => boolean;
}

interface Index {
  readonly ids: readonly string[];
  readonly lost: boolean;
}

/** By the entries' names. A list that cannot be had is no empty one: opening fails then, and is tried again. */
async function rebuildIndex(vault: Vault): Promise<Index> {
  const ids = idsOf(await vault.list());
  return { ids, lost: ids.length > 0 };
}

/** The ids in the index. A damaged one is set aside under another name and rebuilt. */
async function readIndex(vault: Vault, reportDamage: ReadVaultDeps["reportDamage"]): Promise<Index> {
  let text: string | null;
  try {
    text = await vault.get("index");
  } catch (error) {
    if (!(error instanceof VaultError) || error.fault !== "damaged") throw error;
    reportDamage("index", "corrupt");
    return rebuildIndex(vault);
  }
  // A folder's list is certain, a keyring's is not: there an index that is missing is one that was never written.
  if (text === null) return vault.backend === "file" ? rebuildIndex(vault) : { ids: [], lost: false };
  const ids = parseIndex(text);
  if (typeof ids !== "string") return { ids, lost: false };
  reportDamage(ids === "future" ? "index" : "index.damaged", ids);
  // A newer version's index must stay as it is: nothing is written to a store that this version cannot read.
  if (ids === "future") throw new VaultError("failed", "the index was written by a newer version of ccb");
  const rebuilt = await rebuildIndex(vault);
  await vault.set("index.damaged", text);
  return { ids: rebuilt.ids, lost: true };
}

type Counts = Pick<Contents, "counts" | "statisticsWritable">;

async function readStatistics(vault: Vault, reportDamage: ReadVaultDeps["reportDamage"]): Promise<Counts> {
  let text: string | null = null;
  let parsed: ReadonlyMap<string, Usage> | DamagedEntry["damage"];
  try {
    text = await vault.get("stats");
    parsed = text === null ? new Map<string, Usage>() : parseStatistics(text);
  } catch (error) {
    parsed = damageOf(error);
  }
  if (typeof parsed !== "string") return { counts: parsed, statisticsWritable: true };
  // A copy is kept under the other name, where there is a text to copy.
  reportDamage(parsed === "corrupt" && text !== null ? "stats.damaged" : "stats", parsed);
  if (parsed === "corrupt" && text !== null) await vault.set("stats.damaged", text);
  return { counts: new Map(), statisticsWritable: parsed === "corrupt" };
}

/** One entry that the vault refuses to tell apart from another, or to open, does not hold up the rest. */
async function readEntry(vault: Vault, id: string): Promise<Account | DamagedEntry["damage"]> {
  try {
    const text = await vault.get(entryName(id));
    return text === null ? "missing" : parseEntry(text);
  } catch (error) {
    return damageOf(error);
  }
}

/** What a process that ended before its time had noted. */
async function readJournal(journal: Journal | null, log: Log): Promise<ReadonlyMap<string, string>> {
  try {
    return (await journal?.open()) ?? new Map<string, string>();
  } catch (error) {
    const detail = error instanceof VaultError ? error.message : codeOf(error);
    log.warning("journal_unavailable", { detail });
    return new Map();
  }
}

/** Reads it all; the newer of vault and journal wins, entry by entry. Rejects with VaultError. */
export async function readVault(vault: Vault, journal: Journal | null, deps: ReadVaultDeps): Promise<Contents> {
  const index = await readIndex(vault, deps.reportDamage);
  const noted = await readJournal(journal, deps.log);
  const { ids, removed: gone } = recoverIndex(index.ids, noted);
  const found: Account[] = [];
  const rescued: Account[] = [];
  const unread = new Map<string, DamagedEntry["damage"]>();
  for (const id of ids) {
    if (deps.isRemoved(id)) continue;
    const stored = await readEntry(vault, id);
    const newer = newerAccount(typeof stored === "string" ? null : stored, id, noted);
    if (newer !== null) rescued.push(newer);
    const account = newer ?? stored;
    if (typeof account === "string") unread.set(id, account);
    else found.push(account);
  }
  const { counts, statisticsWritable } = await readStatistics(vault, deps.reportDamage);
  const ahead = newerStatistics(counts, noted);
  return {
    ids,
    found,
    rescued,
    unread,
    gone,
    counts: ahead ?? counts,
    countsAhead: ahead !== null,
    statisticsWritable,
    indexIsLost: index.lost,
    noted,
  };
}
