// Whether an event stream has begun to answer, however its bytes are cut.
import { describe, expect, test } from "bun:test";
import {
  brotliCompressSync,
  constants,
  createGzip,
  createZstdCompress,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";
import * as fc from "fast-check";
import { createFirstEvents } from "../../src/relay/first-events.ts";
import type { FirstEventsVerdict } from "../../src/relay/first-events.ts";

const START = `event: message_start\ndata: {"type":"message_start","message":{"id":"msg_ü","usage":{"input_tokens":25,"output_tokens":1}}}\n\n`;
const PING = `event: ping\ndata: {"type":"ping"}\n\n`;
const BLOCK = `event: content_block_start\ndata: {"type":"content_block_start","index":0}\n\n`;
const OVERLOADED = `{"type":"error","error":{"type":"overloaded_error","message":"过载"}}`;
const ERROR = `event: error\ndata: ${OVERLOADED}\n\n`;
const failed: FirstEventsVerdict = { kind: "error", type: "overloaded_error", text: OVERLOADED };
const wait: FirstEventsVerdict = { kind: "wait" };
const content: FirstEventsVerdict = { kind: "content" };

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const whole = (body: string | Uint8Array, encoding: string | null = null): FirstEventsVerdict =>
  createFirstEvents(encoding).feed(typeof body === "string" ? bytes(body) : body);

/** The verdict after the bytes in chunks that end at the given places. */
function cut(body: Uint8Array, places: readonly number[], encoding: string | null = null): FirstEventsVerdict {
  const events = createFirstEvents(encoding);
  let verdict = wait;
  let from = 0;
  for (const to of [...places.toSorted((a, b) => a - b), body.length]) {
    verdict = events.feed(body.subarray(from, to));
    from = to;
  }
  return verdict;
}

describe("a whole beginning", () => {
  const rows: readonly (readonly [string, string, FirstEventsVerdict])[] = [
    ["nothing", "", wait],
    ["the start", START, wait],
    ["the start and pings", START + PING + PING, wait],
    ["comments, ids, retries, blank lines", ": hi\n\n:\nid: 5\n\nretry: 10\n\n\n\n", wait],
    ["the usual", START + BLOCK, content],
    ["content before its data came", `${START}event: content_block_start\n`, content],
    ["content whose line is not over", `${START}event: content_block_start`, wait],
    ["a stream that is over at once", `${START}event: message_stop\ndata: {"type":"message_stop"}\n\n`, content],
    ["an error", ERROR, failed],
    ["an error after the start", START + PING + ERROR, failed],
    ["an error that is not over", START + ERROR.slice(0, -1), wait],
    ["an error after content is content", START + BLOCK + ERROR, content],
    ["no event: line, content", `data: {"type":"content_block_start"}\n\n`, content],
    ["no event: line, start", `data: {"type":"message_start"}\n\n`, wait],
    ["no event: line, error", `data: ${OVERLOADED}\n\n`, failed],
    ["no space after the colon", `event:ping\ndata:{"type":"ping"}\n\n`, wait],
    ["several data lines", `data: {"type":\ndata: "ping"}\n\n`, wait],
    ["the data's type counts", `event: message_start\ndata: ${OVERLOADED}\n\n`, failed],
    ["the data's type counts, content", `event: ping\ndata: {"type":"later_event"}\n\n`, content],
    ["an unknown event", `event: later_event\ndata: {"type":"later_event"}\n\n`, content],
    ["an unknown event that is not over", `event: later_event\ndata: {"type":"later_event"}\n`, wait],
    ["the line where the data are no JSON", `event: ping\ndata: -\n\n`, wait],
    ["no JSON and no line", `data: [DONE]\n\n`, content],
    ["a ping without data", `event: ping\n\n`, wait],
    ["JSON in place of events", `{"type":"message"`, content],
    ["a page", `<!doctype html>`, content],
    ["an unknown field", `evening: 1\n`, content],
    ["what may become a field", `eve`, wait],
    ["a byte order mark", `\ufeff${START}${ERROR}`, failed],
    ["returns", (START + PING + ERROR).replaceAll("\n", "\r"), failed],
    ["returns and feeds", (START + PING + ERROR).replaceAll("\n", "\r\n"), failed],
  ];
  for (const [name, text, verdict] of rows) test(name, () => expect(whole(text)).toEqual(verdict));

  test("errors of gateways, without an envelope", () => {
    expect(whole("event: error\ndata: overloaded\n\n")).toEqual({
      kind: "error",
      type: "api_error",
      text: "overloaded",
    });
    expect(whole("event: error\n\n")).toEqual({ kind: "error", type: "api_error", text: "" });
    expect(whole(`event: error\ndata: {"error":{"type":"rate_limit_error"}}\n\n`)).toMatchObject({
      type: "rate_limit_error",
    });
    expect(whole(`event: error\ndata: {"type":"overloaded_error"}\n\n`)).toMatchObject({ type: "overloaded_error" });
    expect(whole(`data: {"type":"error","error":"?"}\n\n`)).toMatchObject({ type: "api_error" });
  });
});

test("a packed byte order mark that is cut in two is no content", () => {
  const packed = brotliCompressSync(bytes(`\ufeff${START}${ERROR}`));
  for (let at = 0; at <= packed.length; at += 1) expect(cut(packed, [at], "br")).toEqual(failed);
  const mark = brotliCompressSync(new Uint8Array([0xef, 0xbb]));
  expect(whole(mark, "br")).toEqual(wait);
});

test("a verdict is final", () => {
  const events = createFirstEvents(null);
  expect(events.feed(bytes(START))).toEqual(wait);
  expect(events.feed(bytes(ERROR))).toEqual(failed);
  expect(events.feed(bytes(BLOCK))).toEqual(failed);
  expect(events.text()).toBe(START + ERROR);
});

describe("no more than 64 kB are held", () => {
  const many = PING.repeat(Math.ceil((64 * 1024) / PING.length) + 1);
  test("of events that tell nothing", () => {
    expect(whole(many)).toEqual(content);
    expect(cut(bytes(many), [10_000, 20_000])).toEqual(content);
  });
  test("an error behind them comes too late, in one chunk too", () => expect(whole(many + ERROR)).toEqual(content));
  test("of one line", () => {
    expect(whole(`data: "${"a".repeat(64 * 1024)}`)).toEqual(content);
    expect(whole(`: ${"a".repeat(64 * 1024 - 2)}`)).toEqual(wait);
  });
  test("unpacked", () => expect(whole(gzipSync(bytes(many)), "gzip")).toEqual(content));
  test("packed", () => {
    const noise = new Uint8Array(80_000).map((_, index) => (index * index * 31 + (index >> 3)) % 251);
    expect(whole(deflateSync(Buffer.from(`:${Buffer.from(noise).toString("hex")}`)), "deflate")).toEqual(content);
  });
  test("a line in 65,000 chunks takes no quadratic time", () => {
    const events = createFirstEvents(null);
    const byte = bytes("a");
    events.feed(bytes(": "));
    const verdicts = Array.from({ length: 65_000 }, () => events.feed(byte).kind);
    expect(new Set(verdicts)).toEqual(new Set(["wait"]));
  }, 2_000);
});

describe("packed", () => {
  for (const [coding, pack] of Object.entries({
    gzip: gzipSync,
    br: brotliCompressSync,
    zstd: zstdCompressSync,
    deflate: deflateSync,
  })) {
    test(coding, () => {
      expect(whole(pack(bytes(START + PING)), coding)).toEqual(wait);
      expect(whole(pack(bytes(START + ERROR)), coding)).toEqual(failed);
      expect(whole(pack(bytes(START + BLOCK)), coding.toUpperCase())).toEqual(content);
    });
  }
  test("event by event, as a server flushes them", async () => {
    for (const [coding, packer, flush] of [
      ["gzip", createGzip(), constants.Z_SYNC_FLUSH],
      ["zstd", createZstdCompress(), constants.ZSTD_e_flush],
    ] as const) {
      const events = createFirstEvents(coding);
      const flushed = async (text: string): Promise<FirstEventsVerdict> => {
        let verdict: FirstEventsVerdict | null = null;
        const take = (packed: Uint8Array): unknown => (verdict = events.feed(packed));
        packer.on("data", take);
        packer.write(text);
        await new Promise<void>((resolve) => packer.flush(flush, () => resolve()));
        packer.off("data", take);
        return verdict ?? wait;
      };
      expect(await flushed(START)).toEqual(wait);
      expect(events.text()).toBe(START);
      expect(await flushed(PING)).toEqual(wait);
      expect(await flushed(ERROR)).toEqual(failed);
      packer.destroy();
    }
  });
  test("in a coding nobody knows, or not as it says: nothing is held", () => {
    expect(whole("anything", "aws-chunked")).toEqual(content);
    expect(whole(`${START}${":\n".repeat(4000)}`, "gzip")).toEqual(content);
  });
  test("in crumbs: not for ever", () => {
    const events = createFirstEvents("gzip");
    const packed = gzipSync(bytes(PING.repeat(20)), { level: 0 });
    const kinds = Array.from({ length: 300 }, (_, index) => events.feed(packed.subarray(index, index + 1)).kind);
    expect([kinds.indexOf("content"), kinds.indexOf("error")]).toEqual([256, -1]);
  });
  test("identity is not", () => {
    expect(whole(START + ERROR, "identity")).toEqual(failed);
    expect(whole(START + ERROR, "Identity, ")).toEqual(failed);
  });
});

const events = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(START, PING, ": ü\n", "\n", "id: 1\n", "data: {\ndata: }\n\n") },
    { weight: 3, arbitrary: fc.constantFrom(ERROR, BLOCK, "event: later\ndata: 过\n\n", "event", "even: 1\n") },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  ),
  { maxLength: 8 },
);
const lineEnd = fc.constantFrom("\n", "\r", "\r\n");
const mark = fc.constantFrom("", "\ufeff");
const places = fc.array(fc.nat({ max: 1500 }), { maxLength: 40 });

test("the verdict does not depend on how the bytes are cut", () => {
  fc.assert(
    fc.property(events, lineEnd, mark, places, (list, end, bom, where) => {
      const body = bytes(bom + list.join("").replaceAll("\n", end));
      const at = where.map((place) => Math.min(place, body.length));
      expect(cut(body, at)).toEqual(whole(body));
      expect(cut(body, [...body.keys()])).toEqual(whole(body));
    }),
    { numRuns: 300 },
  );
});

test("nor in packed streams", () => {
  fc.assert(
    fc.property(events, fc.constantFrom("gzip", "deflate", "zstd"), places, (list, coding, where) => {
      const pack = { gzip: gzipSync, deflate: deflateSync, zstd: zstdCompressSync }[coding];
      const body = pack(bytes(list.join("")));
      const at = where.map((place) => Math.min(place, body.length));
      expect(cut(body, at, coding)).toEqual(whole(body, coding));
    }),
    { numRuns: 200 },
  );
});

test("any bytes: no throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(null, "gzip", "br", "zstd", "?"), (body, coding) => {
      expect(["wait", "content", "error"]).toContain(
        cut(
          body,
          [3, 50].filter((at) => at < body.length),
          coding,
        ).kind,
      );
    }),
  );
});
