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
    reply.release(end === "complete");
    if (end !== "complete") reply.abort();
    tell?.(end, bytes);
  }
  const idle = createIdleTimer(clock, idleMs, () => finish("idle"));

  function take({ done, value }: { readonly done: boolean; readonly value?: Chunk | undefined }): Read {
    idle.end();
    if (value !== undefined) {
      bytes += value.byteLength;
      onBytes(value);
      return value;
    }
    // An aborted body may look finished: only the upstream's own end is one.
    if (!done || ended !== null) return BROKEN;
    finish("complete");
    return null;
  }
  function fail(): Read | Promise<Read> {
    finish(reply.clientGone() ? "client_gone" : "broken");
    // Bun writes at the end of a turn of its event loop and drops what is unwritten when a stream errs: without
    // this pause a client would lose the last bytes before a break, and at worst half of the head.
    return ended === "broken" ? new Promise((resolve) => void clock.after(1, () => resolve(BROKEN))) : BROKEN;
  }

  return {
    finish,
    get ended() {
      return ended;
    },
    onEnd(listener) {
      if (ended === null) tell = listener;
      else listener(ended, bytes);
    },
    // One promise for a chunk: of streams this is most of the cost.
    next() {
      idle.begin();
      return reader.read().then(take, fail);
    },
  };
}
