// The upstream's reply on its way to the client: byte for byte, as it arrives, observed but never held up.
import { createIdleTimer } from "../core/idle-timer.ts";
import type { Clock } from "../core/ports.ts";
import { hopByHopTest } from "../provider/hop-by-hop.ts";
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

/** The upstream's headers but for those of its own connection. */
export function toClientHeaders(upstream: Headers): Headers {
  const ends = hopByHopTest(upstream.get("connection"));
  const headers = new Headers();
  for (const [name, value] of upstream) if (!ends(name)) headers.append(name, value);
  return headers;
}

/** The response for the client. A break upstream becomes a break of the client's stream, never a clean end. */
export function toClientResponse(reply: AttemptReply, headers: Headers, observer: ReplyObserver): Response {
  const { response } = reply;
  const { status, statusText } = response;
  if (response.body === null || NO_CONTENT.has(status)) {
    reply.release();
    observer.onEnd("complete", 0);
    return new Response(null, { status, statusText, headers });
  }
  return new Response(observed(reply, response.body, observer), { status, statusText, headers });
}

/**
 * Bun writes at the end of a turn of its event loop and drops what is unwritten when a stream errs: without this pause
 * a client would lose the last bytes before a break, and at worst half of the head.
 */
function flushed(clock: Clock): Promise<void> {
  return new Promise((resolve) => void clock.after(1, resolve));
}

function observed(
  reply: AttemptReply,
  body: ReadableStream<Uint8Array>,
  { clock, idleMs, onBytes, onEnd }: ReplyObserver,
): ReadableStream<Uint8Array> {
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

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        idle.begin();
        try {
          const { done, value } = await reader.read();
          idle.end();
          if (done) {
            // An aborted body may look finished: only the upstream's own end is one.
            if (ended !== null) throw new Error(ended);
            finish("complete");
            controller.close();
            return;
          }
          bytes += value.byteLength;
          onBytes();
          controller.enqueue(value);
        } catch {
          finish(reply.clientGone() ? "client_gone" : "broken");
          if (ended === "broken") await flushed(clock);
          // An AbortError: Bun resets the client's connection and prints nothing. Any other error it writes to
          // stderr together with the upstream's URL and its query (facts/bun, "stderr").
          controller.error(new DOMException("the upstream's stream broke off", "AbortError"));
        }
      },
      cancel() {
        finish("client_gone");
      },
    },
    // Nothing is read ahead: a slow reader slows the upstream down, and memory stays flat.
    { highWaterMark: 0 },
  );
}
