// The tokens of a finished reply, read from its beginning and its last bytes: the stream itself is not touched.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { decodeErrorBody, ERROR_TEXT_BYTES } from "../provider/read-error.ts";
import { isPlain } from "./first-events.ts";

const CountSchema = Type.Integer({ minimum: 0 });
const NullableCount = Type.Union([CountSchema, Type.Null()]);

export const UsageSchema = Type.Object(
  {
    input_tokens: NullableCount,
    output_tokens: NullableCount,
    cache_creation_input_tokens: NullableCount,
    cache_read_input_tokens: NullableCount,
  },
  { description: "As the upstream counted them; null: not said. All input is the sum of the three." },
);
export type Usage = Static<typeof UsageSchema>;

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
const CountsCheck = TypeCompiler.Compile(Counts);
const CountCheck = TypeCompiler.Compile(CountSchema);

const decoder = new TextDecoder();
const FIELDS = ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"] as const;

/** The last event with usage and the few around it: a kilobyte or two. */
const TAIL_BYTES = 16 * 1024;
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
  if (!sse) return complete ? ofBody(tail, encoding) : null;
  // Plain, the end tells all: a longer tail was kept for something else.
  const cut = isPlain(encoding) && tail.byteLength > TAIL_BYTES;
  const whole = complete && !cut;
  return ofStream(head, textOf(cut ? tail.subarray(-TAIL_BYTES) : tail, encoding, whole), whole);
}

/** null: unreadable, or too long to be read to its end. */
function textOf(tail: Uint8Array, encoding: string | null, complete: boolean): string | null {
  if (isPlain(encoding)) return tail.byteLength > ERROR_TEXT_BYTES ? null : decoder.decode(tail);
  if (!complete) return null;
  const text = decodeErrorBody(tail, encoding);
  return text === "" || Buffer.byteLength(text) > ERROR_TEXT_BYTES - 4 ? null : text;
}

/** `"usage": {…}` with one level of objects inside. */
const USAGE_MEMBER = /^"usage"\s*:\s*(\{(?:[^{}]|\{[^{}]*\})*\})/;

/** The last `usage` is the reply's own: it stands behind the content. */
function ofBody(tail: Uint8Array, encoding: string | null): Usage | null {
  const text = textOf(tail, encoding, true);
  const member = text === null ? null : USAGE_MEMBER.exec(text.slice(text.lastIndexOf('"usage"')));
  const usage = parse(member?.[1] ?? "null");
  return CountsCheck.Check(usage) ? merged(null, usage) : null;
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
  eventData(wholeEvents(head)).forEach(take);
  // The first line may be the rest of one whose beginning is gone.
  eventData(complete ? (tail ?? "") : (tail ?? "").replace(/^[^\r\n]*/, "")).forEach(take);
  return counted ? usage : withoutOutput(usage);
}

/** The first number of a stream's output is no count of it: better none. */
const withoutOutput = (usage: Usage | null): Usage | null =>
  usage === null ? null : { ...usage, output_tokens: null };

const isLineEnd = (text: string, at: number): boolean => text[at] === "\n" || text[at] === "\r";

/** From the first event that may hold usage: what comes before are deltas of text, most of all bytes. */
function fromUsage(text: string): string {
  let start = text.indexOf('"usage"');
  if (start === -1) return "";
  for (; start > 0; start -= 1) {
    // Two line ends, of which \r\n is one, are a blank line.
    const second = text[start - 1] === "\n" && text[start - 2] === "\r" ? 3 : 2;
    if (isLineEnd(text, start - 1) && isLineEnd(text, start - second)) break;
  }
  return text.slice(start);
}

/** Up to the last blank line: what stands behind it goes on in bytes that are not there. */
const wholeEvents = (text: string): string => /^[^]*(?:\r\n|\n|\r(?!\n)){2}/.exec(text)?.[0] ?? "";

/** The data of each event that may hold usage. */
function eventData(text: string): readonly string[] {
  return fromUsage(text)
    .split(/(?:\r\n|\n|\r(?!\n)){2,}/)
    .flatMap((event) =>
      event.includes('"usage"')
        ? event
            .split(/\r\n|\r|\n/)
            .flatMap((line) => (line.startsWith("data:") ? [line.slice(5)] : []))
            .join("\n")
        : [],
    );
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
