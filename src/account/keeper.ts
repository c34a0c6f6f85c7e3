// Brings changes into the vault: in order, newest value per entry, retried until it succeeds.
// The vault may be absent, locked, hanging or full; callers wait a bounded time and learn whether it is durable.
import { codeOf } from "../core/errors.ts";
import type { Clock, Log } from "../core/ports.ts";
import type { Journal } from "../vault/journal.ts";
import { VaultError } from "../vault/vault.ts";
import type { Vault, VaultFault } from "../vault/vault.ts";

/** How long a token change waits for the vault before ccb goes on from memory, milliseconds (design.md, OAuth). */
const DURABLE_WAIT_MS = 5_000;
const RETRY_FIRST_MS = 1_000;
/**
 * The longest pause between tries. A locked keyring may show its owner a prompt at each try, and one that hangs keeps a
 * thread for each: these are asked less often, and again when a request needs an account.
 */
const RETRY_LIMIT_MS: Readonly<Record<VaultFault, number>> = {
  absent: 30_000,
  no_lock: 30_000,
  no_key: 30_000,
  wrong_key: 30_000,
  foreign: 30_000,
  unwritable: 30_000,
  damaged: 30_000,
  newer: 300_000,
  ambiguous: 30_000,
  full: 30_000,
  failed: 30_000,
  locked: 300_000,
  silent: 600_000,
};
/** Between two tries while ccb stops. */
const CLOSE_PAUSE_MS = 250;
/** There is no store to read: that is empty, not unreadable. */
const NOTHING_THERE: ReadonlySet<VaultFault> = new Set<VaultFault>(["absent", "no_lock", "no_key"]);
/** Faults that may be one entry's alone, or say nothing about reading: the others are tried all the same. */
const WRITES_ONLY: ReadonlySet<VaultFault> = new Set<VaultFault>([
  "full",
  "ambiguous",
  "failed",
  "unwritable",
  "damaged",
  "newer",
  "wrong_key",
  "foreign",
]);
/** A request does not ask a keyring again that was asked this recently. */
const ASKED_RECENTLY_MS = 5_000;

/**
 * opening: no answer yet; open: read, and written where there was something to write;
 * absent: there is no vault (empty, not unreadable); unreadable: it is there but has not been read.
 */
type KeeperPhase = "opening" | "open" | "absent" | "unreadable";

export interface KeeperStatus {
  readonly phase: KeeperPhase;
  /** Every change so far is in the vault, or on its way without a failure. */
  readonly durable: boolean;
  readonly fault: VaultFault | null;
}

export interface Keeper {
  /** Opens the vault in the background and keeps trying. */
  start(): void;
  status(): KeeperStatus;
  /** Resolves once the vault was read or is known to be absent, or after `milliseconds`. */
  settled(milliseconds: number): Promise<void>;
  /**
   * Writes (null: removes) an entry. Resolves true once it is durable, false where that is not to be had now. A value is
   * noted in the journal before this returns.
   */
  put(name: string, value: string | null, waitMs?: number): Promise<boolean>;
  /** Notes a value in the journal that the vault is to have later: the end of the process does not lose it. */
  note(name: string, value: string): void;
  /** True while a newer value than the vault's waits to be written. */
  pending(name: string): boolean;
  /** Reads an entry now, or undefined where the vault gives no answer within the wait. */
  read(name: string): Promise<string | null | undefined>;
  /** Writes what is left, waiting at most `milliseconds`, and closes the vault. */
  close(milliseconds: number): Promise<void>;
}

const faultOf = (error: unknown): VaultFault => (error instanceof VaultError ? error.fault : "failed");

interface Change {
  value: string | null;
  readonly waiters: ((durable: boolean) => void)[];
}

export interface KeeperDeps {
  readonly vault: Vault;
  /** null: what is on its way into the vault is in memory alone. */
  readonly journal: Journal | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Reads everything into memory, once, after the vault proved that it keeps values. Rejects with VaultError. */
  readonly load: (vault: Vault) => Promise<void>;
  /** Called when the status changed. */
  readonly onStatus: (status: KeeperStatus) => void;
}

