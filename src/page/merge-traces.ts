// One list of requests out of what was known and what has just been told. Pure.
import type { Trace } from "../relay/trace-schema.ts";

/** As many as the page keeps. */
export const KEPT = 200;

/** The newest of both, newest first; of one request what has ended counts more than what goes on. Pure. */
export function mergeTraces(known: readonly Trace[], told: readonly Trace[]): readonly Trace[] {
  const byId = new Map(known.map((trace) => [trace.id, trace]));
  for (const trace of told) {
    const before = byId.get(trace.id);
    if (before === undefined || before.state === "in_progress") byId.set(trace.id, trace);
  }
  return [...byId.values()].sort((a, b) => b.started_at - a.started_at).slice(0, KEPT);
}
