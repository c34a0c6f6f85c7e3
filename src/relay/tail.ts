// The last bytes of a reply, kept as it passes by.
import { isPlain } from "./first-events.ts";

/** The last event with usage and the few around it: a kilobyte or two. */
export const TAIL_BYTES = 16 * 1024;
/** Of a packed body all is needed, as only its beginning opens it: what most models can say in one reply. */
const PACKED_BYTES = 1024 * 1024;
/** Most whole replies fit into this; a stream that stays silent holds no more. */
const FIRST_BYTES = 2 * 1024;

/** Rings of `TAIL_BYTES` of streams that are over: to make one for each costs as much as to fill it. */
const idleRings: Uint8Array<ArrayBuffer>[] = [];
const MOST_IDLE = 64;

/**
 * Keeps the last bytes of a body in one ring of its own, which grows as it has to: chunks that were only referred to would
 * keep the buffers alive that they were cut from, and to ask for those is itself slow.
 */
export class Tail {
  private ring = new Uint8Array(0);
  private total = 0;
  private readonly limitBytes: number;

  constructor(limitBytes: number = TAIL_BYTES) {
    this.limitBytes = limitBytes;
  }

  /** Cheap: it is called for every chunk. */
  add(chunk: Uint8Array): void {
    const { limitBytes } = this;
    this.total += chunk.byteLength;
    const needed = Math.min(this.total, limitBytes);
    if (this.ring.byteLength < needed) this.grow(needed);
    const end = chunk.byteLength > limitBytes ? chunk.subarray(chunk.byteLength - limitBytes) : chunk;
    const at = (this.total - end.byteLength) % limitBytes;
    const room = limitBytes - at;
    if (end.byteLength <= room) this.ring.set(end, at);
    else {
      this.ring.set(end.subarray(0, room), at);
      this.ring.set(end.subarray(room), 0);
    }
  }

  /** The last bytes, at most the limit. They are gone with `release`. */
  bytes(): Uint8Array {
    const { ring, total, limitBytes } = this;
    if (total <= limitBytes) return ring.subarray(0, total);
    const oldest = total % limitBytes;
    return Buffer.concat([ring.subarray(oldest), ring.subarray(0, oldest)]);
  }

  /** Nothing was dropped: these are all bytes of the body. */
  get complete(): boolean {
    return this.total <= this.limitBytes;
  }

  /** Nobody will look at it any more. */
  release(): void {
    if (this.ring.byteLength === TAIL_BYTES && idleRings.length < MOST_IDLE) idleRings.push(this.ring);
    this.ring = new Uint8Array(0);
    this.total = 0;
  }

  private grow(bytes: number): void {
    const grown = this.larger(bytes);
    grown.set(this.ring);
    this.ring = grown;
  }

  private larger(bytes: number): Uint8Array<ArrayBuffer> {
    const { ring, limitBytes } = this;
    if (bytes > FIRST_BYTES && bytes <= TAIL_BYTES && limitBytes >= TAIL_BYTES)
      return idleRings.pop() ?? new Uint8Array(TAIL_BYTES);
    return new Uint8Array(Math.min(limitBytes, Math.max(FIRST_BYTES, ring.byteLength * 2, bytes)));
  }
}

/** A tail as long as it takes to read the usage of a reply with this `content-encoding`. */
export const createUsageTail = (encoding: string | null): Tail =>
  new Tail(encoding === null || isPlain(encoding) ? TAIL_BYTES : PACKED_BYTES);
