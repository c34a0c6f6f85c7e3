// The tokens of a reply, from its beginning and its last bytes.
import { describe, expect, test } from "bun:test";
import { brotliCompressSync, createGzip, gzipSync, zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { Tail } from "../../src/relay/tail.ts";
import { readUsage } from "../../src/relay/usage.ts";
import type { ReplyShape } from "../../src/relay/usage.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const event = (data: Readonly<Record<string, unknown> & { type: string }>): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const start = (usage: object): string => event({ type: "message_start", message: { id: "msg_x", usage } });
const delta = (usage: object): string => event({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage });
const STOP = event({ type: "message_stop" });
const text = (words: string): string =>
  event({ type: "content_block_delta", delta: { type: "text_delta", text: words } });

const NONE = {
  input_tokens: null,
  output_tokens: null,
  cache_creation_input_tokens: null,
  cache_read_input_tokens: null,
};
const HEAD = start({ input_tokens: 25, cache_read_input_tokens: 7, output_tokens: 1, service_tier: "standard" });
const sse: ReplyShape = { sse: true, encoding: null, complete: false };
const json: ReplyShape = { sse: false, encoding: null, complete: true };

describe("a stream", () => {
  test("the start's input, the last delta's output", () => {
    const tail = `${text("a")}${delta({ output_tokens: 9 })}${delta({ output_tokens: 15 })}${STOP}`;
    expect(readUsage(HEAD, bytes(`cut off"}\n\n${tail}`), sse)).toEqual({
      input_tokens: 25,
      output_tokens: 15,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: 7,
    });
  });
  test("numbers replace, null and nonsense do not", () => {
    const tail = delta({
      output_tokens: 15,
      input_tokens: 30,
      cache_read_input_tokens: null,
      cache_creation_input_tokens: -1,
    });
    expect(readUsage(HEAD, bytes(`\n${tail}`), sse)).toEqual({
      input_tokens: 30,
      output_tokens: 15,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: 7,
    });
  });
  test("a number that nobody can have used is none: sums of it would fit into no file", () => {
    const tail = delta({ output_tokens: 1e300, input_tokens: 9e18, cache_read_input_tokens: 1_000_000_001 });
    expect(readUsage(HEAD, bytes(`\n${tail}`), sse)).toEqual({
      input_tokens: 25,
      output_tokens: 1,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: 7,
    });
  });
  test("the whole stream is the tail, and its beginning is the head", () => {
    const body = `${HEAD}${text("a")}${delta({ output_tokens: 15 })}${STOP}`;
    for (const head of ["", HEAD, body]) {
      expect(readUsage(head, bytes(body), { ...sse, complete: true })).toMatchObject({
        input_tokens: 25,
        output_tokens: 15,
      });
    }
  });
  test("any line end, several data lines, no space", () => {
    const tail = `data:{"type":"message_delta",\ndata:"usage":{"output_tokens":15}}\n\n`;
    for (const end of ["\n", "\r", "\r\n"]) {
      const body = (HEAD + text("a") + tail).replaceAll("\n", end);
      expect(readUsage("", bytes(body), { ...sse, complete: true })).toMatchObject({ output_tokens: 15 });
    }
  });
  test("what the model writes is no usage", () => {
    const words = `x\n\ndata: {"type":"message_delta","usage":{"output_tokens":99}}\n\n`;
    const body = `\n${text(words)}${delta({ output_tokens: 15 })}`;
    expect(readUsage(HEAD, bytes(body), sse)).toMatchObject({ output_tokens: 15 });
    // The tail begins in the middle of a line.
    expect(
      readUsage(HEAD, bytes(`data: {"type":"message_delta","usage":{"output_tokens":99}}\n\n`), sse),
    ).toMatchObject({
      output_tokens: 1,
    });
  });
  test("no start, no delta", () => {
    expect(readUsage("", bytes(`\n${text("a")}`), sse)).toBeNull();
    expect(readUsage("", bytes(`\n${delta({ output_tokens: 3 })}`), sse)).toEqual({ ...NONE, output_tokens: 3 });
    expect(readUsage(HEAD, new Uint8Array(), sse)).toMatchObject({ input_tokens: 25, output_tokens: 1 });
  });
  test("an event that goes on behind the head is none yet", () => {
    const whole = `data: {"type":"message_start","message":{"usage":{"input_tokens":9}}}\ndata: and more\n\n`;
    const cut = whole.slice(0, whole.indexOf("data: and more"));
    for (const head of ["", cut, `${cut}data`, whole])
      expect(readUsage(head, bytes(whole), { ...sse, complete: true })).toBeNull();
  });
  test("packed and whole", () => {
    const body = gzipSync(bytes(`${HEAD}${text("a")}${delta({ output_tokens: 15 })}`));
    const shape = { sse: true, encoding: "gzip", complete: true };
    expect(readUsage(HEAD, body, shape)).toMatchObject({ input_tokens: 25, output_tokens: 15 });
  });
  test("packed and not readable to its end: the output is unknown", () => {
    const packed = { sse: true, encoding: "gzip", complete: false };
    const expected = { ...NONE, input_tokens: 25, cache_read_input_tokens: 7 };
    expect(readUsage(HEAD, bytes("\u0001\u0002"), packed)).toEqual(expected);
    const bomb = gzipSync(bytes(`${HEAD}${"a".repeat(40_000_000)}${delta({ output_tokens: 15 })}`));
    expect(readUsage(HEAD, bomb, { ...packed, complete: true })).toEqual(expected);
    expect(readUsage(HEAD + delta({ output_tokens: 4 }), bytes("\u0001"), packed)).toMatchObject({ output_tokens: 4 });
  });
  test("packed and long: the end of what is in it", () => {
    const body = bytes(HEAD + text("some words").repeat(20_000) + delta({ output_tokens: 15 }) + STOP);
    for (const [encoding, pack] of Object.entries({ gzip: gzipSync, br: brotliCompressSync, zstd: zstdCompressSync }))
      expect(readUsage(HEAD, pack(body), { sse: true, encoding, complete: true })).toMatchObject({
        input_tokens: 25,
        output_tokens: 15,
      });
  });
  test("packed and left by its client in the middle: what had been counted", () => {
    const packer = createGzip();
    const chunks: Buffer[] = [];
    packer.on("data", (chunk: Buffer) => void chunks.push(chunk));
    return new Promise<void>((resolve) => {
      packer.write(`${HEAD}${text("a")}${delta({ output_tokens: 9 })}`);
      packer.flush(() => {
        const cut = Buffer.concat(chunks);
        packer.destroy();
        const usage = readUsage(HEAD, cut, { sse: true, encoding: "gzip", complete: true });
        expect(usage).toMatchObject({ input_tokens: 25, output_tokens: 9 });
        resolve();
      });
    });
  });
  test("of a long tail the end is enough", () => {
    const body = HEAD + text("a").repeat(10_000) + delta({ output_tokens: 15 }) + STOP;
    expect(readUsage(HEAD, bytes(body), { ...sse, complete: true })).toMatchObject({
      input_tokens: 25,
      output_tokens: 15,
    });
  });
});

describe("a JSON body", () => {
  const body = JSON.stringify({ type: "message", usage: { input_tokens: 3, output_tokens: 4, server_tool_use: {} } });
  const expected = { ...NONE, input_tokens: 3, output_tokens: 4 };
  test("plain, packed", () => {
    expect(readUsage("", bytes(body), json)).toEqual(expected);
    expect(readUsage("", gzipSync(bytes(body)), { ...json, encoding: "gzip" })).toEqual(expected);
  });
  test("its end only", () => {
    const long = bytes(JSON.stringify({ content: "x".repeat(50_000), usage: { input_tokens: 3, output_tokens: 4 } }));
    expect(readUsage("", long.subarray(-16_384), { ...json, complete: false })).toEqual(expected);
    expect(readUsage("", long, json)).toEqual(expected);
    expect(readUsage("", gzipSync(long), { ...json, encoding: "gzip" })).toEqual(expected);
  });
  test("a tool's input is none, before it, after it or alone", () => {
    const content = [{ type: "tool_use", input: { usage: { input_tokens: 99 }, text: '"usage":{"input_tokens":98}' } }];
    const usage = { input_tokens: 3, output_tokens: 4, cache_creation: { a: [{ b: {} }] } };
    expect(readUsage("", bytes(JSON.stringify({ content, usage })), json)).toEqual(expected);
    expect(readUsage("", bytes(JSON.stringify({ usage, content })), json)).toEqual(expected);
    expect(readUsage("", bytes(JSON.stringify({ content })), json)).toBeNull();
    expect(readUsage("", bytes(JSON.stringify({ content }).slice(40)), { ...json, complete: false })).toBeNull();
  });
  test("others", () => {
    for (const other of [`{"input_tokens":14}`, `{"usage":[]}`, `{"usage":null}`, "[]", "null", "", "<html>"])
      expect(readUsage("", bytes(other), json)).toBeNull();
    expect(readUsage("", bytes(`{"usage":{"input_tokens":"3","output_tokens":1.5}}`), json)).toEqual(NONE);
    expect(readUsage("", bytes(`{"x":"${"a".repeat(70_000)}","usage":{}}`), json)).toEqual(NONE);
  });
});

test("any bytes: no throw", () => {
  const shape = fc.record({
    sse: fc.boolean(),
    encoding: fc.constantFrom(null, "gzip", "br", "zstd", "identity", "?"),
    complete: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.string(), fc.oneof(fc.uint8Array(), fc.json().map(bytes)), shape, (head, tail, of) => {
      const usage = readUsage(head, tail, of);
      expect(usage === null || Object.keys(usage).length === 4).toBe(true);
    }),
  );
});

describe("the tail", () => {
  const filled = (size: number, with_: number): Uint8Array => new Uint8Array(size).fill(with_);
  test("empty", () => {
    const tail = new Tail();
    expect([tail.bytes().byteLength, tail.complete]).toEqual([0, true]);
  });
  test("exactly the limit is complete, one more is not", () => {
    const tail = new Tail(4);
    tail.add(bytes("ab"));
    tail.add(bytes("cd"));
    expect([Buffer.from(tail.bytes()).toString(), tail.complete]).toEqual(["abcd", true]);
    tail.add(bytes("e"));
    expect([Buffer.from(tail.bytes()).toString(), tail.complete]).toEqual(["bcde", false]);
  });
  test("16 kB by default; a big chunk is not kept alive", () => {
    const tail = new Tail();
    tail.add(filled(1_000_000, 7));
    expect(tail.bytes().byteLength).toBe(16 * 1024);
    expect(tail.bytes().buffer.byteLength).toBe(16 * 1024);
    expect(tail.complete).toBe(false);
  });
  test("nor the big buffer that a small chunk is a window of, a Buffer's too", () => {
    const tail = new Tail();
    tail.add(Buffer.from(new ArrayBuffer(1_000_000)).subarray(0, 10));
    expect(tail.bytes().byteLength).toBe(10);
    expect(tail.bytes().buffer.byteLength).toBeLessThan(4_096);
  });
  test("what is kept is its own: the chunk may be written to afterwards", () => {
    const tail = new Tail();
    const chunk = filled(100, 1);
    tail.add(chunk);
    chunk.fill(2);
    expect(tail.bytes()[0]).toBe(1);
  });
  test("a million crumbs are quick", () => {
    const tail = new Tail();
    const crumb = filled(1, 1);
    for (let index = 0; index < 1_000_000; index += 1) tail.add(crumb);
    expect(tail.bytes().byteLength).toBe(16 * 1024);
  }, 3_000);
  test("what one lets go of, another one fills anew", () => {
    const first = new Tail();
    first.add(filled(20_000, 1));
    first.release();
    const second = new Tail();
    second.add(filled(3_000, 2));
    expect(second.bytes()).toEqual(filled(3_000, 2));
    expect(first.bytes()).toEqual(new Uint8Array());
  });
  test("always the last bytes", () => {
    const sizes = fc.oneof(
      fc.array(fc.nat({ max: 40 }), { maxLength: 60 }),
      fc.array(fc.nat({ max: 2 }), { minLength: 250, maxLength: 600 }),
    );
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 100 }), (list, limit) => {
        const tail = new Tail(limit);
        let all = Buffer.alloc(0);
        for (const [index, size] of list.entries()) {
          const chunk = filled(size, index % 251);
          tail.add(chunk);
          all = Buffer.concat([all, chunk]);
        }
        expect(Buffer.from(tail.bytes())).toEqual(all.subarray(Math.max(0, all.length - limit)));
        expect(tail.complete).toBe(all.length <= limit);
      }),
    );
  });
});
