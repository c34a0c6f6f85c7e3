// The client's body: read whole where it may have to be sent again, else passed on as it comes. Bounded in size and silence.
import { CcbError } from "../core/errors.ts";
import { createIdleTimer } from "../core/idle-timer.ts";
import type { Clock } from "../core/ports.ts";
import { giveBuffer, takeBuffer } from "./body-buffers.ts";
import { clientGone } from "./client-gone.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export type RequestBody =
  | { readonly kind: "none" }
  /** `release`: nobody will look at the bytes any more. */
  | { readonly kind: "whole"; readonly bytes: Bytes; readonly release?: () => void }
  /** Once: it cannot be sent again. `contentLength` is null where the client did not say. */
  | { readonly kind: "once"; readonly stream: ReadableStream<Uint8Array>; readonly contentLength: string | null };

/** Bodies that pass through once are bounded by this (design.md, max_body_mb). */
const ONCE_LIMIT_BYTES = 512 * 1024 * 1024;
/** A body known to be this small is read whole on every path: then a refused token costs nobody a second try. */
const SMALL_BYTES = 1024 * 1024;

/** A body announced to be this short has mostly come with its head. */
const AT_ONCE_BYTES = 64 * 1024;

export interface BodyLimits {
  /** For bodies that are read whole, bytes. */
  readonly wholeLimit: number;
  /** Between two bytes, milliseconds; 0: none. */
  readonly idleMs: number;
}

interface Bounds {
  /** Bytes. */
  readonly limit: number;
  /** Between two bytes, milliseconds; 0: none. */
  readonly idleMs: number;
  /** The error for a body over the limit. */
  readonly tooLarge: (limit: number) => CcbError;
}

const NO_BODY: Promise<RequestBody> = Promise.resolve({ kind: "none" });

const tooLarge = (limit: number): CcbError =>
  new CcbError("body_too_large", (words) => words.relay.bodyTooLarge({ megabytes: Math.floor(limit / 1024 / 1024) }));
const tooSlow = (): CcbError => new CcbError("upload_timeout", (words) => words.relay.uploadTimeout);
/**
 * Takes the body of a request. Rejects with `body_too_large` (at once where the length is announced),
 * `upload_timeout` when the client stays silent, and `client_gone` when it leaves.
 */
export function takeBody(request: Request, path: string, limits: BodyLimits, clock: Clock): Promise<RequestBody> {
  // RFC 9110 §9.3.1: a body of GET or HEAD has no meaning, and fetch cannot send one.
  if (request.method === "GET" || request.method === "HEAD") return NO_BODY;
  const announced = request.headers.get("content-length");
  // Said twice (RFC 9110 §8.6) it is a list: what comes is what counts then.
  const length = /^\d{1,15}$/.test(announced ?? "") ? Number(announced) : null;
  // Not asked for where the length says it: a body that was looked at is a stream from then on, and slow.
  if (length === 0 || (length === null && request.body === null)) return NO_BODY;
  const whole = path.startsWith("/v1/messages") || (length !== null && length <= SMALL_BYTES);
  const limit = whole ? limits.wholeLimit : ONCE_LIMIT_BYTES;
  const bounds = { limit, idleMs: limits.idleMs, tooLarge };
  if (length !== null && length > limit) return Promise.reject(tooLarge(limit));
  if (!whole)
    return Promise.resolve({ kind: "once", stream: bounded(bodyOf(request), bounds, clock), contentLength: announced });
  return length !== null && length <= AT_ONCE_BYTES
    ? takeShort(request, bounds, clock)
    : takeLong(bodyOf(request), bounds, clock, length);
}

/** There is one: only who speaks to ccb in process can announce what does not come. */
const bodyOf = ({ body }: Request): ReadableStream<Bytes> => body ?? new Blob([]).stream();

/**
 * A short body, which mostly has come with its head: then it is there by the next turn, and taken at once. Reading it
 * chunk by chunk takes 64 kB of memory a chunk, and costs half as much again as the whole relay. A copy stands by for the
 * client that is slow: only chunks show how long it has been silent.
 */
