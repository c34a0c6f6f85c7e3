// What is read of a stream on its way: the same however the bytes are cut, and whatever they are.
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { createFirstEvents } from "../../src/relay/first-events.ts";
import type { FirstEventsVerdict } from "../../src/relay/first-events.ts";
import { Tail } from "../../src/relay/tail.ts";
import { readUsage } from "../../src/relay/usage.ts";
import type { Usage } from "../../src/relay/tokens-schema.ts";
import { must, subject } from "./_fuzz.ts";
import { cutAt, cuts, edits, mutateBytes } from "./_mutate.ts";

const fuzz = subject("SSE observer");

type Bytes = Uint8Array<ArrayBuffer>;

const words = fc.oneof(
  fc.constantFrom(
    "hello",
    "größer",
    "你好",
    "👋🏽",
    '"usage"',
    'data: {"type":"message_delta","usage":{"output_tokens":99}}',
    "\n\n",
    "\u2028",
    "",
  ),
  fc.string({ unit: "grapheme", maxLength: 8 }),
);
const count = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 100_000 }) },
  fc.constantFrom<unknown>(null, -1, 1.5, "7", [], 1e300),
);
const usage = fc.dictionary(
  fc.constantFrom(
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "service_tier",
  ),
  count,
  { maxKeys: 4 },
);

interface Event {
  readonly event: string | null;
  readonly data: string | null;
}
const typed = (type: string, more: object): Event => ({ event: type, data: JSON.stringify({ type, ...more }) });
const start = usage.map((counts) => typed("message_start", { message: { id: "msg_1", usage: counts } }));
const delta = words.map((text) => typed("content_block_delta", { index: 0, delta: { type: "text_delta", text } }));
const stop = usage.map((counts) => typed("message_delta", { delta: { stop_reason: "end_turn" }, usage: counts }));
const failure = fc
  .tuple(fc.constantFrom("overloaded_error", "api_error", "rate_limit_error", ""), words)
  .map(([type, message]) => typed("error", { error: { type, message } }));
const odd = fc.constantFrom<Event>(
  { event: "ping", data: null },
  { event: null, data: "[DONE]" },
  { event: "error", data: "overloaded" },
  { event: "message_start", data: "{" },
  { event: null, data: '{"type":"message_delta","usage":{"output_tokens":5}}' },
  { event: "later_event", data: '{"type":"later_event"}' },
  { event: "", data: "" },
);
const ping = fc.constant(typed("ping", {}));
const block = fc.constant(typed("content_block_start", { index: 0, content_block: { type: "text", text: "" } }));

const events = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        start,
        fc.array(ping, { maxLength: 2 }),
        block,
        fc.array(delta, { maxLength: 8 }),
        fc.array(stop, { maxLength: 2 }),
      )
      .map(([first, pings, opening, deltas, last]) => [
        first,
        ...pings,
        opening,
        ...deltas,
        ...last,
        typed("message_stop", {}),
      ]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.option(start), fc.array(ping, { maxLength: 2 }), failure)
      .map(([first, pings, failed]) => [...(first ? [first] : []), ...pings, failed]),
  },
  { weight: 2, arbitrary: fc.array(fc.oneof(start, ping, delta, stop, failure, odd), { maxLength: 8 }) },
);

interface Style {
  /** Each line's, in turn. */
  readonly ends: readonly string[];
  readonly comment: string;
  readonly gap: string;
  readonly order: boolean;
  readonly lines: boolean;
  readonly mark: boolean;
}
const style: fc.Arbitrary<Style> = fc.record({
  ends: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(["\n"], ["\r\n"], ["\r"]) },
    fc.array(fc.constantFrom("\n", "\r\n", "\r"), { minLength: 1, maxLength: 5 }),
  ),
  comment: fc.constantFrom("", "", ": hi", ":", "id: 5", "retry: 10"),
  gap: fc.constantFrom(" ", "", "  "),
  order: fc.boolean(),
  lines: fc.boolean(),
  mark: fc.integer({ min: 0, max: 9 }).map((of) => of === 0),
});

