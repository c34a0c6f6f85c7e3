// The memory of the last requests, and who is told of each.
import { TraceRecord } from "./trace-record.ts";
import type { TraceStart, TraceWriter } from "./trace-record.ts";
import type { Trace } from "./trace-schema.ts";
import { shelve } from "./trace-shelf.ts";
import type { ReadShelf } from "./trace-shelf.ts";

/** A trace as it is written: `trace` gives a copy of how it stands, put together for who keeps it. */
type WrittenTrace = Readonly<Trace> & Pick<TraceWriter, "trace">;

/** What others make of requests: told at once, so each must be cheap; what one throws goes to `onFault` and no further. */
export interface TraceHooks {
  /** A request has begun. */
  readonly onBegin?: (written: WrittenTrace) => void;
  /** Once for each request, when its last byte is out or it has failed: the trace does not change any more. */
  readonly onEnd?: (written: WrittenTrace) => void;
  readonly onFault?: (error: unknown) => void;
}

export interface Traces {
  /** At once in the list. */
  begin(start: TraceStart): TraceWriter;
  /** The newest `limit`, newest first, as they stand now. */
  list(limit: number): readonly Trace[];
  get(id: string): Trace | null;
  /** Finished ones from now on take less memory, and longer to read; to be called at rest. */
  putAway(): void;
}

/** Remembers the last `limit` traces, and tells the hooks of each. */
export function createTraces({ limit = 1000, ...hooks }: { readonly limit?: number } & TraceHooks = {}): Traces {
  function onEnd(record: TraceRecord): void {
    try {
      hooks.onEnd?.(record);
    } catch (error) {
      hooks.onFault?.(error);
    }
  }
  /** null: it lies on the shelf, in the same place. */
  const ring: (TraceRecord | null)[] = [];
  /** Where the next one goes. */
  let next = 0;
  let readShelf: ReadShelf = () => [];

  /** What stands in a place: a record, which may still be written, or what lies on the shelf, which is read once. */
  function lookIn(): (place: number) => TraceRecord | Trace | null {
    let shelved: readonly (Trace | null)[] | null = null;
    return (place) => ring[place] ?? (shelved ??= readShelf())[place] ?? null;
  }

  function* newestFirst(): Generator<TraceRecord | Trace> {
    const at = lookIn();
    for (let back = 1; back <= ring.length; back += 1) {
      const one = at((next - back + ring.length) % ring.length);
      if (one !== null) yield one;
    }
  }

  const asItStands = (one: TraceRecord | Trace): Trace => (one instanceof TraceRecord ? one.trace : one);

  return {
    begin(start) {
      const record = new TraceRecord(start, onEnd);
      ring[next] = record;
      next = (next + 1) % limit;
      try {
        hooks.onBegin?.(record);
      } catch (error) {
        hooks.onFault?.(error);
      }
      return record;
    },
    list: (count) => Array.from(newestFirst().take(Math.max(0, count)), asItStands),
    // Looked for where it is asked for: an index of them would cost every request. An id that came twice is the later one's.
    get(id) {
      const found = newestFirst().find((one) => one.id === id);
      return found === undefined ? null : asItStands(found);
    },
    putAway() {
      const at = lookIn();
      const finished = ring.map((_, place) => {
        const one = at(place);
        return one === null || one.state === "in_progress" ? null : asItStands(one);
      });
      readShelf = shelve(finished);
      for (const [place, trace] of finished.entries()) if (trace !== null) ring[place] = null;
    },
  };
}
