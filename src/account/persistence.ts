// Accounts and statistics in the vault: one entry per account, an index of them, and the statistics apart,
// so that a count can never overwrite a token.
import type { Clock, Log } from "../core/ports.ts";
import type { Journal } from "../vault/journal.ts";
import type { Vault } from "../vault/vault.ts";
import { parseEntry, toEntry } from "./account.ts";
import type { Account } from "./account.ts";
import { createKeeper } from "./keeper.ts";
import type { Keeper, KeeperStatus } from "./keeper.ts";
import { readVault, toDamagedEntry } from "./read-vault.ts";
import type { Contents, DamagedEntry, SetAsideOf } from "./read-vault.ts";
import { entryName, toIndex } from "./recovery.ts";
import { createStatistics } from "./statistics.ts";
import type { Statistics } from "./statistics.ts";
import type { AccountStore } from "./store.ts";

/** Statistics are written at most this often, milliseconds. */
const STATISTICS_INTERVAL_MS = 10_000;
/** They are in the journal after this, milliseconds: so that a crash loses less than 10 s of them however slow the vault is. */
const STATISTICS_NOTED_MS = 5_000;

export interface Persistence {
  readonly statistics: Statistics;
  /** Where accounts are kept. */
  readonly backend: Vault["backend"];
  start(): void;
  /** null where persistence is switched off. */
  status(): KeeperStatus | null;
  damaged(): readonly DamagedEntry[];
  /** Resolves once the accounts are known or cannot be had, or after `milliseconds`. */
  settled(milliseconds: number): Promise<void>;
  /** Keeps an account; call it before its new token is used. True: durable. Waits at most 5 s. */
  keep(account: Account): Promise<boolean>;
  /** Removes an account's entry. True: durable. */
  forget(id: string): Promise<boolean>;
  /** The account as the vault has it now; undefined where it gives no answer or none that can be read. */
  reread(id: string): Promise<Account | undefined>;
  close(milliseconds: number): Promise<void>;
}

export interface PersistenceDeps {
  readonly store: AccountStore;
  /** null: everything stays in memory (`enable_persistence: false`). */
  readonly vault: Vault | null;
  /** null: a crash loses what is on its way into the vault. */
  readonly journal: Journal | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly onStatus: (status: KeeperStatus) => void;
  /** An account came out of the vault. */
  readonly onLoaded: (account: Account) => void;
  /** An entry could not be read; called once for each. */
  readonly onDamaged?: (entry: DamagedEntry) => void;
  /** Default: the vault puts nothing out of the way. */
  readonly setAsideOf?: SetAsideOf;
}

