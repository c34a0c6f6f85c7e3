// The tokens of a finished reply, read from its beginning and its last bytes: the stream itself is not touched.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { unpackBody } from "../provider/read-error.ts";
import { isPlain } from "./first-events.ts";
import type { Usage } from "./tokens-schema.ts";

/** No reply takes a thousandth of that; sums of more fit neither into a number nor into the file of the usage. */
const MOST_TOKENS = 1_000_000_000;
const CountSchema = Type.Integer({ minimum: 0, maximum: MOST_TOKENS });
const Count = Type.Optional(Type.Unknown());
const Counts = Type.Object({
  input_tokens: Count,
  output_tokens: Count,
  cache_creation_input_tokens: Count,
  cache_read_input_tokens: Count,
});
// Compiled: every reply is held against them.
const StartCheck = TypeCompiler.Compile(
  Type.Object({ type: Type.Literal("message_start"), message: Type.Object({ usage: Counts }) }),
);
const DeltaCheck = TypeCompiler.Compile(Type.Object({ type: Type.Literal("message_delta"), usage: Counts }));
const BodyCheck = TypeCompiler.Compile(Type.Object({ usage: Counts }));
const CountCheck = TypeCompiler.Compile(CountSchema);

const decoder = new TextDecoder();
const FIELDS = ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"] as const;

/** The last event with usage and the few around it: a kilobyte or two. */
const TAIL_BYTES = 16 * 1024;
/** Of a packed body all is needed, as only its beginning opens it: what most models can say in one reply. */
const PACKED_BYTES = 1024 * 1024;
/** It unpacks to ten times that, and a hundred is a bomb. */
const UNPACKED_BYTES = 32 * 1024 * 1024;
/** Most whole replies fit into this. */
const FIRST_BYTES = 2 * 1024;

export interface Tail {
  /** Cheap: it is called for every chunk. */
  add(chunk: Uint8Array): void;
  /** The last bytes, at most the limit. */
  bytes(): Uint8Array;
  /** Nothing was dropped: these are all bytes of the body. */
  readonly complete: boolean;
}

/**
 * Keeps the last bytes of a body in one ring of its own, which grows as it has to: chunks that were only referred to would
 * keep the buffers alive that they were cut from, and to ask for those is itself slow.
 */
export function createTail(limitBytes: number = TAIL_BYTES): Tail {
  let ring = new Uint8Array(0);
  let total = 0;

  function reserve(bytes: number): void {
    if (ring.byteLength >= bytes) return;
    const grown = new Uint8Array(Math.min(limitBytes, Math.max(FIRST_BYTES, ring.byteLength * 2, bytes)));
    grown.set(ring);
    ring = grown;
  }

  return {
    add(chunk) {
      total += chunk.byteLength;
      reserve(Math.min(total, limitBytes));
      const end = chunk.byteLength > limitBytes ? chunk.subarray(chunk.byteLength - limitBytes) : chunk;
      const at = (total - end.byteLength) % limitBytes;
      const room = limitBytes - at;
      if (end.byteLength <= room) ring.set(end, at);
      else {
        ring.set(end.subarray(0, room), at);
        ring.set(end.subarray(room), 0);
      }
    },
    bytes() {
      if (total <= limitBytes) return ring.subarray(0, total);
      const oldest = total % limitBytes;
      return Buffer.concat([ring.subarray(oldest), ring.subarray(0, oldest)]);
    },
    get complete() {
      return total <= limitBytes;
    },
  };
}

/** A tail as long as it takes to read the usage of a reply with this `content-encoding`. */
export const createUsageTail = (encoding: string | null): Tail =>
  createTail(isPlain(encoding) ? TAIL_BYTES : PACKED_BYTES);

export interface ReplyShape {
  /** An event stream; else JSON. */
  readonly sse: boolean;
  /** The `content-encoding`. */
  readonly encoding: string | null;
  /** The tail is the whole body. */
  readonly complete: boolean;
}

/**
 * The usage of a reply, or null where it says nothing of it. `head`: the decoded beginning of an event stream. The
 * numbers of a stream are cumulative: each that is there replaces the one before (facts C). A tail that cannot be read
 * (packed, and its beginning is gone) leaves `output_tokens` unknown. Never throws.
 */
