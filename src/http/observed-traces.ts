// Who is told of each request, and what becomes of the traces when no more come.
import { codeOf } from "../core/errors.ts";
import { createIdleTimer } from "../core/idle-timer.ts";
import type { Clock, Log } from "../core/ports.ts";
import type { Meter } from "../metrics/meter.ts";
import { createTraces } from "../relay/trace.ts";
import type { Traces } from "../relay/trace.ts";
import type { TraceWriter } from "../relay/trace-record.ts";
import type { Usage } from "../usage/usage.ts";
import type { RequestEvents } from "./request-events.ts";

/** Without a request for so long, milliseconds, memory is given back: as long as Bun waits with its own collection (boot.ts). */
const REST_MS = 120_000;

export interface ObservedTracesDeps {
  readonly houseClock: Pick<Clock, "after" | "monotonic">;
  readonly log: Log;
  readonly meter: Meter;
  readonly usage: Pick<Usage, "note">;
  readonly requestEvents: Pick<RequestEvents, "listeners" | "tell">;
  readonly releaseMemory: () => void;
}

/** Creates the memory of the last requests, with the counts, the sums and the page that follow them. */
export function createObservedTraces(deps: ObservedTracesDeps): Traces {
  const { houseClock, log, meter, usage, requestEvents, releaseMemory } = deps;
  const rest = createIdleTimer(houseClock, REST_MS, () => {
    try {
      traces.putAway();
      releaseMemory();
    } catch (error) {
      log.error("rest_failed", { error: codeOf(error) });
    }
  });

  function tell(written: Pick<TraceWriter, "trace">): void {
    if (requestEvents.listeners() > 0) requestEvents.tell(written.trace);
  }

  const traces = createTraces({
    onBegin(written) {
      meter.began();
      rest.end();
      tell(written);
    },
    onEnd(written) {
      meter.ended(written);
      if (meter.inFlight() === 0) rest.begin();
      usage.note(written);
      tell(written);
    },
    onFault: (error) => log.error("trace_hook_failed", { error: codeOf(error) }),
  });
  return traces;
}
