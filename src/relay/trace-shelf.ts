// Finished traces in one piece. A thousand of them are fourteen thousand small things that lie wherever the last requests
// left room: at rest each would keep a block of the heap from being given back to the system, ten megabytes in all.
import { compiledCheck } from "../core/compiled-check.ts";
import { TraceSchema } from "./trace-schema.ts";
import type { Trace } from "./trace-schema.ts";

/** Reads what was put there, in its places. */
export type ReadShelf = () => readonly (Trace | null)[];

const whole = compiledCheck(TraceSchema);

/** Puts them away. */
export function shelve(traces: readonly (Trace | null)[]): ReadShelf {
  const text = JSON.stringify(traces);
  return () => {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.map((one: unknown) => (whole.Check(one) ? one : null)) : [];
  };
}
