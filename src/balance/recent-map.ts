// A map that forgets: each entry a while after its last use, and the one used longest ago where there are too many.
import type { Clock } from "../core/ports.ts";

export interface RecentMapOptions<Value> {
  /** The wall clock counts: what a map remembers (a warm cache, a file at a server) ages while a laptop sleeps, too. */
  readonly clock: Pick<Clock, "now">;
  /** From the last use, milliseconds; asked at each use, so that a new setting holds from then on. */
  readonly ttlMs: () => number;
  readonly limit: number;
  /** Called for each value that leaves: replaced by another, deleted, expired or pushed out. */
  readonly onDrop?: (value: Value) => void;
}

export interface RecentMap<Value> {
  /** The value, or null. Looking is no use. */
  get(key: string): Value | null;
  /** Sets the value; that is a use. True: the key did not have it before. */
  set(key: string, value: Value): boolean;
  delete(key: string): void;
  /** Lets go of what is due. */
  expire(): void;
  readonly size: number;
}

interface Entry<Value> {
  readonly key: string;
  value: Value;
  until: number;
  older: Entry<Value> | null;
  newer: Entry<Value> | null;
}

/**
 * Creates an empty map; every call takes the same time however much it holds. The order of use is a list of its own: a
 * Map whose keys are deleted and set again keeps the holes, and the way to its first key grows with them.
 */
export function createRecentMap<Value>({ clock, ttlMs, limit, onDrop }: RecentMapOptions<Value>): RecentMap<Value> {
  const entries = new Map<string, Entry<Value>>();
  let oldest: Entry<Value> | null = null;
  let newest: Entry<Value> | null = null;

  function unlink(entry: Entry<Value>): void {
    if (entry.older === null) oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === null) newest = entry.older;
    else entry.newer.older = entry.older;
  }

  function append(entry: Entry<Value>): void {
    entry.older = newest;
    entry.newer = null;
    if (newest === null) oldest = entry;
    else newest.newer = entry;
    newest = entry;
  }

  function drop(entry: Entry<Value>): void {
    entries.delete(entry.key);
    unlink(entry);
    onDrop?.(entry.value);
  }

  function dropKey(key: string): void {
    const entry = entries.get(key);
    if (entry !== undefined) drop(entry);
  }

  function expire(now: number): void {
    for (let entry = oldest; entry !== null && entry.until <= now; entry = oldest) drop(entry);
  }

  return {
    get(key) {
      const now = clock.now();
      expire(now);
      const entry = entries.get(key);
      // The clock may have been set back, or the setting changed: then an entry in the middle can be due first.
      return entry === undefined || entry.until <= now ? null : entry.value;
    },
    set(key, value) {
      const now = clock.now();
      expire(now);
      const known = entries.get(key);
      if (known !== undefined) {
        // In place: most are only used once more.
        const before = known.value;
        known.value = value;
        known.until = now + ttlMs();
        unlink(known);
        append(known);
        if (before === value) return false;
        onDrop?.(before);
        return true;
      }
      const entry: Entry<Value> = { key, value, until: now + ttlMs(), older: null, newer: null };
      append(entry);
      entries.set(key, entry);
      if (entries.size > limit && oldest !== null) drop(oldest);
      return true;
    },
    delete: dropKey,
    expire: () => expire(clock.now()),
    get size() {
      return entries.size;
    },
  };
}
