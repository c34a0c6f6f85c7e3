// Accounts and statistics in the vault: one entry per account, an index of them, and the statistics apart,
// so that a count can never overwrite a token.
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { Clock, Log } from "../core/ports.ts";
import { VaultError } from "../vault/vault.ts";
import type { Vault } from "../vault/vault.ts";
import { ENTRY_VERSION, parseEntry, parseVersioned, toEntry } from "./account.ts";
import type { Account, Damage } from "./account.ts";
import { createKeeper } from "./keeper.ts";
import type { Keeper, KeeperStatus } from "./keeper.ts";
import { createStatistics, parseStatistics } from "./statistics.ts";
import type { Statistics } from "./statistics.ts";
import type { AccountStore } from "./store.ts";

/** Statistics are written at most this often, milliseconds: what a crash may lose. */
const STATISTICS_INTERVAL_MS = 10_000;

const IndexSchema = Type.Object({ version: Type.Literal(ENTRY_VERSION), accounts: Type.Array(Type.String()) });

/** An entry that could not be read: it is left as it is, and said. `missing`: the index names it, the vault has none. */
interface DamagedEntry {
  readonly entry: string;
  readonly damage: Damage | "missing" | "ambiguous";
}

export interface Persistence {
  readonly statistics: Statistics;
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
  readonly clock: Clock;
  readonly log: Log;
  readonly onStatus: (status: KeeperStatus) => void;
  /** An account came out of the vault. */
  readonly onLoaded: (account: Account) => void;
}

const entryName = (id: string): string => `account:${id}`;

/** Creates the persistence of a store. It reads nothing before `start()`. */
export function createPersistence(deps: PersistenceDeps): Persistence {
  const { store, clock, log } = deps;
  const damaged = new Map<string, DamagedEntry>();
  /** The ids that the index is to name: also those whose entries could not be read, or they would be lost for good. */
  const listed = new Set<string>();
  /** Each account as it was last to be kept. */
  const kept = new Map<string, Account>();
  /** Removed while the vault was closed: its index may still name them. */
  const removed = new Set<string>();
  let keeper: Keeper | null = null;
  let statisticsWritable = true;
  /** The vault's index was damaged and has to be written anew from the entries' names. */
  let indexIsLost = false;
  let dirty = false;
  let cancelFlush = (): void => {};

  const statistics = createStatistics(clock, () => {
    if (dirty || keeper === null) return;
    dirty = true;
    cancelFlush = clock.after(STATISTICS_INTERVAL_MS, () => void flushStatistics());
  });

  async function flushStatistics(): Promise<void> {
    cancelFlush();
    if (!dirty || keeper === null || !statisticsWritable || keeper.status().phase !== "open") {
      // Not open yet: what was counted is added to what the vault holds, once it can be read.
      if (dirty && keeper !== null) cancelFlush = clock.after(STATISTICS_INTERVAL_MS, () => void flushStatistics());
      return;
    }
    dirty = false;
    await keeper.put("stats", statistics.toEntry());
  }

  const indexEntry = (): string => JSON.stringify({ version: ENTRY_VERSION, accounts: [...listed] });

  function reportDamage(entry: string, damage: DamagedEntry["damage"]): void {
    // A vault that is read again and again says it once.
    if (damaged.get(entry)?.damage !== damage) log.warning("vault_entry_unreadable", { entry, damage });
    damaged.set(entry, { entry, damage });
  }

  /** The ids in the index. A damaged index is set aside under another name and rebuilt from the entries' names. */
  async function readIndex(vault: Vault): Promise<readonly string[]> {
    const text = await vault.get("index");
    if (text === null) return [];
    const parsed = parseVersioned(text);
    if (typeof parsed !== "string" && Value.Check(IndexSchema, parsed.value)) return parsed.value.accounts;
    const damage = parsed === "future" ? "future" : "corrupt";
    reportDamage(damage === "future" ? "index" : "index.damaged", damage);
    // A newer version's index must stay as it is: nothing is written to a store that this version cannot read.
    if (damage === "future") throw new VaultError("failed", "the index was written by a newer version of ccb");
    // A list that cannot be had is no empty one: opening fails then, and is tried again.
    const names = await vault.list();
    await vault.set("index.damaged", text);
    indexIsLost = true;
    return names.filter((name) => name.startsWith("account:")).map((name) => name.slice("account:".length));
  }

  async function readStatistics(vault: Vault): Promise<void> {
    const text = await vault.get("stats");
    if (text === null) return;
    const parsed = parseStatistics(text);
    if (typeof parsed !== "string") return statistics.restore(parsed);
    reportDamage(parsed === "future" ? "stats" : "stats.damaged", parsed);
    if (parsed === "future") statisticsWritable = false;
    else await vault.set("stats.damaged", text);
  }

  /** One entry that the vault refuses to tell apart from another does not hold up the rest. */
  async function readEntry(vault: Vault, id: string): Promise<Account | DamagedEntry["damage"]> {
    try {
      const text = await vault.get(entryName(id));
      return text === null ? "missing" : parseEntry(text);
    } catch (error) {
      if (error instanceof VaultError && error.fault === "ambiguous") return "ambiguous";
      throw error;
    }
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
    // Everything is read before anything is taken over: a vault that fails half-way is read again from the start.
    const ids = await readIndex(vault);
    const found: Account[] = [];
    for (const id of ids) {
      if (removed.has(id)) continue;
      const account = await readEntry(vault, id);
      if (typeof account !== "string") found.push(account);
      else if (store.byId(id) === undefined) reportDamage(entryName(id), account);
    }
    await readStatistics(vault);
    for (const id of ids) if (!removed.has(id)) listed.add(id);
    for (const account of found) takeOver(account);
    if (indexIsLost || keeper?.pending("index") === true) void keeper?.put("index", indexEntry());
    indexIsLost = false;
  }

  if (deps.vault !== null) {
    keeper = createKeeper({ vault: deps.vault, clock, log, load, onStatus: deps.onStatus });
  }
  const active = keeper;

  return {
    statistics,
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
      await active.close(milliseconds);
    },
  };
}
