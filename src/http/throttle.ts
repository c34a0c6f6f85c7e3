// How much each key may ask for: requests in the last minute, and requests under way.
import type { ClientKey } from "../config/config.ts";
import { CcbError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";

const MINUTE_MS = 60_000;
/** A slot frees when some answer ends; nobody knows when. */
const BUSY_RETRY_SECONDS = 1;

interface Count {
  /** Monotonic milliseconds of the requests of the last minute, oldest first from `head`. */
  times: number[];
  head: number;
  underWay: number;
}

export interface Throttle {
  /**
   * Lets a request in and returns what ends it, once, however often it is called. Throws `key_rate` or `key_busy`; a
   * request that is turned away counts for nothing.
   */
  enter(key: ClientKey | null): () => void;
}

const NOTHING = (): void => {};

/** Creates the counts, by the names of the keys: they outlive a reload, and a new limit holds at once. */
export function createThrottle(clock: Pick<Clock, "monotonic">): Throttle {
  const counts = new Map<string, Count>();

  function countOf(name: string): Count {
    const known = counts.get(name);
    if (known !== undefined) return known;
    const made = { times: [], head: 0, underWay: 0 };
    counts.set(name, made);
    return made;
  }

  /** Forgets what is older than a minute. */
  function forget(count: Count, now: number): void {
    while (count.head < count.times.length && (count.times[count.head] ?? 0) <= now - MINUTE_MS) count.head += 1;
    if (count.head > count.times.length / 2) {
      count.times = count.times.slice(count.head);
      count.head = 0;
    }
  }

  return {
    enter(key) {
      if (key === null) return NOTHING;
      const { requests_per_minute: rate, max_concurrent: most } = key;
      if (rate === null && most === null) return NOTHING;
      const count = countOf(key.name);
      const now = clock.monotonic();
      forget(count, now);
      if (most !== null && count.underWay >= most)
        throw new CcbError("key_busy", (words) => words.access.tooManyAtOnce({ limit: most }), {
          retryAfterSeconds: BUSY_RETRY_SECONDS,
        });
      if (rate !== null && count.times.length - count.head >= rate) {
        // The one whose end makes room: a limit that was lowered by a reload leaves more than it in the list.
        const leaves = count.times[count.times.length - rate] ?? now;
        throw new CcbError("key_rate", (words) => words.access.tooMany({ limit: rate }), {
          retryAfterSeconds: (leaves + MINUTE_MS - now) / 1000,
        });
      }
      if (rate !== null) count.times.push(now);
      count.underWay += 1;
      let ended = false;
      return () => {
        if (!ended) count.underWay -= 1;
        ended = true;
      };
    },
  };
}
