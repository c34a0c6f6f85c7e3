// The memory of the last requests, and who is told of each.
import { TraceRecord } from "./trace-record.ts";
import type { TraceStart, TraceWriter } from "./trace-record.ts";
import type { Trace } from "./trace-schema.ts";

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
  const ring: TraceRecord[] = [];
  /** Where the next one goes. */
  let next = 0;

  function newestFirst(): readonly TraceRecord[] {
    return [...ring.slice(next), ...ring.slice(0, next)].toReversed();
  }

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
    list: (count) =>
      newestFirst()
        .slice(0, Math.max(0, count))
        .map(({ trace }) => trace),
    // Looked for where it is asked for: an index of them would cost every request. An id that came twice is the later one's.
    get: (id) => newestFirst().find((record) => record.id === id)?.trace ?? null,
  };
}
