// Who is told of each request, and what becomes of the traces when no more come.
import { codeOf } from "../core/errors.ts";
import type { Clock, Log } from "../core/ports.ts";
import { watchRest } from "../core/rest.ts";
import type { Meter } from "../metrics/meter.ts";
import { createTraces } from "../relay/trace.ts";
import type { Traces } from "../relay/trace.ts";
import type { Usage } from "../usage/usage.ts";
import type { RequestEvents } from "./request-events.ts";

/** Without a request for so long, milliseconds, memory is given back: as long as Bun waits with its own collection (boot.ts). */
const REST_MS = 120_000;

export interface ObservedTracesDeps {
  readonly clock: Pick<Clock, "monotonic">;
  readonly houseClock: Pick<Clock, "after">;
  readonly log: Log;
  readonly meter: Meter;
  readonly usage: Pick<Usage, "note">;
  readonly requestEvents: Pick<RequestEvents, "listeners" | "tell">;
  readonly releaseMemory: () => void;
}

/** Creates the memory of the last requests, with the counts, the sums and the page that follow them. */
export function createObservedTraces(deps: ObservedTracesDeps): Traces {
  const { clock, houseClock, log, meter, usage, requestEvents, releaseMemory } = deps;
  const traces = createTraces({
    onBegin(written) {
      meter.began();
      if (requestEvents.listeners() > 0) requestEvents.tell(written.trace);
    },
    onEnd(written) {
      meter.ended(written);
      ended();
      usage.note(written);
      if (requestEvents.listeners() > 0) requestEvents.tell(written.trace);
    },
    onFault: (error) => log.error("trace_hook_failed", { error: codeOf(error) }),
  });
  const ended = watchRest({
    clock: { monotonic: () => clock.monotonic(), after: (delay, callback) => houseClock.after(delay, callback) },
    milliseconds: REST_MS,
    busy: () => meter.inFlight() > 0,
    onRest() {
      try {
        traces.putAway();
        releaseMemory();
      } catch (error) {
        log.error("rest_failed", { error: codeOf(error) });
      }
    },
  });
  return traces;
}