/** Creates a keeper. Nothing touches the vault before `start()`. */
export function createKeeper({ vault, journal, clock, log, load, onStatus }: KeeperDeps): Keeper {
  const changes = new Map<string, Change>();
  /** Why each entry was refused last. */
  const refused = new Map<string, VaultFault>();
  const settledWaiters = new Set<() => void>();
  let phase: KeeperPhase = "opening";
  let fault: VaultFault | null = null;
  let writing: Change | null = null;
  let proven = false;
  let pumping = false;
  let closed = false;
  let askedAt = 0;
  let retryMs = RETRY_FIRST_MS;
  let cancelRetry = (): void => {};

  const status = (): KeeperStatus => ({ phase, durable: phase === "open" && fault === null, fault });

  function report(nextPhase: KeeperPhase, nextFault: VaultFault | null): void {
    const changed = nextPhase !== phase || nextFault !== fault;
    phase = nextPhase;
    fault = nextFault;
    if (phase === "open" || phase === "absent") for (const resolve of settledWaiters) resolve();
    if (changed) onStatus(status());
  }

  /** Nobody waits longer than needed for what just failed. */
  function answerAll(durable: boolean): void {
    for (const change of changes.values()) for (const resolve of change.waiters.splice(0)) resolve(durable);
  }

  /** Writes one change. An entry that alone is refused is kept for later and does not hold up the others. */
  async function write(name: string, change: Change): Promise<VaultFault | null> {
    writing = change;
    try {
      await (change.value === null ? vault.delete(name) : vault.set(name, change.value));
    } catch (error) {
      const why = faultOf(error);
      const said = { entry: name, fault: why };
      // It is tried again and again, four times a second while ccb stops.
      if (refused.get(name) === why) log.debug("vault_write_failed", said);
      else log.warning("vault_write_failed", said);
      refused.set(name, why);
      for (const resolve of change.waiters.splice(0)) resolve(false);
      if (!WRITES_ONLY.has(why)) throw error;
      return why;
    } finally {
      writing = null;
    }
    refused.delete(name);
    const newest = changes.get(name) === change;
    if (newest) changes.delete(name);
    // A removal again: what an earlier process noted was not known while the journal was closed.
    if (change.value !== null || newest) journal?.settle(name, change.value);
    for (const resolve of change.waiters.splice(0)) resolve(true);
    return null;
  }

  /** Says in the log what the vault said, loudly when it is news. */
  function sayUnavailable(error: unknown): VaultFault {
    const why = faultOf(error);
    const said = { fault: why, detail: error instanceof VaultError ? error.message : codeOf(error) };
    if (why === fault) log.debug("vault_unavailable", said);
    else log.warning("vault_unavailable", said);
    return why;
  }

  /** Whether the vault keeps values. One that cannot write may still be read: then it says so, and loading goes on. */
  async function prove(): Promise<VaultFault | null> {
    if (proven) return null;
    try {
      await vault.probe();
      proven = true;
      return null;
    } catch (error) {
      if (error instanceof VaultError && WRITES_ONLY.has(error.fault)) return sayUnavailable(error);
      throw error;
    }
  }

  async function pumpOnce(): Promise<VaultFault | null> {
    let again = await prove();
    if (phase !== "open") {
      await load(vault);
      // What came while the journal was closed.
      for (const [name, { value }] of changes) if (value !== null) journal?.note(name, value);
      // What waited while it was closed is not durable before it is written.
      report("open", again ?? (changes.size > 0 ? fault : null));
    }
    const tried = new Set<Change>();
    for (;;) {
      const next = [...changes].find(([, change]) => !tried.has(change));
      if (next === undefined) return again;
      tried.add(next[1]);
      again = (await write(next[0], next[1])) ?? again;
    }
  }

  async function pump(): Promise<void> {
    if (pumping || closed) return;
    pumping = true;
    cancelRetry();
    let again: VaultFault | null;
    try {
      again = await pumpOnce();
      report("open", again);
    } catch (error) {
      again = sayUnavailable(error);
      report(phase === "open" ? "open" : NOTHING_THERE.has(again) ? "absent" : "unreadable", again);
      answerAll(false);
    }
    pumping = false;
    askedAt = clock.monotonic();
    if (closed) return;
    if (again !== null) {
      cancelRetry = clock.after(retryMs, () => void pump());
      retryMs = Math.min(retryMs * 2, RETRY_LIMIT_MS[again]);
    } else {
      retryMs = RETRY_FIRST_MS;
      if (changes.size > 0) void pump();
    }
  }

  function within<T>(milliseconds: number, otherwise: T, work: Promise<T>): Promise<T> {
    return new Promise((resolve) => {
      const cancel = clock.after(milliseconds, () => resolve(otherwise));
      void work.then(resolve, () => resolve(otherwise)).finally(cancel);
    });
  }

  return {
    start: () => void pump(),
    status,
    settled(milliseconds) {
      if (phase === "open" || phase === "absent") return Promise.resolve();
      if (phase === "unreadable" && clock.monotonic() - askedAt >= ASKED_RECENTLY_MS) void pump();
      const waiter = Promise.withResolvers<void>();
      settledWaiters.add(waiter.resolve);
      return within(milliseconds, undefined, waiter.promise).finally(() => settledWaiters.delete(waiter.resolve));
    },
    put(name, value, waitMs = DURABLE_WAIT_MS) {
      if (closed) return Promise.resolve(false);
      if (value === null) journal?.settle(name, null);
      else journal?.note(name, value);
      // Who waited for a value that was overtaken before it was written waits for the newer one. One that is
      // being written at this moment answers for itself.
      const overtaken = changes.get(name);
      const waiters = overtaken === undefined || overtaken === writing ? [] : overtaken.waiters.splice(0);
      const written = new Promise<boolean>((resolve) => waiters.push(resolve));
      // Taken out first, so that the map's order stays the order of the changes.
      changes.delete(name);
      changes.set(name, { value, waiters });
      void pump();
      return within(waitMs, null, written).then((durable) => {
        // Still under way: the vault gives no answer, and that is to be said now, not when its own deadline has passed.
        if (durable === null && fault === null && changes.has(name)) report(phase, "silent");
        return durable ?? false;
      });
    },
    note: (name, value) => void journal?.note(name, value),
    pending: (name) => changes.has(name),
    read: (name) => within<string | null | undefined>(DURABLE_WAIT_MS, undefined, vault.get(name)),
    async close(milliseconds) {
      const until = clock.monotonic() + milliseconds;
      // A vault that stalled for a moment gets the rest of the time; one that is absent will not come back in it.
      for (;;) {
        cancelRetry();
        const left = [...changes.values()].map(
          (change) => new Promise<boolean>((resolve) => change.waiters.push(resolve)),
        );
        const remaining = until - clock.monotonic();
        if (left.length === 0 || remaining <= 0 || phase === "absent") break;
        if (!pumping) void pump();
        const written = await within(remaining, [false], Promise.all(left));
        if (written.every(Boolean)) break;
        const pause = Math.min(CLOSE_PAUSE_MS, until - clock.monotonic());
        await new Promise<void>((resolve) => void clock.after(pause, resolve));
      }
      closed = true;
      vault.close();
    },
  };
}
