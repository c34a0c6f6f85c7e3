// The tokens of a finished reply, read from its beginning and its last bytes (tail.ts): the stream itself is not touched.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { toBuffer } from "../balance/json-members.ts";
import { compiledCheck } from "../core/compiled-check.ts";
import { unpackBody } from "../provider/read-error.ts";
import { isPlain } from "./first-events.ts";
import { TAIL_BYTES } from "./tail.ts";
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
const StartCheck = compiledCheck(
  Type.Object({ type: Type.Literal("message_start"), message: Type.Object({ usage: Counts }) }),
);
const DeltaCheck = compiledCheck(Type.Object({ type: Type.Literal("message_delta"), usage: Counts }));
const BodyCheck = compiledCheck(Type.Object({ usage: Counts }));
const CountCheck = compiledCheck(CountSchema);

const decoder = new TextDecoder();
const FIELDS = ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"] as const;

/** It unpacks to ten times that, and a hundred is a bomb. */
const UNPACKED_BYTES = 32 * 1024 * 1024;
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
  const plain = encoding === null || isPlain(encoding);
  const body = plain ? tail : complete ? unpackBody(tail, encoding, UNPACKED_BYTES) : null;
  if (!sse) return body === null ? null : ofBody(decoder.decode(lastBytes(body)));
  if (body === null) return ofStream(head, null);
  // The first line may be the rest of one whose beginning is gone.
  const whole = complete && body.byteLength <= TAIL_BYTES;
  return ofStream(head, whole ? body : fromSecondLine(lastBytes(body)));
}

const lastBytes = (body: Uint8Array): Uint8Array => (body.byteLength > TAIL_BYTES ? body.subarray(-TAIL_BYTES) : body);

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

function ofStream(head: string, tail: Uint8Array | null): Usage | null {
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
  eventsWithUsage(Buffer.from(head), true).forEach(take);
  if (tail !== null) eventsWithUsage(toBuffer(tail), false).forEach(take);
  return counted ? usage : withoutOutput(usage);
}

/** The first number of a stream's output is no count of it: better none. */
const withoutOutput = (usage: Usage | null): Usage | null =>
  usage === null ? null : { ...usage, output_tokens: null };

const USAGE = Buffer.from('"usage"');
const LF = 0x0a;
const CR = 0x0d;

const isLineEnd = (byte: number | undefined): boolean => byte === LF || byte === CR;

/** How many bytes the line end has that begins at `at`; 0: there is none. */
function lineEndAt(bytes: Buffer, at: number): number {
  if (bytes[at] === LF) return 1;
  if (bytes[at] !== CR) return 0;
  return bytes[at + 1] === LF ? 2 : 1;
}

/** Where the event begins that has a byte of its own at `at`. */
function eventStart(bytes: Buffer, at: number): number {
  let start = at;
  for (; start > 0; start -= 1) {
    // Two line ends, of which \r\n is one, are a blank line.
    const second = bytes[start - 1] === LF && bytes[start - 2] === CR ? 3 : 2;
    if (isLineEnd(bytes[start - 1]) && isLineEnd(bytes[start - second])) break;
  }
  return start;
}

/** Where the blank line begins behind `at`; -1: there is none. */
function eventEnd(bytes: Buffer, at: number): number {
  for (let end = at; end < bytes.length; end += 1) {
    const first = lineEndAt(bytes, end);
    if (first > 0 && lineEndAt(bytes, end + first) > 0) return end;
  }
  return -1;
}

/**
 * The data of each event that may hold usage: nearly all bytes are of others, and are not even decoded. `whole`: what no
 * blank line ends goes on in bytes that are not there.
 */
function eventsWithUsage(bytes: Buffer, whole: boolean): readonly string[] {
  const data: string[] = [];
  for (let at = bytes.indexOf(USAGE); at !== -1;) {
    const end = eventEnd(bytes, at);
    if (end === -1 && whole) break;
    const event = decoder.decode(bytes.subarray(eventStart(bytes, at), end === -1 ? bytes.length : end));
    data.push(
      event
        .split(/\r\n|\r|\n/)
        .flatMap((line) => (line.startsWith("data:") ? [line.slice(5)] : []))
        .join("\n"),
    );
    at = end === -1 ? -1 : bytes.indexOf(USAGE, end);
  }
  return data;
}

function fromSecondLine(bytes: Uint8Array): Uint8Array {
  const end = bytes.findIndex(isLineEnd);
  return bytes.subarray(end === -1 ? bytes.length : end);
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