export function readUsage(head: string, tail: Uint8Array, { sse, encoding, complete }: ReplyShape): Usage | null {
  const readable = complete || isPlain(encoding);
  const body = readable ? unpackBody(tail, encoding, UNPACKED_BYTES) : null;
  if (!sse) return body === null ? null : ofBody(decoder.decode(body.subarray(-TAIL_BYTES)));
  if (body === null) return ofStream(head, null, false);
  const cut = body.byteLength > TAIL_BYTES;
  return ofStream(head, decoder.decode(body.subarray(-TAIL_BYTES)), complete && !cut);
}

/** So many members called "usage" are tried. */
const MOST_MEMBERS = 16;

/**
 * The usage of a JSON body, of which this is the end. It is a member of the outermost object: whatever follows it ends
 * with that object. One in a tool's input does not, and one in a text has its quotes escaped.
 */
function ofBody(text: string): Usage | null {
  let at = text.length;
  for (let tries = 0; tries < MOST_MEMBERS && at > 0; tries += 1) {
    at = text.lastIndexOf('"usage"', at - 1);
    if (at === -1) return null;
    const rest = parse(`{${text.slice(at)}`);
    if (BodyCheck.Check(rest)) return merged(null, rest.usage);
  }
  return null;
}

function ofStream(head: string, tail: string | null, complete: boolean): Usage | null {
  let usage: Usage | null = null;
  let counted = tail !== null;
  function take(data: string): void {
    const event = parse(data);
    if (StartCheck.Check(event)) usage = merged(usage, event.message.usage);
    else if (DeltaCheck.Check(event)) {
      usage = merged(usage, event.usage);
      counted = true;
    }
  }
  eventData(head, true).forEach(take);
  if (tail !== null) eventData(complete ? tail : fromSecondLine(tail), false).forEach(take);
  return counted ? usage : withoutOutput(usage);
}

/** The first number of a stream's output is no count of it: better none. */
const withoutOutput = (usage: Usage | null): Usage | null =>
  usage === null ? null : { ...usage, output_tokens: null };

const USAGE = '"usage"';
const BLANK_LINE = /(?:\r\n|\n|\r(?!\n)){2}/g;

const isLineEnd = (text: string, at: number): boolean => text[at] === "\n" || text[at] === "\r";

/** Where the event begins that has a character of its own at `at`. */
function eventStart(text: string, at: number): number {
  let start = at;
  for (; start > 0; start -= 1) {
    // Two line ends, of which \r\n is one, are a blank line.
    const second = text[start - 1] === "\n" && text[start - 2] === "\r" ? 3 : 2;
    if (isLineEnd(text, start - 1) && isLineEnd(text, start - second)) break;
  }
  return start;
}

/** Where the blank line begins behind `at`; -1: there is none. */
function eventEnd(text: string, at: number): number {
  BLANK_LINE.lastIndex = at;
  return BLANK_LINE.exec(text)?.index ?? -1;
}

/**
 * The data of each event that may hold usage: nearly all bytes are of others, and are not looked at. `whole`: what no
 * blank line ends goes on in bytes that are not there.
 */
function eventData(text: string, whole: boolean): readonly string[] {
  const data: string[] = [];
  for (let at = text.indexOf(USAGE); at !== -1;) {
    const end = eventEnd(text, at);
    if (end === -1 && whole) break;
    const event = text.slice(eventStart(text, at), end === -1 ? text.length : end);
    data.push(
      event
        .split(/\r\n|\r|\n/)
        .flatMap((line) => (line.startsWith("data:") ? [line.slice(5)] : []))
        .join("\n"),
    );
    at = end === -1 ? -1 : text.indexOf(USAGE, end);
  }
  return data;
}

/** Behind the first line, which may be the rest of one whose beginning is gone. */
function fromSecondLine(text: string): string {
  const end = text.search(/[\r\n]/);
  return end === -1 ? "" : text.slice(end);
}

function merged(before: Usage | null, counts: Static<typeof Counts>): Usage {
  const usage: Usage = before ?? {
    input_tokens: null,
    output_tokens: null,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: null,
  };
  for (const field of FIELDS) {
    const count = counts[field];
    if (CountCheck.Check(count)) usage[field] = count;
  }
  return usage;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
