// The beginning of an event stream: whether it has reached its first content, or is an error in disguise. Pure. Until
// then nothing is committed, so what is read here decides whether another target may still answer.
import { Type } from "@sinclair/typebox";
import { compiledCheck } from "../core/compiled-check.ts";
import { decodeErrorBody, ERROR_TEXT_BYTES } from "../provider/read-error.ts";

/**
 * wait: only `message_start`, `ping` and comments so far; content: what follows is the answer, or holding on makes no
 * sense; error: the stream says that it failed before it gave anything: `error.type` (`api_error` where it names none)
 * and the event's data.
 */
export type FirstEventsVerdict =
  | { readonly kind: "wait" }
  | { readonly kind: "content" }
  | { readonly kind: "error"; readonly type: string; readonly text: string };

export interface FirstEvents {
  /** The next bytes of the body. Any verdict but `wait` is final, and looks at no further bytes. */
  feed(chunk: Uint8Array): FirstEventsVerdict;
  /** What was held back, decoded: for message ids and first usage. */
  text(): string;
}

const WAIT: FirstEventsVerdict = { kind: "wait" };
const CONTENT: FirstEventsVerdict = { kind: "content" };

/** The events before the first content take one or two kilobytes. */
const HELD_BYTES = ERROR_TEXT_BYTES;
/** Packed bytes of which nothing could be unpacked: more of them will not help. */
const UNREADABLE_BYTES = 4 * 1024;
/** A packed beginning is unpacked anew with each chunk: no more often than this. */
const LOOKS = 256;

// Compiled: every stream is held against it.
const TypeCheck = compiledCheck(Type.Object({ type: Type.String() }));
const ErrorCheck = compiledCheck(Type.Object({ error: Type.Object({ type: Type.String() }) }));

const LINE_END = /\r\n|\r|\n/g;
const FIELDS = ["data", "event", "id", "retry"];
/** These decide by their `event:` line alone: their data need not be there yet. */
const CONTENT_EVENTS: ReadonlySet<string> = new Set([
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "message_delta",
  "message_stop",
]);

/** Whether a body of this `content-encoding` is readable as it is. */
export const isPlain = (contentEncoding: string | null): boolean =>
  /^[\s,]*(?:identity[\s,]*)*$/i.test(contentEncoding ?? "");
const isReadable = (contentEncoding: string): boolean =>
  contentEncoding.split(",").every((coding) => /^\s*(?:(?:x-)?gzip|br|zstd|deflate|identity)?\s*$/i.test(coding));

/**
 * Reads the beginning of a 200 `text/event-stream` (WHATWG HTML §9.2.6). However the bytes are cut into chunks, the
 * verdict is the same; at most 64 kB are looked at.
 */
export function createFirstEvents(contentEncoding: string | null): FirstEvents {
  const read = isPlain(contentEncoding) ? createPlainReader() : createPackedReader(contentEncoding ?? "");
  let verdict: FirstEventsVerdict = WAIT;
  return {
    feed(chunk) {
      if (verdict.kind === "wait" && chunk.byteLength > 0) verdict = read.feed(chunk);
      return verdict;
    },
    text: () => read.text(),
  };
}

function createPlainReader(): FirstEvents {
  const decoder = new TextDecoder();
  const scan = createScan();
  let room = HELD_BYTES;
  let held = "";
  return {
    feed(chunk) {
      const text = decoder.decode(chunk.subarray(0, room), { stream: true });
      const over = chunk.byteLength > room;
      room = Math.max(0, room - chunk.byteLength);
      held += text;
      const verdict = scan(text);
      return verdict.kind === "wait" && over ? CONTENT : verdict;
    },
    text: () => held,
  };
}

function createPackedReader(contentEncoding: string): FirstEvents {
  const held: Uint8Array[] = [];
  let size = 0;
  let text = "";
  return {
    feed(chunk) {
      if (!isReadable(contentEncoding) || held.length >= LOOKS) return CONTENT;
      held.push(chunk.subarray(0, HELD_BYTES - size));
      const over = size + chunk.byteLength > HELD_BYTES;
      size = Math.min(HELD_BYTES, size + chunk.byteLength);
      const read = decodeErrorBody(held.length === 1 ? chunk.subarray(0, size) : Buffer.concat(held), contentEncoding);
      // A packed block that is cut off may take with it what could be read before.
      if (read.length > text.length) text = read;
      const verdict = createScan()(text);
      if (verdict.kind !== "wait") return verdict;
      // A character that was cut at the limit counts for up to three bytes less.
      const full = over || Buffer.byteLength(text) > HELD_BYTES - 4;
      return full || (text === "" && size > UNREADABLE_BYTES) ? CONTENT : WAIT;
    },
    text: () => text,
  };
}

/** Takes text piece by piece, looks at each character once, and says what the events so far mean. */
function createScan(): (piece: string) => FirstEventsVerdict {
  /** The line that is not over yet. */
  let rest = "";
  let restIsField = false;
  /** The last line ended in \r: a \n that comes next belongs to it. */
  let afterReturn = false;
  let event = "";
  let data: string[] = [];

  /** null: read on. */
  function takeLine(line: string): FirstEventsVerdict | null {
    if (line === "") {
      const verdict = event === "" && data.length === 0 ? null : judge(event, data.join("\n"));
      event = "";
      data = [];
      return verdict;
    }
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") {
      event = value;
      return CONTENT_EVENTS.has(value) ? CONTENT : null;
    }
    if (field === "data") data.push(value);
    else if (field !== "" && !FIELDS.includes(field)) return CONTENT;
    return null;
  }

  /** Whether the line that is not over yet may become one of an event stream; asked no more once that is sure. */
  function takeRest(piece: string): boolean {
    rest += piece;
    if (restIsField || rest === "") return true;
    const colon = rest.indexOf(":");
    const field = colon === -1 ? rest : rest.slice(0, colon);
    restIsField = colon === 0 || (colon > 0 && FIELDS.includes(field));
    return restIsField || (colon === -1 && FIELDS.some((known) => known.startsWith(rest)));
  }

  return (piece) => {
    if (piece === "") return WAIT;
    let from = afterReturn && piece.startsWith("\n") ? 1 : 0;
    afterReturn = piece.endsWith("\r");
    LINE_END.lastIndex = from;
    for (let end = LINE_END.exec(piece); end !== null; end = LINE_END.exec(piece)) {
      const line = rest + piece.slice(from, end.index);
      rest = "";
      restIsField = false;
      from = LINE_END.lastIndex;
      const verdict = takeLine(line);
      if (verdict !== null) return verdict;
    }
    return takeRest(piece.slice(from)) ? WAIT : CONTENT;
  };
}

/** A whole event; null: it tells nothing yet. The data's own type counts more than the `event:` line. */
function judge(event: string, data: string): FirstEventsVerdict | null {
  const body = parse(data);
  const type = TypeCheck.Check(body) ? body.type : null;
  // Clients take an `event: error` for one, whatever its data: gateways put an error there that has no envelope.
  if (type === "error" || event === "error") {
    const inner = ErrorCheck.Check(body) ? body.error.type : type;
    return { kind: "error", type: inner === null || inner === "error" ? "api_error" : inner, text: data };
  }
  const kind = type ?? event;
  return kind === "message_start" || kind === "ping" ? null : CONTENT;
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
