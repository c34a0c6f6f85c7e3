// Streams through the binary: each event at once, a client's abort reaches the upstream, a break is a break.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { anthropicStream } from "../support/anthropic.ts";
import type { Ccb } from "../support/binary.ts";
import { breakAfter, chunkedGarbage, hang, hangUp, rawBytes, reset, silentAfter, sse } from "../support/replies.ts";
import type { Reply } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { envelopeOf, messagesRequest, requestLines, startKeyed } from "./_ccb.ts";
import { head, rawClient } from "./_raw.ts";

let upstream: Upstream;
let ccb: Ccb;
let lines = 0;
beforeAll(async () => {
  upstream = await startUpstream();
  ccb = await startKeyed(upstream.url);
});
afterAll(async () => {
  await ccb[Symbol.asyncDispose]();
  await upstream.stop();
});
afterEach(async () => {
  upstream.assertUsed();
  upstream.clear();
});

/** The newest request line, once it is written. */
async function lastLine() {
  const all = await requestLines(ccb, lines + 1);
  lines = all.length;
  return all.at(-1);
}

const BODY = '{"model":"claude-opus-5","stream":true}';
const POST =
  head("POST /v1/messages HTTP/1.1", "Content-Type: application/json", `Content-Length: ${BODY.length}`) + BODY;

