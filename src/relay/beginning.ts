// The beginning of a reply, read before the commit point: up to what tells whether it serves, and not for long.
import type { Clock } from "../core/ports.ts";
import { BROKEN } from "./upstream-body.ts";
import type { Chunk, Read, UpstreamBody } from "./upstream-body.ts";

/** The client waits no longer than this for what is held back, milliseconds. */
const HOLD_MS = 10_000;

export interface Beginning {
  readonly chunks: readonly Chunk[];
  /** A read that was under way when the patience ran out: its bytes come next. */
  readonly pending: Promise<Read> | null;
  /** The body is over: to its end, or cut off. null: more may come. */
  readonly end: "complete" | "broken" | null;
}

export const NO_BODY: Beginning = { chunks: [], pending: null, end: "complete" };

/** The bytes of chunks, without a copy where they are one. */
export const joined = (chunks: readonly Chunk[]): Chunk => {
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
};

/**
 * Reads until `enough` says so of a chunk, the body ends, or 10 s have passed. By hand: every request comes through here,
 * and a race of promises would cost a third of the relay.
 */
export function readBeginning(body: UpstreamBody, enough: (chunk: Chunk) => boolean, clock: Clock): Promise<Beginning> {
  return new Promise((resolve) => {
    const chunks: Chunk[] = [];
    let read = body.next();
    let over = false;

    function finish(pending: Promise<Read> | null, end: Beginning["end"]): void {
      over = true;
      cancel();
      resolve({ chunks, pending, end });
    }
    function take(result: Read): void {
      // The patience ran out: this read is the beginning's `pending`.
      if (over) return;
      if (result === null) return finish(null, "complete");
      if (result === BROKEN) return finish(null, "broken");
      chunks.push(result);
      if (enough(result)) return finish(null, null);
      read = body.next();
      void read.then(take);
    }

    const cancel = clock.after(HOLD_MS, () => finish(read, null));
    void read.then(take);
  });
}
