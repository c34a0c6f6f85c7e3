// An upstream's reply before the commit point: its head, what was read of its body, and what that says.
import type { Clock } from "../core/ports.ts";
import { decodeErrorBody, ERROR_TEXT_BYTES } from "../provider/read-error.ts";
import type { Outcome } from "../provider/outcome.ts";
import { isMessages } from "../provider/path-kind.ts";
import { NO_BODY, readBeginning } from "./beginning.ts";
import type { Beginning } from "./beginning.ts";
import { createFirstEvents } from "./first-events.ts";
import type { FirstEventsVerdict } from "./first-events.ts";
import { NO_CONTENT } from "./reply.ts";
import type { Sent } from "./send.ts";
import { createUpstreamBody } from "./upstream-body.ts";
import type { Chunk, UpstreamBody } from "./upstream-body.ts";

export interface Answer {
  readonly response: Response;
  /** null: the reply has no content. */
  readonly body: UpstreamBody | null;
  readonly beginning: Beginning;
  /** The held events as text; "" where it is no event stream. */
  readonly heldText: string;
  /** Monotonic milliseconds of the first byte of the body, or of the head where there is no body. */
  readonly firstByteAt: number;
  readonly outcome: Outcome;
  /** Calls for every chunk from here on, those that were held included. */
  tap(listener: (chunk: Chunk) => void): void;
  /** Nobody will read it. */
  discard(): void;
}

/** A body announced to be this short is mostly there at once: then it is handed over whole. */
const SHORT_BYTES = 64 * 1024;

/** Signs of life within this count as one, milliseconds. */
const ALIVE_MS = 250;

export interface ReadOptions {
  readonly clock: Clock;
  /** Between two bytes of the body, milliseconds; 0: none. */
  readonly idleMs: number;
  /** Without the query. */
  readonly path: string;
  readonly method: string;
  /** Bytes came on a pooled connection. */
  readonly onAlive: () => void;
}

type Kind = "error" | "events" | "other";

function kindOf({ status, headers }: Response, { path, method }: ReadOptions): Kind {
  if (status >= 400) return "error";
  const events = /^\s*text\/event-stream/i.test(headers.get("content-type") ?? "");
  return events && method === "POST" && isMessages(path) ? "events" : "other";
}

/** A body whose announced length is there is over, whether or not its end has been read. */
function completed(beginning: Beginning, body: UpstreamBody, headers: Headers): Beginning {
  const length = Number(headers.get("content-length") ?? Infinity);
  const read = beginning.chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (beginning.end !== null || beginning.pending !== null || read !== length || length > SHORT_BYTES) return beginning;
  body.finish("complete");
  return { ...beginning, end: "complete" };
}

/**
 * Reads what tells whether a reply serves: an error's text, the events before the first content, the first bytes of
 * anything else; for at most 10 s. Never rejects.
 */
export async function readAnswer({ reply, pooled }: Sent, options: ReadOptions): Promise<Answer> {
  const { response } = reply;
  const { clock } = options;
  const stream = NO_CONTENT.has(response.status) ? null : response.body;
  if (stream === null) reply.release(false);
  const watch = new Watch(clock, pooled ? options.onAlive : null);
  const body = stream === null ? null : openBody(reply, stream, options, watch);
  const kind = kindOf(response, options);
  const first = kind === "events" && body !== null ? createFirstEvents(response.headers.get("content-encoding")) : null;
  let events: FirstEventsVerdict | null = first === null ? null : { kind: "wait" };
  let left = kind === "error" ? ERROR_TEXT_BYTES : 1;
  const enough = (chunk: Chunk): boolean => {
    if (first === null) return (left -= chunk.byteLength) <= 0;
    events = first.feed(chunk);
    return events.kind !== "wait";
  };
  const read = body === null ? NO_BODY : await readBeginning(body, enough, clock);
  const beginning = body === null || first !== null ? read : completed(read, body, response.headers);
  const outcome = outcomeOf(kind, response, beginning, events);
  const firstByteAt = watch.firstByteAt ?? clock.monotonic();
  return toAnswer({ response, body, beginning, heldText: first?.text() ?? "", firstByteAt, outcome }, watch);
}

/** What happens with each chunk, for as long as the stream lasts: it holds on to nothing of the beginning. */
class Watch {
  firstByteAt: number | null = null;
  listener: ((chunk: Chunk) => void) | null = null;
  private aliveAt = -Infinity;
  private readonly clock: Clock;
  private readonly onAlive: (() => void) | null;

  constructor(clock: Clock, onAlive: (() => void) | null) {
    this.clock = clock;
    this.onAlive = onAlive;
  }

  add(chunk: Chunk): void {
    const now = this.clock.monotonic();
    this.firstByteAt ??= now;
    this.listener?.(chunk);
    if (this.onAlive === null || now < this.aliveAt + ALIVE_MS) return;
    this.aliveAt = now;
    this.onAlive();
  }
}

const openBody = (
  reply: Sent["reply"],
  stream: ReadableStream<Chunk>,
  { clock, idleMs }: ReadOptions,
  watch: Watch,
): UpstreamBody => createUpstreamBody(reply, stream, { clock, idleMs, onBytes: (chunk) => watch.add(chunk) });

function toAnswer(answer: Omit<Answer, "tap" | "discard">, watch: Watch): Answer {
  return {
    ...answer,
    tap(next) {
      for (const chunk of answer.beginning.chunks) next(chunk);
      watch.listener = next;
    },
    discard: () => answer.body?.finish("discarded"),
  };
}

function outcomeOf(
  kind: Kind,
  { status, headers }: Response,
  { chunks, end }: Beginning,
  events: FirstEventsVerdict | null,
): Outcome {
  if (kind === "events") {
    if (events?.kind === "error") return { kind: "stream_error", type: events.type, text: events.text };
    // It ended, cleanly or not, before its first content.
    if (events?.kind === "wait" && end !== null) return { kind: "stream_error", type: "", text: "" };
  } else if (end === "broken" && chunks.length === 0) return { kind: "error", failure: "closed" };
  const text = kind === "error" ? decodeErrorBody(Buffer.concat(chunks), headers.get("content-encoding")) : "";
  return { kind: "reply", status, headers, text, contentType: headers.get("content-type") };
}
