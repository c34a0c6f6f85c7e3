// The body of an upstream's reply, chunk by chunk: bounded in silence, and its end told apart from a break.
import { createIdleTimer } from "../core/idle-timer.ts";
import type { Clock } from "../core/ports.ts";
import type { AttemptReply } from "./attempt.ts";

/**
 * complete: to its end; broken: the upstream broke off; idle: it was silent too long; client_gone: nobody reads it;
 * discarded: another target answers.
 */
export type StreamEnd = "complete" | "broken" | "idle" | "client_gone" | "discarded";

export type Chunk = Uint8Array<ArrayBuffer>;

export const BROKEN = Symbol("broken");

/** The next bytes, null at the upstream's own end, BROKEN where there will be no such end. */
export type Read = Chunk | null | typeof BROKEN;

export interface UpstreamBody {
  next(): Promise<Read>;
  finish(end: StreamEnd): void;
  /** null: not over. */
  readonly ended: StreamEnd | null;
  /** Calls back once with the end and the bytes read; at once where it is over already. */
  onEnd(listener: (end: StreamEnd, bytes: number) => void): void;
}

export interface BodyOptions {
  readonly clock: Clock;
  /** Between two bytes, milliseconds; 0: none. */
  readonly idleMs: number;
  /** Bytes arrived. Cheap: it is called for every chunk. */
  readonly onBytes: (chunk: Chunk) => void;
}

/** Takes the body of a reply. */
export function createUpstreamBody(
  reply: AttemptReply,
  stream: ReadableStream<Chunk>,
  { clock, idleMs, onBytes }: BodyOptions,
): UpstreamBody {
  const reader = stream.getReader();
  let bytes = 0;
  let ended: StreamEnd | null = null;
  let tell: ((end: StreamEnd, bytes: number) => void) | null = null;

  function finish(end: StreamEnd): void {
    if (ended !== null) return;
    ended = end;
    idle.stop();
    reply.release();
    if (end !== "complete") reply.abort();
    tell?.(end, bytes);
  }
  const idle = createIdleTimer(clock, idleMs, () => finish("idle"));

  return {
    finish,
    get ended() {
      return ended;
    },
    onEnd(listener) {
      if (ended === null) tell = listener;
      else listener(ended, bytes);
    },
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
        onBytes(value);
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