/** Creates the persistence of a store. It reads nothing before `start()`. */
export function createPersistence(deps: PersistenceDeps): Persistence {
  const { store, clock, log, onDamaged = () => {}, setAsideOf = () => null } = deps;
  const damaged = new Map<string, DamagedEntry>();
  /** The ids that the index is to name: also those whose entries could not be read, or they would be lost for good. */
  const listed = new Set<string>();
  /** Each account as it was last to be kept. */
  const kept = new Map<string, Account>();
  /** Removed while the vault was closed: its index may still name them. */
  const removed = new Set<string>();
  let keeper: Keeper | null = null;
  let statisticsWritable = true;
  let dirty = false;
  let cancelFlush = (): void => {};
  let cancelNote = (): void => {};

  const statistics = createStatistics(clock, () => {
    if (dirty || keeper === null) return;
    dirty = true;
    cancelNote = clock.after(STATISTICS_NOTED_MS, () => {
      if (dirty && statisticsWritable) keeper?.note("stats", statistics.toEntry());
    });
    cancelFlush = clock.after(STATISTICS_INTERVAL_MS, () => void flushStatistics());
  });

  async function flushStatistics(): Promise<void> {
    cancelFlush();
    cancelNote();
    if (!dirty || keeper === null || !statisticsWritable || keeper.status().phase !== "open") {
      // Not open yet: what was counted is added to what the vault holds, once it can be read.
      if (dirty && keeper !== null) cancelFlush = clock.after(STATISTICS_INTERVAL_MS, () => void flushStatistics());
      return;
    }
    dirty = false;
    await keeper.put("stats", statistics.toEntry());
  }

  const indexEntry = (): string => toIndex(listed);

  function reportDamage(entry: string, damage: DamagedEntry["damage"]): void {
    const found = toDamagedEntry(entry, damage, setAsideOf);
    const known = damaged.get(entry)?.damage;
    damaged.set(entry, found);
    // A vault that is read again and again says it once.
    if (known === found.damage) return;
    log.warning("vault_entry_unreadable", { entry, damage: found.damage });
    onDamaged(found);
  }

  /** An account out of the vault goes into memory. What was signed in or removed meanwhile is newer there. */
  function takeOver(account: Account): void {
    const current = store.byId(account.id);
    if (removed.has(account.id)) return;
    if (current !== undefined) {
      const aliases = [...new Set([...account.aliases, ...current.aliases])].slice(-20);
      const createdAt = Math.min(account.createdAt, current.createdAt);
      store.save({ ...current, aliases, createdAt });
      // With the tokens that were last to be kept: a refresh keeps its tokens before memory has them.
      const newest = { ...(kept.get(current.id) ?? current), aliases, createdAt };
      void keeper?.put(entryName(newest.id), toEntry(newest));
      return;
    }
    // Another organization of this person may have signed in while this one's name was not known.
    const taken = store.all().some(({ name }) => name.toLowerCase() === account.name.toLowerCase());
    const loaded = taken
      ? { ...account, name: `${account.email} (${account.organizationName ?? account.id})` }
      : account;
    store.save(loaded);
    deps.onLoaded(loaded);
  }

  async function load(vault: Vault): Promise<void> {
    const contents = await readVault(vault, deps.journal, { log, reportDamage, isRemoved: (id) => removed.has(id) });
    statisticsWritable = contents.statisticsWritable;
    statistics.restore(contents.counts);
    // Who signs in while the vault is read has a new entry on its way.
    for (const [id, damage] of contents.unread)
      if (store.byId(id) === undefined && !kept.has(id)) reportDamage(entryName(id), damage);
    for (const id of contents.ids) if (!removed.has(id)) listed.add(id);
    for (const account of contents.found) if (!removed.has(account.id)) takeOver(account);
    settleJournal(contents);
    if (contents.indexIsLost || keeper?.pending("index") === true) void keeper?.put("index", indexEntry());
  }

  /** Brings into the vault what only the journal had, and clears what the vault has. */
  function settleJournal({ noted, rescued, gone, countsAhead }: Contents): void {
    if (noted.size === 0) return;
    log.warning("journal_recovered", { accounts: rescued.length, removed: gone.length, statistics: countsAhead });
    const settled = new Set(noted.keys().filter((name) => keeper?.pending(name) !== true));
    for (const account of rescued) {
      const name = entryName(account.id);
      settled.delete(name);
      if (keeper?.pending(name) !== true) void keeper?.put(name, toEntry(account));
    }
    for (const id of gone) if (!listed.has(id)) void keeper?.put(entryName(id), null);
    if (countsAhead && statisticsWritable) {
      settled.delete("stats");
      void keeper?.put("stats", statistics.toEntry());
    }
    if (settled.delete("index") || rescued.length > 0) void keeper?.put("index", indexEntry());
    for (const name of settled) deps.journal?.settle(name, null);
  }

  if (deps.vault !== null) {
    keeper = createKeeper({ vault: deps.vault, journal: deps.journal, clock, log, load, onStatus: deps.onStatus });
  }
  const active = keeper;

  return {
    statistics,
    backend: deps.vault?.backend ?? "memory",
    start: () => active?.start(),
    status: () => active?.status() ?? null,
    damaged: () => [...damaged.values()],
    settled: (milliseconds) => active?.settled(milliseconds) ?? Promise.resolve(),
    async keep(account) {
      if (active === null) return false;
      damaged.delete(entryName(account.id));
      kept.set(account.id, account);
      removed.delete(account.id);
      // The entry first: an index that names an entry which a crash kept from being written would be a loss.
      const entry = active.put(entryName(account.id), toEntry(account));
      if (listed.has(account.id)) return entry;
      listed.add(account.id);
      const [written, indexed] = await Promise.all([entry, active.put("index", indexEntry())]);
      return written && indexed;
    },
    async forget(id) {
      statistics.remove(id);
      // What is in memory alone is gone for good.
      if (active === null) return true;
      listed.delete(id);
      kept.delete(id);
      removed.add(id);
      const [gone, indexed] = await Promise.all([active.put(entryName(id), null), active.put("index", indexEntry())]);
      return gone && indexed;
    },
    async reread(id) {
      const text = await active?.read(entryName(id));
      if (text === undefined || text === null) return undefined;
      const account = parseEntry(text);
      return typeof account === "string" ? undefined : account;
    },
    async close(milliseconds) {
      if (active === null) return;
      // Not awaited: closing waits for all writes together.
      void flushStatistics();
      cancelFlush();
      cancelNote();
      await active.close(milliseconds);
    },
  };
}
