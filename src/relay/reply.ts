// The upstream's reply on its way to the client: byte for byte, as it arrives, observed but never held up.
import { createIdleTimer } from "../core/idle-timer.ts";
import type { Clock } from "../core/ports.ts";
import type { AttemptReply } from "./attempt.ts";

/** complete: to its end; broken: the upstream broke off; idle: it was silent too long; client_gone: nobody reads it. */
export type StreamEnd = "complete" | "broken" | "idle" | "client_gone";

export interface ReplyObserver {
  readonly clock: Clock;
  /** Between two bytes, milliseconds; 0: none. */
  readonly idleMs: number;
  /** Bytes arrived. Cheap: it is called for every chunk. */
  readonly onBytes: () => void;
  /** Called once. */
  readonly onEnd: (end: StreamEnd, bytes: number) => void;
}

/** RFC 9110 §15: these have no content, and Response refuses a body with them. */
const NO_CONTENT = new Set([204, 205, 304]);

/** A body announced to be this short is mostly there at once: then it is handed over whole, without a stream's cost. */
const SHORT_BYTES = 64 * 1024;

/** The response for the client. A break upstream becomes a break of the client's stream, never a clean end. */
export async function toClientResponse(
  reply: AttemptReply,
  headers: Headers,
  observer: ReplyObserver,
): Promise<Response> {
  const { response } = reply;
  const { status, statusText } = response;
  if (response.body === null || NO_CONTENT.has(status)) {
    reply.release();
    observer.onEnd("complete", 0);
    return new Response(null, { status, statusText, headers });
  }
  const body = observe(reply, response.body, observer);
  const length = Number(headers.get("content-length") ?? Infinity);
  if (length > SHORT_BYTES) return new Response(toStream(body, null), { status, statusText, headers });
  const first = await body.next();
  if (first === null) return new Response(null, { status, statusText, headers });
  if (first !== BROKEN && first.byteLength === length) {
    body.finish("complete");
    return new Response(first, { status, statusText, headers });
  }
  return new Response(toStream(body, first), { status, statusText, headers });
}

const BROKEN = Symbol("broken");

interface ObservedBody {
  /** The next bytes, null at the upstream's own end, BROKEN where there will be no such end. */
  next(): Promise<Uint8Array<ArrayBuffer> | null | typeof BROKEN>;
  finish(end: StreamEnd): void;
}

function observe(
  reply: AttemptReply,
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { clock, idleMs, onBytes, onEnd }: ReplyObserver,
): ObservedBody {
  const reader = body.getReader();
  let bytes = 0;
  let ended: StreamEnd | null = null;

  function finish(end: StreamEnd): void {
    if (ended !== null) return;
    ended = end;
    idle.stop();
    reply.release();
    if (end !== "complete") reply.abort();
    onEnd(end, bytes);
  }
  const idle = createIdleTimer(clock, idleMs, () => finish("idle"));

  return {
    finish,
    async next() {
      idle.begin();
      try {
        const { done, value } = await reader.read();
        idle.end();
        if (done) {
          // An aborted body may look finished: only the upstream's own end is one.
          if (ended !== null) return BROKEN;
          finish("complete");
          return null;
        }
        bytes += value.byteLength;
        onBytes();
        return value;
      } catch {
        finish(reply.clientGone() ? "client_gone" : "broken");
        // Bun writes at the end of a turn of its event loop and drops what is unwritten when a stream errs: without
        // this pause a client would lose the last bytes before a break, and at worst half of the head.
        if (ended === "broken") await new Promise<void>((resolve) => void clock.after(1, resolve));
        return BROKEN;
      }
    },
  };
}

/** The body as a stream, after `first`, which has been read already. */
function toStream(
  body: ObservedBody,
  first: Uint8Array<ArrayBuffer> | null | typeof BROKEN,
): ReadableStream<Uint8Array> {
  let read = first;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = read ?? (await body.next());
        read = null;
        if (chunk === null) controller.close();
        // An AbortError: Bun resets the client's connection and prints nothing. Any other error it writes to
        // stderr together with the upstream's URL and its query (facts/bun, "stderr").
        else if (chunk === BROKEN) controller.error(new DOMException("the upstream's stream broke off", "AbortError"));
        else controller.enqueue(chunk);
      },
      cancel: () => body.finish("client_gone"),
    },
    // Nothing is read ahead: a slow reader slows the upstream down, and memory stays flat.
    { highWaterMark: 0 },
  );
}
