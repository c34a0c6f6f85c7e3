// The upstream's reply on its way to the client: byte for byte, as it arrives, observed but never held up.
import type { Beginning } from "./beginning.ts";
import { BROKEN } from "./upstream-body.ts";
import type { Read, UpstreamBody } from "./upstream-body.ts";

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
  const [only] = chunks;
  // Whole: handed over without a stream's cost.
  if (end === "complete" && only !== undefined)
    return new Response(chunks.length === 1 ? only : Buffer.concat(chunks), head);
  return new Response(toStream(beginning, body), head);
}

/** The body as a stream, after what has been read already. */
function toStream({ chunks, pending, end }: Beginning, body: UpstreamBody): ReadableStream<Uint8Array> {
  // Let go of as they go out: a stream may be silent for an hour.
  let held = chunks;
  let first = pending;
  let give: (chunk: Read) => void = () => {};
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        give = (chunk) => {
          if (chunk === null) controller.close();
          // An AbortError: Bun resets the client's connection and prints nothing. Any other error it writes to
          // stderr together with the upstream's URL and its query (facts/bun, "stderr").
          else if (chunk === BROKEN)
            controller.error(new DOMException("the upstream's stream broke off", "AbortError"));
          else controller.enqueue(chunk);
        };
      },
      pull() {
        const [chunk, ...rest] = held;
        if (chunk !== undefined) {
          held = rest;
          return give(chunk);
        }
        if (end === "complete") return give(null);
        // One that has broken says so once more, with the pause that lets the bytes before it out.
        if (first === null) return body.next().then(give);
        const read = first;
        first = null;
        return read.then(give);
      },
      cancel: () => body.finish("client_gone"),
    },
    // Nothing is read ahead: a slow reader slows the upstream down, and memory stays flat.
    { highWaterMark: 0 },
  );
}
