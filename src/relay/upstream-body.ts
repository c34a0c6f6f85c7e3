// The body of an upstream's reply, chunk by chunk: bounded in silence, and its end told apart from a break.
import { createIdleTimer } from "../core/idle-timer.ts";
import type { IdleTimer } from "../core/idle-timer.ts";
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
  /** The same without a promise of the read's own: the read is handed to `give`, always the same one. */
  pass(give: (read: Read) => void): Promise<void>;
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
  /** Sees every chunk as it arrives. Cheap. */
  readonly watch: { add(chunk: Chunk): void };
}

const toReader = (stream: ReadableStream<Chunk>) => stream.getReader();
type Result = { readonly value?: Chunk | undefined };

/** A class, as every request makes one. */
class Body implements UpstreamBody {
  ended: StreamEnd | null = null;
  private bytes = 0;
  private listener: ((end: StreamEnd, bytes: number) => void) | null = null;
  private readonly reader: ReturnType<typeof toReader>;
  private readonly reply: AttemptReply;
  private readonly clock: Clock;
  private readonly idle: IdleTimer;
  private readonly watch: BodyOptions["watch"];
  private readonly take = (read: Result): Read => this.taken(read);
  private readonly fail = (): Read | Promise<Read> => this.failed();
  private give: ((read: Read) => void) | null = null;
  private handOver: ((read: Result) => void) | null = null;
  private handOverBreak: (() => void | Promise<void>) | null = null;

  constructor(reply: AttemptReply, stream: ReadableStream<Chunk>, { clock, idleMs, watch }: BodyOptions) {
    this.reader = toReader(stream);
    this.reply = reply;
    this.clock = clock;
    this.watch = watch;
    this.idle = createIdleTimer(clock, idleMs, () => this.finish("idle"));
  }

  finish(end: StreamEnd): void {
    if (this.ended !== null) return;
    this.ended = end;
    this.idle.stop();
    this.reply.release(end === "complete");
    if (end !== "complete") this.reply.abort();
    this.listener?.(end, this.bytes);
  }

  onEnd(listener: (end: StreamEnd, bytes: number) => void): void {
    if (this.ended === null) this.listener = listener;
    else listener(this.ended, this.bytes);
  }

  next(): Promise<Read> {
    this.idle.begin();
    return this.reader.read().then(this.take, this.fail);
  }

  /** One promise for a chunk: of streams this is most of the cost. */
  pass(give: (read: Read) => void): Promise<void> {
    this.give = give;
    this.handOver ??= (read) => this.give?.(this.taken(read));
    this.handOverBreak ??= () => {
      const read = this.failed();
      return read instanceof Promise ? read.then(give) : give(read);
    };
    this.idle.begin();
    return this.reader.read().then(this.handOver, this.handOverBreak);
  }

  private taken({ value }: Result): Read {
    this.idle.end();
    if (value !== undefined) {
      this.bytes += value.byteLength;
      this.watch.add(value);
      return value;
    }
    // An aborted body may look finished: only the upstream's own end is one.
    if (this.ended !== null) return BROKEN;
    this.finish("complete");
    return null;
  }

  private failed(): Read | Promise<Read> {
    this.finish(this.reply.clientGone() ? "client_gone" : "broken");
    // Bun writes at the end of a turn of its event loop and drops what is unwritten when a stream errs: without
    // this pause a client would lose the last bytes before a break, and at worst half of the head.
    return this.ended === "broken" ? new Promise((resolve) => void this.clock.after(1, () => resolve(BROKEN))) : BROKEN;
  }
}

/** Takes the body of a reply. */
export const createUpstreamBody = (
  reply: AttemptReply,
  stream: ReadableStream<Chunk>,
  options: BodyOptions,
): UpstreamBody => new Body(reply, stream, options);
