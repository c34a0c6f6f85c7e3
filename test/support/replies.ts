// The scripted replies of an upstream: good ones, slow ones, broken ones.
import { createHash } from "node:crypto";
import type { Exchange, HeaderList } from "./http-wire.ts";

/** One reply; `name` is what a leftover is called by in a failing test. */
export interface Reply {
  readonly name: string;
  readonly send: (exchange: Exchange) => Promise<void>;
}

type Body = Uint8Array | string;
type Pairs = readonly (readonly [string, string])[];

/** How a reply ends that does not end well: RST, FIN without the last chunk, or a clean last chunk too early. */
export type Break = "reset" | "fin" | "clean";

export interface SseOptions {
  /** Milliseconds between events. */
  readonly gapMs?: number;
  readonly headers?: HeaderList;
  readonly status?: number;
  /** Bytes per chunk; default: one chunk per event. */
  readonly chunkBytes?: number;
}

const define = (name: string, send: Reply["send"]): Reply => ({ name, send });

/** Own headers after (and, by name, instead of) the default ones. */
function withDefaults(defaults: Pairs, headers: HeaderList = []): Pairs {
  const own: Pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  const names = new Set(own.map(([name]) => name.toLowerCase()));
  return [...defaults.filter(([name]) => !names.has(name.toLowerCase())), ...own];
}

/** A whole body with Content-Length. HEAD gets the head alone. */
export function bytes(status: number, body: Body, headers: HeaderList = []): Reply {
  return define(`bytes ${status}`, async (exchange) => {
    const data = Buffer.from(body);
    const length: Pairs = status === 204 || status === 304 ? [] : [["Content-Length", String(data.length)]];
    await exchange.head(status, withDefaults(length, headers));
    if (exchange.request.method !== "HEAD") await exchange.write(data);
  });
}

export function json(status: number, body: unknown, headers: HeaderList = []): Reply {
  const reply = bytes(status, JSON.stringify(body), withDefaults([["Content-Type", "application/json"]], headers));
  return define(`json ${status}`, reply.send);
}

/** The Anthropic error envelope. */
export function error(status: number, type: string, message: string, headers: HeaderList = []): Reply {
  const reply = json(status, { type: "error", error: { type, message }, request_id: "req_scripted" }, headers);
  return define(`error ${status} ${type}`, reply.send);
}

/** A body in chunks of `size` bytes, `gapMs` apart: what a slow or chunked upstream does. */
export function dribble(
  status: number,
  body: Body,
  options: { readonly size: number; readonly gapMs?: number; readonly headers?: HeaderList },
): Reply {
  return define(`dribble ${status}`, async (exchange) => {
    await exchange.head(status, withDefaults([["Transfer-Encoding", "chunked"]], options.headers));
    await chunks(exchange, Buffer.from(body), options.size, options.gapMs ?? 0);
    await exchange.lastChunk();
  });
}

async function chunks(exchange: Exchange, data: Buffer, size: number, gapMs: number): Promise<void> {
  for (let at = 0; at < data.length && !exchange.gone.aborted; at += size) {
    if (at > 0 && gapMs > 0) await exchange.sleep(gapMs);
    await exchange.chunk(data.subarray(at, at + size));
  }
}

type Events = Iterable<string> | AsyncIterable<string>;

async function sendEvents(exchange: Exchange, events: Events, options: SseOptions): Promise<void> {
  const defaults: Pairs = [
    ["Content-Type", "text/event-stream; charset=utf-8"],
    ["Cache-Control", "no-cache"],
    ["Transfer-Encoding", "chunked"],
  ];
  await exchange.head(options.status ?? 200, withDefaults(defaults, options.headers));
  let first = true;
  for await (const event of events) {
    if (exchange.gone.aborted) return;
    if (!first && options.gapMs) await exchange.sleep(options.gapMs);
    first = false;
    const data = Buffer.from(event);
    await chunks(exchange, data, options.chunkBytes ?? data.length, options.gapMs ?? 0);
  }
}

async function breakOff(exchange: Exchange, how: Break): Promise<void> {
  if (how === "clean") {
    await exchange.lastChunk();
    return;
  }
  // RST throws away what the kernel has not sent yet, and fetch what it has not handed over when a stream breaks: let
  // the bytes before it arrive.
  await exchange.sleep(20);
  if (how === "fin") exchange.close();
  else exchange.reset();
}

/** A stream of events (each a whole `event: …\ndata: …\n\n` block). An async iterable lets a test say when the next one goes. */
export function sse(events: Events, options: SseOptions = {}): Reply {
  return define("sse", async (exchange) => {
    await sendEvents(exchange, events, options);
    await exchange.lastChunk();
  });
}