/** The stream as text, by WHATWG HTML §9.2.6. */
function write(list: readonly Event[], { ends, comment, gap, order, lines, mark }: Style): string {
  let index = 0;
  let last = "";
  const line = (text: string): string => {
    const next = ends[index++ % ends.length] ?? "\n";
    // After \r a line of nothing but \n would be the rest of the line end before.
    last = text === "" && last === "\r" && next === "\n" ? "\r" : next;
    return text + last;
  };
  const written = list.map(({ event, data }) => {
    const fields: string[] = [];
    if (event !== null) fields.push(`event:${gap}${event}`);
    // A line end within the data is two lines of data; where JSON has a comma, one may be put in.
    if (data !== null) {
      const parts = lines ? data.replace(",", ",\n").split("\n") : [data];
      fields.push(...parts.map((part) => `data:${gap}${part}`));
    }
    if (order) fields.reverse();
    return [...(comment === "" ? [] : [comment]), ...fields, ""].map(line).join("");
  });
  return (mark ? "\ufeff" : "") + written.join("");
}

const TOKENS = [
  "\n",
  "\r",
  "\r\n",
  "\n\n",
  "data:",
  "data",
  "event: error",
  "event:",
  ":",
  "\u00ef\u00bb\u00bf",
  "\u0000",
  "\u00ff",
  "\u00f0\u009f",
  '"usage"',
  "{",
  "}",
  "id",
  "x",
];
const body: fc.Arbitrary<Bytes> = fc
  .tuple(events, style, fc.oneof(fc.constant(null), fc.constant(null), edits(TOKENS, 3)))
  .map(([list, how, damage]) => {
    const bytes = new Uint8Array(Buffer.from(write(list, how)));
    return damage === null ? bytes : mutateBytes(bytes, damage);
  });

interface Observed {
  readonly verdict: FirstEventsVerdict;
  readonly head: string;
  readonly usage: Usage | null;
}

/** As relay.ts does: the beginning up to the first content, the rest by its last bytes. */
function observe(chunks: readonly Bytes[], encoding: string | null): Observed {
  const first = createFirstEvents(encoding);
  const tail = new Tail();
  let verdict: FirstEventsVerdict = { kind: "wait" };
  for (const chunk of chunks) {
    if (verdict.kind === "wait") verdict = first.feed(chunk);
    tail.add(chunk);
    // What has been handed on may be written to again.
    if (verdict.kind !== "wait") chunk.fill(0);
  }
  const head = first.text();
  return { verdict, head, usage: readUsage(head, tail.bytes(), { sse: true, encoding, complete: tail.complete }) };
}

const same = (one: Observed, two: Observed): boolean =>
  Bun.deepEquals(one.verdict, two.verdict) && Bun.deepEquals(one.usage, two.usage);

fuzz("any cut of any stream is seen as the whole is", {
  values: fc.tuple(body, cuts),
  reaches: { error: 0.15, content: 0.3, wait: 0.03, usage: 0.3 },
  check([bytes, places], reach) {
    const whole = observe([bytes.slice()], null);
    const pieces = cutAt(bytes, places);
    const inPieces = observe(pieces, null);
    must(same(whole, inPieces), "another result", new TextDecoder().decode(bytes), whole, inPieces);
    must(whole.head.startsWith(inPieces.head), "what is held is no beginning of it", whole.head, inPieces.head);
    reach(whole.verdict.kind);
    if (whole.usage !== null) reach("usage");
  },
});

