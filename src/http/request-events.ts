// GET /requests/events: each request as it begins and as it ends, to those who listen (server-sent events).
import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { CcbError } from "../core/errors.ts";
import type { Cancel, Clock } from "../core/ports.ts";
import type { Trace } from "../relay/trace-schema.ts";
import { errorResponse } from "./openapi.ts";
import type { OpenApiOperation } from "./openapi.ts";
import { EXAMPLE_TRACE } from "./requests.ts";

/** At once. */
const MOST_LISTENERS = 32;
/** What may wait for a listener that reads slowly, bytes: several hundred requests. */
const BACKLOG_BYTES = 1024 * 1024;
/** A connection that says nothing for longer is closed by something on the way. */
const HEARTBEAT_MS = 15_000;
/** Events wait this long for others: nothing is put into words while a request waits. */
const BATCH_MS = 20;
/** Events that wait, should more begin and end within one batch: the rest is left out. */
const BATCH_LIMIT = 2_000;

export interface RequestEvents {
  /** Tells of a request that has begun or ended. Never throws; costs next to nothing, and nothing where nobody listens. */
  tell(trace: Readonly<Trace>): void;
  /** A reply that goes on until either side ends it; rejects with `too_many_listeners`. */
  listen(): Response;
  /** Ends every listener; each may come again, if it may still. */
  endAll(): void;
  /** Ends every listener and takes no other. */
  close(): void;
  listeners(): number;
}

interface Listener {
  readonly body: ReadableStream<Uint8Array>;
  /** False: it does not read, and is not to be told any more. */
  push(bytes: Uint8Array): boolean;
  /** After what waits has been read, or at once. */
  end(how: "in_order" | "at_once"): void;
}

/** One who listens: what waits for it is counted here, since nothing but its own reading takes it away. */
function createListener(onGone: () => void): Listener {
  const state: { waiting: Uint8Array[]; bytes: number; ended: boolean } = { waiting: [], bytes: 0, ended: false };
  let wake = (): void => {};
  async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (state.waiting.length === 0 && !state.ended) await new Promise<void>((resolve) => (wake = resolve));
    const first = state.waiting.shift();
    state.bytes -= first?.byteLength ?? 0;
    if (first === undefined) controller.close();
    else controller.enqueue(first);
  }
  function end(how: "in_order" | "at_once"): void {
    state.ended = true;
    if (how === "at_once") state.waiting = [];
    wake();
  }
  function cancel(): void {
    end("at_once");
    onGone();
  }
  return {
    body: new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 }),
    push(bytes) {
      if (state.bytes + bytes.byteLength > BACKLOG_BYTES && state.waiting.length > 0) return false;
      state.waiting.push(bytes);
      state.bytes += bytes.byteLength;
      wake();
      return true;
    },
    end,
  };
}

/** Creates the place where requests are told of. */
export function createRequestEvents({ clock }: { readonly clock: Pick<Clock, "after"> }): RequestEvents {
  const encoder = new TextEncoder();
  const listeners = new Set<Listener>();
  let waiting: Readonly<Trace>[] = [];
  let cancelFlush: Cancel | null = null;
  let cancelBeat: Cancel = () => {};
  let closed = false;

  function forget(listener: Listener): void {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    cancelBeat();
    waiting = [];
  }

  function send(text: string): void {
    const bytes = encoder.encode(text);
    for (const listener of listeners) {
      if (listener.push(bytes)) continue;
      forget(listener);
      listener.end("at_once");
    }
  }

  function flush(): void {
    cancelFlush?.();
    cancelFlush = null;
    const traces = waiting;
    waiting = [];
    if (listeners.size > 0 && traces.length > 0)
      send(traces.map((trace) => `event: request\ndata: ${JSON.stringify(trace)}\n\n`).join(""));
  }

  function beat(): void {
    cancelBeat = clock.after(HEARTBEAT_MS, () => {
      send(": still here\n\n");
      if (listeners.size > 0) beat();
    });
  }

  function endAll(): void {
    flush();
    for (const listener of listeners) {
      forget(listener);
      listener.end("in_order");
    }
  }

  return {
    tell(trace) {
      if (listeners.size === 0 || waiting.length >= BATCH_LIMIT) return;
      waiting.push(trace);
      cancelFlush ??= clock.after(BATCH_MS, flush);
    },
    listen() {
      if (listeners.size >= MOST_LISTENERS || closed)
        throw new CcbError("too_many_listeners", (words) => words.http.tooManyListeners({ most: MOST_LISTENERS }), {
          retryAfterSeconds: 5,
        });
      const listener = createListener(() => forget(listener));
      listeners.add(listener);
      // The head goes out with the first bytes.
      listener.push(encoder.encode(": ccb\n\n"));
      if (listeners.size === 1) beat();
      const headers = { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" };
      return new Response(listener.body, { headers });
    },
    endAll,
    close() {
      closed = true;
      endAll();
    },
    listeners: () => listeners.size,
  };
}

const docs: OpenApiOperation = {
  tags: ["Requests"],
  summary: "Requests as they happen",
  description:
    "Server-sent events: `event: request` with a trace as `data` when a request begins (state `in_progress`) and when it has ended; a comment every 15 s. A listener that does not read is dropped. After a reload of the configuration every listener connects anew.",
  responses: {
    200: {
      description: "The events.",
      content: {
        "text/event-stream": {
          schema: Type.String({ description: "The data of each event has the schema of GET /requests/{id}." }),
          example: `event: request\ndata: ${JSON.stringify(EXAMPLE_TRACE)}\n\n`,
        },
      },
    },
    429: errorResponse(`${MOST_LISTENERS} listen already.`, "rate_limit_error", "..."),
  },
};

/** Creates the controller of the events. */
export function createRequestEventsRoutes(events: Pick<RequestEvents, "listen">) {
  return new Elysia({ name: "request-events" }).get("/requests/events", () => events.listen(), { detail: docs });
}