describe("events", () => {
  test("from the first content on, each arrives before the next is sent", async () => {
    const [start = "", ...rest] = anthropicStream("one two three four five", 12);
    // What comes before the first content is held back with it: until then another target could answer.
    const events = [start + rest.shift(), ...rest];
    const gates = events.map(() => Promise.withResolvers<void>());
    const source = async function* () {
      for (const [index, event] of events.entries()) {
        yield event;
        await gates[index]?.promise;
      }
    };
    upstream.script(sse(source()));
    const reply = await ccb.request("/v1/messages", messagesRequest({ stream: true }));
    expect(reply.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const decoder = new TextDecoder();
    let seen = "";
    let next = 0;
    for await (const piece of reply.body ?? []) {
      seen += decoder.decode(piece, { stream: true });
      // The next event is sent only now: had this one been held back, nothing would come any more.
      while (next < events.length && seen.length >= events.slice(0, next + 1).join("").length) gates[next++]?.resolve();
    }
    expect(seen).toBe(events.join(""));
    expect(await lastLine()).toMatchObject({
      status: 200,
      end: "complete",
      bytes: Buffer.byteLength(events.join("")),
      model: "claude-opus-5",
    });
  });

  test("cut at any byte, put together again", async () => {
    const events = anthropicStream("größer 你好 👋", 20);
    for (const chunkBytes of [1, 7, 64]) {
      upstream.script(sse(events, { chunkBytes }));
      expect(await (await ccb.request("/v1/messages", messagesRequest({ stream: true }))).text()).toBe(events.join(""));
      await lastLine();
    }
  });
});

describe("a client that leaves", () => {
  for (const [what, how] of [
    ["by RST", (client: Awaited<ReturnType<typeof rawClient>>) => client.abort()],
    ["by FIN", (client: Awaited<ReturnType<typeof rawClient>>) => client.socket.destroy()],
  ] as const) {
    test(`${what} before the headers: the upstream knows within 100 ms`, async () => {
      upstream.script(hang());
      const client = await rawClient(ccb.port);
      client.send(POST);
      const request = await upstream.request(0);
      await request.received;
      const left = performance.now();
      how(client);
      expect((await request.aborted) - left).toBeLessThan(100);
      expect(await lastLine()).toMatchObject({ status: 499, error: "client_gone", attempts: 1 });
    });

    test(`${what} in mid-stream: the upstream knows within 100 ms`, async () => {
      upstream.script(silentAfter(5, "hello", { "Content-Type": "text/event-stream" }));
      const client = await rawClient(ccb.port);
      client.send(POST);
      await client.until("hello");
      const request = await upstream.request(0);
      const left = performance.now();
      how(client);
      expect((await request.aborted) - left).toBeLessThan(100);
      expect(await lastLine()).toMatchObject({ status: 200, end: "client_gone", bytes: 5 });
    });
  }

  test("during its upload: the upstream never hears of it", async () => {
    const client = await rawClient(ccb.port);
    client.send(head("POST /v1/messages HTTP/1.1", "Content-Length: 1000") + "{");
    await Bun.sleep(20);
    client.abort();
    expect(await lastLine()).toMatchObject({ status: 499, error: "client_gone", attempts: 0 });
    expect(upstream.requests).toEqual([]);
  });

  test("during an upload that passes through: the upstream's ends too", async () => {
    const client = await rawClient(ccb.port);
    client.send(head("POST /v1/files HTTP/1.1", "Content-Length: 5000000") + "x".repeat(100_000));
    const request = await upstream.request(0);
    client.abort();
    await request.aborted;
    expect(await lastLine()).toMatchObject({ status: 499, error: "client_gone" });
  });
});

const EVENTS = anthropicStream("a stream that breaks", 6);
const START = EVENTS.slice(0, 3).join("");

/** Bytes on the wire, a moment for them to arrive, then the end. */
const cut = (data: string, how: "fin" | "reset"): Reply => ({
  name: `cut by ${how}`,
  async send(exchange) {
    await exchange.write(data);
    await exchange.sleep(30);
    if (how === "fin") exchange.close();
    else exchange.reset();
  },
});
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const SIZED = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";

describe("an upstream that breaks off in mid-stream", () => {
  for (const [what, data, how] of [
    ["RST between chunks", `${CHUNKED}5\r\nhello\r\n`, "reset"],
    ["FIN between chunks", `${CHUNKED}5\r\nhello\r\n`, "fin"],
    ["FIN inside a chunk", `${CHUNKED}ff\r\nhello`, "fin"],
    ["FIN before the length is reached", `${SIZED}hello`, "fin"],
    ["RST before the length is reached", `${SIZED}hello`, "reset"],
  ] as const) {
    test(`${what}: the client's breaks too, after all that came`, async () => {
      upstream.script(cut(data, how));
      const client = await rawClient(ccb.port);
      client.send(POST);
      await client.until("hello");
      await client.ended;
      const [headers = "", body = ""] = client.text.split("\r\n\r\n");
      expect(headers).toStartWith("HTTP/1.1 200 ");
      // By its own framing it is not whole: no last chunk, or fewer bytes than announced.
      expect(body).toBe(/transfer-encoding: chunked/i.test(headers) ? "5\r\nhello\r\n" : "hello");
      expect(headers).not.toContain("Content-Length: 5\r\n");
      expect(await lastLine()).toMatchObject({ status: 200, end: "broken" });
    });
  }

  for (const [what, reply] of [
    ["RST", breakAfter(3, EVENTS)],
    ["FIN", breakAfter(3, EVENTS, { how: "fin" })],
  ] as const) {
    test(`${what} at once: fetch sees an error, never an end`, async () => {
      upstream.script(reply);
      const read = ccb.request("/v1/messages", messagesRequest({ stream: true })).then(async (got) => await got.text());
      expect(await read.catch(() => "error")).toBe("error");
      await lastLine();
    });
  }

  for (const [what, reply] of [
    ["garbage in place of a chunk", chunkedGarbage("good")],
    ["too few bytes", rawBytes(`${SIZED}only this`)],
  ] as const) {
    test(`${what}: never a clean end, whether or not a byte came before it`, async () => {
      upstream.script(reply);
      const got = await ccb.request("/v1/messages", messagesRequest({ stream: true }));
      const text = await got.text().catch(() => "error");
      expect(got.status === 200 ? text : got.status).toBe(got.status === 200 ? "error" : 502);
      await lastLine();
    });
  }

  for (const [what, reply] of [
    ["no bytes at all", rawBytes(SIZED)],
    ["no chunk at all", rawBytes(CHUNKED)],
  ] as const) {
    test(`${what}: nothing was committed yet, so it is a 502`, async () => {
      upstream.script(reply);
      const error = await envelopeOf(await ccb.request("/v1/messages", messagesRequest({ stream: true })));
      expect(error).toMatchObject({ status: 502, type: "api_error" });
      expect(await lastLine()).toMatchObject({ status: 502, error: "upstream_lost" });
    });
  }

  test("a clean end without message_stop stays a clean end: the bytes say what they say", async () => {
    upstream.script(breakAfter(3, EVENTS, { how: "clean" }));
    expect(await (await ccb.request("/v1/messages", messagesRequest({ stream: true }))).text()).toBe(START);
    expect(await lastLine()).toMatchObject({ end: "complete" });
  });

  test("Bun's own complaints about it stay off stderr", () => {
    expect(ccb.stderr).not.toContain("error");
    expect(ccb.stderr).not.toContain(`127.0.0.1:${upstream.port}/`);
  });
});

describe("an upstream that breaks off before its headers", () => {
  for (const [what, reply] of [
    ["RST", reset()],
    ["FIN", hangUp()],
    ["no HTTP", rawBytes("SSH-2.0-OpenSSH_9.2\r\n")],
  ] as const) {
    test(`${what}: 502, with what to do`, async () => {
      upstream.script(reply);
      const error = await envelopeOf(await ccb.request("/v1/messages", messagesRequest()));
      expect(error).toMatchObject({ status: 502, type: "api_error" });
      expect(error.message).toMatch(/^Keyed took the request and gave no answer \(\w+\)\. /);
      expect(await lastLine()).toMatchObject({ status: 502, error: "upstream_lost", attempts: 1 });
      // A request that may have been taken up is never sent to the same target a second time.
      expect(upstream.requests.length).toBe(1);
    });
  }
});