async function takeShort(request: Request, bounds: Bounds, clock: Clock): Promise<RequestBody> {
  await clock.turn();
  const standby = request.clone();
  let whole: ArrayBuffer | null = null;
  request.arrayBuffer().then(
    (bytes) => (whole = bytes),
    // Whoever reads the copy is told.
    () => {},
  );
  // What is there already has been handed over behind the jobs that wait now.
  await Promise.resolve();
  if (whole !== null) return { kind: "whole", bytes: Buffer.from(whole) };
  if (standby.body === null) return { kind: "whole", bytes: new Uint8Array() };
  return { kind: "whole", bytes: (await readWhole(standby.body, bounds, clock)).bytes };
}

async function takeLong(
  body: ReadableStream<Bytes>,
  bounds: Bounds,
  clock: Clock,
  length: number | null,
): Promise<RequestBody> {
  const { bytes, memory } = await readWhole(body, bounds, clock, length);
  return { kind: "whole", bytes, ...(memory === null ? {} : { release: () => giveBuffer(memory) }) };
}

/** Reads one chunk after another; `next` resolves null at the end. */
function boundedReader(body: ReadableStream<Bytes>, { limit, idleMs, tooLarge }: Bounds, clock: Clock) {
  const reader = body.getReader();
  let size = 0;
  let failure: CcbError | null = null;
  const idle = createIdleTimer(clock, idleMs, () => {
    failure = tooSlow();
    void reader.cancel().catch(() => {});
  });
  return {
    async next(): Promise<Bytes | null> {
      idle.begin();
      const result = await reader.read().catch((error: unknown) => {
        failure ??= clientGone(error);
        return null;
      });
      idle.end();
      if (failure !== null || result === null || result.done) {
        idle.stop();
        // A cancelled reader ends like a complete one: the reason is what counts.
        if (failure !== null) throw failure;
        return null;
      }
      size += result.value.byteLength;
      if (size > limit) {
        idle.stop();
        void reader.cancel().catch(() => {});
        throw tooLarge(limit);
      }
      return result.value;
    },
    cancel: () => {
      idle.stop();
      void reader.cancel().catch(() => {});
    },
  };
}

const GROWTH = 4;

/**
 * Memory for a body of which so many bytes have come. A few times that, and not all that is announced: two hundred who
 * announce much would cost a pause. Not filled with zeros either, which costs as much as the body does: nobody sees more of
 * it than was written.
 */
const roomFor = (needed: number, announced: number | null): Bytes =>
  takeBuffer(Math.max(needed, announced ?? 0)) ??
  Buffer.allocUnsafeSlow(Math.max(needed, Math.min(announced ?? Infinity, needed * GROWTH)));

interface Whole {
  readonly bytes: Bytes;
  /** Where they are, if that is memory of ccb's own; null: where they came. */
  readonly memory: Bytes | null;
}

/**
 * A whole body. One that came in one piece stays where it is. Else, where its length was `announced`, it is written where
 * it will stay: pieces that are put together afterwards take twice the memory. Rejects with the bounds' own error,
 * `upload_timeout` or `client_gone`.
 */
export async function readWhole(
  body: ReadableStream<Bytes>,
  bounds: Bounds,
  clock: Clock,
  announced: number | null = null,
): Promise<Whole> {
  const reader = boundedReader(body, bounds, clock);
  let whole: Bytes = new Uint8Array();
  let memory: Bytes | null = null;
  let size = 0;
  for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
    const needed = size + chunk.byteLength;
    if (size === 0) whole = chunk;
    else {
      if (needed > whole.byteLength) {
        memory = roomFor(needed, announced);
        memory.set(whole.subarray(0, size));
        whole = memory;
      }
      whole.set(chunk, size);
    }
    size = needed;
  }
  return { bytes: Buffer.from(whole.buffer, whole.byteOffset, size), memory };
}

function bounded(body: ReadableStream<Bytes>, bounds: Bounds, clock: Clock): ReadableStream<Uint8Array> {
  const reader = boundedReader(body, bounds, clock);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const chunk = await reader.next();
          if (chunk === null) controller.close();
          else controller.enqueue(chunk);
        } catch (error) {
          controller.error(error);
        }
      },
      cancel: reader.cancel,
    },
    { highWaterMark: 0 },
  );
}