/** The same by the letter of the standard, for streams that are whole. */
function oracle(list: readonly Event[]): FirstEventsVerdict {
  const content = new Set([
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
  ]);
  for (const { event, data } of list) {
    if (content.has(event ?? "")) return { kind: "content" };
    if ((event ?? "") === "" && data === null) continue;
    let parsed: unknown = null;
    try {
      parsed = JSON.parse(data ?? "");
    } catch {
      // No JSON.
    }
    const of: Record<string, unknown> = typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
    const type = typeof of["type"] === "string" ? of["type"] : null;
    if (type === "error" || event === "error") {
      const inner = of["error"];
      const named =
        typeof inner === "object" && inner !== null && "type" in inner && typeof inner.type === "string"
          ? inner.type
          : type;
      return { kind: "error", type: named === null || named === "error" ? "api_error" : named, text: data ?? "" };
    }
    if (!["message_start", "ping"].includes(type ?? event ?? "")) return { kind: "content" };
  }
  return { kind: "wait" };
}

fuzz("a whole stream is read by the letter of the standard, whatever its line ends", {
  values: fc.tuple(
    events,
    style.map((how) => ({ ...how, gap: how.gap.slice(0, 1), order: false, lines: false })),
    cuts,
  ),
  reaches: { error: 0.15, content: 0.3, wait: 0.01 },
  check([list, how, places], reach) {
    const expected = oracle(list);
    const { verdict } = observe(cutAt(new Uint8Array(Buffer.from(write(list, how))), places), null);
    must(Bun.deepEquals(verdict, expected), "another verdict", write(list, how), verdict, expected);
    reach(expected.kind);
  },
});

const PACK = {
  gzip: gzipSync,
  // As servers flush it after each event: what has come so far can be unpacked.
  br: (bytes: Uint8Array) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  zstd: zstdCompressSync,
  deflate: deflateSync,
} as const;

// Packed, the beginning is unpacked anew with each chunk: it is looked at 256 times at most, so not cut behind each byte.
fuzz("packed streams, however they are cut", {
  values: fc.tuple(
    body,
    cuts.filter((of) => of !== "each"),
    fc.constantFrom<keyof typeof PACK>("gzip", "br", "zstd", "deflate"),
  ),
  share: 0.5,
  reaches: { error: 0.15, content: 0.3, usage: 0.3 },
  check([bytes, places, coding], reach) {
    const packed = new Uint8Array(PACK[coding](bytes));
    const whole = observe([packed.slice()], coding);
    must(Bun.deepEquals(whole.verdict, observe([bytes.slice()], null).verdict), "packed it says something else");
    const inPieces = observe(cutAt(packed, places), coding);
    must(same(whole, inPieces), "another result", new TextDecoder().decode(bytes), places, whole, inPieces);
    reach(whole.verdict.kind);
    if (whole.usage !== null) reach("usage");
  },
});

fuzz("long streams: what counts stands at the two ends", {
  values: fc.tuple(
    start,
    stop,
    style,
    fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 10 }) }, fc.integer({ min: 100, max: 250 })),
    words,
    cuts,
  ),
  share: 0.25,
  reaches: { "longer than is kept": 0.1 },
  check([first, last, how, times, text, places], reach) {
    const padding = typed("content_block_delta", {
      index: 0,
      delta: { type: "text_delta", text: text.padEnd(60, "…") },
    });
    const list = [
      first,
      typed("content_block_start", { index: 0 }),
      ...Array.from({ length: times }, () => padding),
      last,
      typed("message_stop", {}),
    ];
    const bytes = new Uint8Array(Buffer.from(write(list, how)));
    if (bytes.length > 20_000) reach("longer than is kept");
    const whole = observe([bytes.slice()], null);
    const inPieces = observe(cutAt(bytes, places), null);
    must(same(whole, inPieces), "another result", list.length, whole, inPieces);
    const short = observe([new Uint8Array(Buffer.from(write([first, last], how)))], null);
    must(
      Bun.deepEquals(whole.usage, short.usage),
      "other counts than without the words between",
      whole.usage,
      short.usage,
    );
  },
});
