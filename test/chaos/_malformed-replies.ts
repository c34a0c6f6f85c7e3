// Replies that are no good HTTP, or no good bodies, and what the client gets of each. The upstream says them as bytes.
import { gzipSync } from "node:zlib";
import { anthropicStream } from "../support/anthropic.ts";
import type { Exchange } from "../support/http-wire.ts";
import * as replies from "../support/replies.ts";
import type { Reply } from "../support/replies.ts";

const MB = 1024 * 1024;

export interface ReplyRow {
  readonly reply: () => Reply;
  /** Asked for as a stream. */
  readonly stream?: true;
  /** The client's side, as `outcomeOf` says it. */
  readonly expect: string;
  /** What the client must not see. */
  readonly never?: RegExp;
}

/** A reply that writes to its connection by itself. */
export const wire = (name: string, send: (exchange: Exchange) => Promise<void>): Reply => ({ name, send });
const lines = (...all: string[]): string => all.join("\r\n");
const JSON_TYPE = "Content-Type: application/json";
/** A 200 with these header lines and body, in one piece; the connection stays open. */
const ok = (headers: readonly string[], body: string) => (): Reply =>
  wire("bytes", async (exchange) => await exchange.write(lines("HTTP/1.1 200 OK", JSON_TYPE, ...headers, "", body)));
const raw = (data: string | Uint8Array) => (): Reply => replies.rawBytes(data);
const GZIP = { "Content-Type": "application/json", "Content-Encoding": "gzip" };
const EVENTS = anthropicStream("hello").slice(0, 4);

/** Four events, time to arrive, and what else is written. */
const eventsThen = (rest: (exchange: Exchange) => Promise<void>) => (): Reply =>
  wire("events, then", async (exchange) => {
    await exchange.head(200, { "Content-Type": "text/event-stream", "Transfer-Encoding": "chunked" });
    for (const event of EVENTS) await exchange.chunk(event);
    await exchange.sleep(50);
    await rest(exchange);
  });

/** Bun's own parser finds these out; nothing of them has reached the client, so ccb can say so. */
const NO_ANSWER = "502 api_error";
const SET_COOKIE = /[\r\n]set-cookie/i;

