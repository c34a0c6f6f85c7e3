// An upstream's reply before the commit point: its head, what was read of its body, and what that says.
import type { Clock } from "../core/ports.ts";
import { toFields } from "../provider/fields.ts";
import type { Fields } from "../provider/fields.ts";
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
  /** The response's own. */
  readonly fields: Fields;
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

function kindOf(status: number, fields: Fields, { path, method }: ReadOptions): Kind {
  if (status >= 400) return "error";
  const events = /^\s*text\/event-stream/i.test(fields["content-type"] ?? "");
  return events && method === "POST" && isMessages(path) ? "events" : "other";
}

/** A body whose announced length is there is over, whether or not its end has been read. */
function completed({ chunks, pending, end }: Beginning, body: UpstreamBody, fields: Fields): Beginning["end"] {
  const length = Number(fields["content-length"] ?? Infinity);
  if (end !== null || pending !== null || length > SHORT_BYTES) return end;
  let read = 0;
  for (const { byteLength } of chunks) read += byteLength;
  if (read !== length) return null;
  body.finish("complete");
  return "complete";
}

/**
 * Reads what tells whether a reply serves: an error's text, the events before the first content, the first bytes of
 * anything else; for at most 10 s. Never rejects.
 */
export async function readAnswer({ reply, pooled }: Sent, options: ReadOptions): Promise<Answer> {
  const { response } = reply;
  const { clock, idleMs } = options;
  const fields = toFields(response.headers);
  const stream = NO_CONTENT.has(response.status) ? null : response.body;
  if (stream === null) reply.release(false);
  const watch = new Watch(clock, pooled ? options.onAlive : null);
  const body = stream === null ? null : createUpstreamBody(reply, stream, { clock, idleMs, watch });
  const kind = kindOf(response.status, fields, options);
  const first = kind === "events" && body !== null ? createFirstEvents(fields["content-encoding"] ?? null) : null;
  let events: FirstEventsVerdict | null = first === null ? null : { kind: "wait" };
  let left = kind === "error" ? ERROR_TEXT_BYTES : 1;
  const enough = (chunk: Chunk): boolean => {
    if (first === null) return (left -= chunk.byteLength) <= 0;
    events = first.feed(chunk);
    return events.kind !== "wait";
  };
  const read = body === null ? NO_BODY : await readBeginning(body, enough, clock);
  const end = body === null || first !== null ? read.end : completed(read, body, fields);
  const beginning = { chunks: read.chunks, pending: read.pending, end };
  const outcome = outcomeOf(kind, response, fields, beginning, events);
  return new ReadAnswer({ response, fields, body, beginning, heldText: first?.text() ?? "", outcome }, watch, clock);
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

/** A class, as every request makes one. */
class ReadAnswer implements Answer {
  readonly response: Response;
  readonly fields: Fields;
  readonly body: UpstreamBody | null;
  readonly beginning: Beginning;
  readonly heldText: string;
  readonly firstByteAt: number;
  readonly outcome: Outcome;
  private readonly watch: Watch;

  constructor(
    parts: Pick<Answer, "response" | "fields" | "body" | "beginning" | "heldText" | "outcome">,
    watch: Watch,
    clock: Clock,
  ) {
    this.response = parts.response;
    this.fields = parts.fields;
    this.body = parts.body;
    this.beginning = parts.beginning;
    this.heldText = parts.heldText;
    this.firstByteAt = watch.firstByteAt ?? clock.monotonic();
    this.outcome = parts.outcome;
    this.watch = watch;
  }

  tap(next: (chunk: Chunk) => void): void {
    for (const chunk of this.beginning.chunks) next(chunk);
    this.watch.listener = next;
  }

  discard(): void {
    this.body?.finish("discarded");
  }
}

function outcomeOf(
  kind: Kind,
  { status, headers }: Response,
  fields: Fields,
  { chunks, end }: Beginning,
  events: FirstEventsVerdict | null,
): Outcome {
  if (kind === "events") {
    if (events?.kind === "error") return { kind: "stream_error", type: events.type, text: events.text };
    // It ended, cleanly or not, before its first content.
    if (events?.kind === "wait" && end !== null) return { kind: "stream_error", type: "", text: "" };
  } else if (end === "broken" && chunks.length === 0) return { kind: "error", failure: "closed" };
  const text = kind === "error" ? decodeErrorBody(Buffer.concat(chunks), fields["content-encoding"] ?? null) : "";
  return { kind: "reply", status, headers, text, contentType: fields["content-type"] ?? null };
}