/** The first `count` events, then a break. */
export function breakAfter(
  count: number,
  events: readonly string[],
  options: SseOptions & { readonly how?: Break } = {},
): Reply {
  return define(`break after ${count}`, async (exchange) => {
    await sendEvents(exchange, events.slice(0, count), options);
    await breakOff(exchange, options.how ?? "reset");
  });
}

/** No answer at all, until the client leaves. */
export const hang = (): Reply => define("hang", async (exchange) => await exchange.silence());

/** Headers and the first `count` bytes of the body, then silence until the client leaves. */
export function silentAfter(count: number, body: Body, headers: HeaderList = []): Reply {
  return define(`silent after ${count}`, async (exchange) => {
    await exchange.head(200, withDefaults([["Transfer-Encoding", "chunked"]], headers));
    await exchange.chunk(Buffer.from(body).subarray(0, count));
    await exchange.silence();
  });
}

/** RST before any header. */
export const reset = (): Reply => define("reset", async (exchange) => exchange.reset());

/** FIN before any header. */
export const hangUp = (): Reply => define("hang up", async (exchange) => exchange.close());

/** A 200 whose chunked body stops being chunks after `good`. */
export function chunkedGarbage(good: Body = "good"): Reply {
  return define("chunked garbage", async (exchange) => {
    await exchange.head(200, {
      "Content-Type": "application/json",
      "Transfer-Encoding": "chunked",
    });
    await exchange.chunk(good);
    await exchange.write("zz not a chunk\r\n\r\n");
    exchange.close();
  });
}

/** Any bytes in place of a reply, then FIN. */
export function rawBytes(data: Body): Reply {
  return define("raw bytes", async (exchange) => {
    await exchange.write(data);
    exchange.close();
  });
}

/** What an echo says of the request it got. */
export interface Echoed {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly bodyLength: number;
  readonly bodySha256: string;
}

/** 200 with the request as it arrived: method, target, headers in order and case, SHA-256 of the body. */
export function echo(headers: HeaderList = []): Reply {
  return define("echo", async (exchange) => {
    const { method, url, rawHeaders, body, bodySha256 } = exchange.request;
    const echoed: Echoed = { method, url, rawHeaders, bodyLength: body.length, bodySha256 };
    await json(200, echoed, headers).send(exchange);
  });
}

export const redirect = (status: 301 | 302 | 303 | 307 | 308, location: string): Reply =>
  define(`redirect ${status}`, bytes(status, "", { Location: location }).send);

/** `reply`, once `when` (milliseconds, or a promise that the test resolves) is over. */
export function later(when: number | Promise<unknown>, reply: Reply): Reply {
  return define(`later: ${reply.name}`, async (exchange) => {
    await (typeof when === "number" ? exchange.sleep(when) : Promise.race([when, exchange.silence()]));
    if (!exchange.gone.aborted) await reply.send(exchange);
  });
}

export interface BigReply extends Reply {
  /** Body bytes handed to the socket so far: it stops growing when the client stops reading. */
  readonly written: number;
  /** Of the whole body. */
  readonly sha256: string;
}

const BLOCK = Buffer.from(Array.from({ length: 65536 }, (_, index) => (index * 31 + (index >> 8)) & 255));

/** A body of `total` bytes made as the client takes them. `chunked`: without a length. */
export function big(
  total: number,
  options: { readonly headers?: HeaderList; readonly chunked?: boolean } = {},
): BigReply {
  let written = 0;
  const blocks = function* (): Generator<Buffer> {
    for (let left = total; left > 0; left -= BLOCK.length) yield BLOCK.subarray(0, Math.min(left, BLOCK.length));
  };
  return {
    name: `big ${total}`,
    get written() {
      return written;
    },
    get sha256() {
      const hash = createHash("sha256");
      for (const block of blocks()) hash.update(block);
      return hash.digest("hex");
    },
    async send(exchange) {
      const framing = options.chunked
        ? (["Transfer-Encoding", "chunked"] as const)
        : (["Content-Length", String(total)] as const);
      await exchange.head(200, withDefaults([["Content-Type", "application/octet-stream"], framing], options.headers));
      for (const block of blocks()) {
        if (exchange.gone.aborted) return;
        await (options.chunked ? exchange.chunk(block) : exchange.write(block));
        written += block.length;
      }
      if (options.chunked) await exchange.lastChunk();
    },
  };
}