export const MALFORMED_REPLIES: Readonly<Record<string, ReplyRow>> = {
  "one header of 64 KB": {
    reply: () => replies.bytes(200, "{}", { "Content-Type": "application/json", "X-Filler": "f".repeat(65_536) }),
    expect: "200",
  },
  "64 headers of 1 KB": {
    reply: () =>
      replies.bytes(
        200,
        "{}",
        Array.from({ length: 64 }, (_, at) => [`X-Filler-${at}`, "f".repeat(1000)] as const),
      ),
    expect: "200",
  },
  // Bun's parser has room for 256 of them.
  "1,000 headers": {
    reply: () =>
      replies.bytes(
        200,
        "{}",
        Array.from({ length: 1000 }, (_, at) => [`X-${at}`, "f"] as const),
      ),
    expect: NO_ANSWER,
  },
  "headers without end": {
    reply: () =>
      wire("endless head", async (exchange) => {
        await exchange.write("HTTP/1.1 200 OK\r\n");
        for (let at = 0; at < 100_000 && !exchange.gone.aborted; at += 1)
          await exchange.write(`X-${at}: ${"f".repeat(1000)}\r\n`);
      }),
    expect: NO_ANSWER,
  },
  "chunks that are none": { reply: ok(["Transfer-Encoding: chunked"], "zz\r\nno chunk\r\n"), expect: NO_ANSWER },
  "chunks that are none, after events": {
    reply: eventsThen(async (exchange) => await exchange.write("zz\r\nno chunk\r\n")),
    stream: true,
    expect: "200, broken off",
  },
  "a chunk of 2^68 bytes": {
    reply: ok(["Transfer-Encoding: chunked"], "FFFFFFFFFFFFFFFFF\r\nx"),
    expect: NO_ANSWER,
  },
  "a negative chunk": { reply: ok(["Transfer-Encoding: chunked"], "-5\r\nx"), expect: NO_ANSWER },
  // The client asked for it in that encoding, or not: ccb unpacks nothing for it.
  "gzip garbage": { reply: () => replies.bytes(200, "no gzip at all", GZIP), expect: "200" },
  "gzip garbage as a stream": {
    reply: () => replies.sse(["no gzip at all"], { headers: { "Content-Encoding": "gzip" } }),
    stream: true,
    expect: "200",
  },
  "gzip garbage as an error": { reply: () => replies.bytes(400, "no gzip at all", GZIP), expect: "400" },
  "an error that unpacks to 200 MB": {
    reply: () => replies.bytes(400, gzipSync(Buffer.alloc(200 * MB)), GZIP),
    expect: "400",
  },
  "a stream that unpacks to 200 MB": {
    reply: () => replies.bytes(200, gzipSync(Buffer.alloc(200 * MB)), { ...GZIP, "Content-Type": "text/event-stream" }),
    stream: true,
    expect: "200",
  },
  "two different lengths": { reply: ok(["Content-Length: 2", "Content-Length: 9"], "{}"), expect: NO_ANSWER },
  "two lengths in one field": { reply: ok(["Content-Length: 2, 9"], "{}"), expect: NO_ANSWER },
  // RFC 9112 §6.3: one valid length may be taken from equal ones.
  "the same length twice": { reply: ok(["Content-Length: 2", "Content-Length: 2"], "{}"), expect: "200" },
  "a negative length": { reply: ok(["Content-Length: -1"], "{}"), expect: NO_ANSWER },
  "a length of 2^70": { reply: ok(["Content-Length: 1180591620717411303424"], "{}"), expect: NO_ANSWER },
  // RFC 9112 §6.3: the chunks count, and the client gets one framing of its own.
  "a length and chunks": {
    reply: ok(["Content-Length: 40", "Transfer-Encoding: chunked"], "2\r\n{}\r\n0\r\n\r\n"),
    expect: "200",
    never: /content-length: 40/i,
  },
  "less than its length": {
    reply: () =>
      wire("short", async (exchange) => {
        await exchange.write(lines("HTTP/1.1 200 OK", JSON_TYPE, "Content-Length: 20", "", "{}"));
        await exchange.sleep(50);
        exchange.close();
      }),
    expect: "200, broken off",
  },
  "another reply behind its end": {
    reply: ok(["Content-Length: 2"], "{}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"),
    expect: "200",
    never: /poison/,
  },
  "another reply a moment behind its end": {
    reply: () =>
      wire("late poison", async (exchange) => {
        await exchange.write(lines("HTTP/1.1 200 OK", JSON_TYPE, "Content-Length: 2", "", "{}"));
        await exchange.sleep(30);
        await exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
      }),
    expect: "200",
    never: /poison/,
  },
  "no HTTP": { reply: raw("SSH-2.0-OpenSSH_9.2p1\r\n"), expect: NO_ANSWER },
  "HTTP/0.9": { reply: raw("<html>hi</html>"), expect: NO_ANSWER },
  "100 kB of NUL": { reply: raw(new Uint8Array(100_000)), expect: NO_ANSWER },
  // RFC 9110 §15: no such status, and no client could be given one.
  "status 999": { reply: raw("HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n{}"), expect: NO_ANSWER },
  "status 101, not asked for": {
    reply: raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"),
    expect: NO_ANSWER,
  },
  RST: { reply: () => replies.reset(), expect: NO_ANSWER },
  FIN: { reply: () => replies.hangUp(), expect: NO_ANSWER },
  "RST after events": {
    reply: eventsThen(async (exchange) => exchange.reset()),
    stream: true,
    expect: "200, broken off",
  },
  "FIN after events": {
    reply: eventsThen(async (exchange) => exchange.close()),
    stream: true,
    expect: "200, broken off",
  },
  // Response splitting: what the upstream put into a value stays in it, or there is no reply at all.
  "CR in a header": {
    reply: ok(["X-Split: a\rSet-Cookie: evil=1", "Content-Length: 2"], "{}"),
    expect: NO_ANSWER,
    never: SET_COOKIE,
  },
  "NUL in a header": { reply: ok(["X-Split: a\0b", "Content-Length: 2"], "{}"), expect: NO_ANSWER },
  "a folded header": {
    reply: ok(["X-Split: a", " Set-Cookie: evil=1", "Content-Length: 2"], "{}"),
    expect: NO_ANSWER,
    never: SET_COOKIE,
  },
  // RFC 9112 §2.2: a line may end so; it is a header of the upstream's own, and leaves ccb with CR LF.
  "LF in a header": {
    reply: ok(["X-Split: a\nX-Next: b", "Content-Length: 2"], "{}"),
    expect: "200",
    never: /[^\r]\n/,
  },
  "CR LF in a header, percent-encoded": {
    reply: ok(["X-Split: a%0d%0aSet-Cookie: evil=1", "Content-Length: 2"], "{}"),
    expect: "200",
    never: SET_COOKIE,
  },
  // U+560D and U+560A end in the bytes of CR and LF for who cuts characters to bytes.
  "characters that would be cut to CR LF in a header": {
    reply: ok(["X-Split: a\u560d\u560aSet-Cookie: evil=1", "Content-Length: 2"], "{}"),
    expect: "200",
    never: SET_COOKIE,
  },
};
