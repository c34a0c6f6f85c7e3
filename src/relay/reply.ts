// The upstream's reply on its way to the client: byte for byte, as it arrives, observed but never held up.
import { joined } from "./beginning.ts";
import type { Beginning } from "./beginning.ts";
import { BROKEN } from "./upstream-body.ts";
import type { Chunk, Read, UpstreamBody } from "./upstream-body.ts";

export interface ReplyHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
}

/** RFC 9110 §15: these have no content, and Response refuses a body with them. */
export const NO_CONTENT: ReadonlySet<number> = new Set([204, 205, 304]);

/** The response for the client. A break upstream becomes a break of the client's stream, never a clean end. */
export function toClientResponse(head: ReplyHead, beginning: Beginning, body: UpstreamBody | null): Response {
  const { chunks, end } = beginning;
  if (body === null || (end === "complete" && chunks.length === 0)) return new Response(null, head);
  // Whole: handed over without a stream's cost.
  if (end === "complete") return new Response(joined(chunks), head);
  // Nothing is read ahead: a slow reader slows the upstream down, and memory stays flat.
  return new Response(new ReadableStream<Uint8Array>(new Source(beginning, body), { highWaterMark: 0 }), head);
}

/** The body as a stream, after what has been read already. */
class Source {
  /** Let go of as they go out: a stream may be silent for an hour. */
  private held: readonly Chunk[];
  private pending: Beginning["pending"];
  private readonly over: boolean;
  private readonly body: UpstreamBody;
  private controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  private readonly give = (read: Read): void => this.handOver(read);

  constructor({ chunks, pending, end }: Beginning, body: UpstreamBody) {
    this.held = chunks;
    this.pending = pending;
    this.over = end === "complete";
    this.body = body;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.controller = controller;
  }

  pull(): void | Promise<void> {
    if (this.held.length > 0 || this.pending !== null || this.over) return this.pullHeld();
    // One that has broken says so once more, with the pause that lets the bytes before it out.
    return this.body.pass(this.give);
  }

  cancel(): void {
    this.body.finish("client_gone");
  }

  private pullHeld(): void | Promise<void> {
    const [chunk, ...rest] = this.held;
    if (chunk !== undefined) {
      this.held = rest;
      return this.give(chunk);
    }
    const { pending } = this;
    if (pending === null) return this.give(null);
    this.pending = null;
    return pending.then(this.give);
  }

  private handOver(read: Read): void {
    if (read === null) this.controller?.close();
    // An AbortError: Bun resets the client's connection and prints nothing. Any other error it writes to
    // stderr together with the upstream's URL and its query (facts/bun, "stderr").
    else if (read === BROKEN) this.controller?.error(new DOMException("the upstream's stream broke off", "AbortError"));
    else this.controller?.enqueue(read);
  }
}
