// The scripted upstream itself: what it sends and what it notices.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import Anthropic from "@anthropic-ai/sdk";
import { anthropicStream, GREETING, messagesHandler } from "./anthropic.ts";
import * as reply from "./replies.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

let upstream: Upstream;
beforeEach(async () => {
  upstream = await startUpstream();
});
afterEach(async () => {
  await upstream.stop();
});

/** Sends bytes and collects what comes until the peer closes. */
async function talk(text: string): Promise<{ text: string; error: string | undefined }> {
  return await new Promise((resolve) => {
    let received = "";
    let error: string | undefined;
    const socket: Socket = connect(upstream.port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (data: Buffer) => {
      received += data.toString("latin1");
    });
    socket.on("error", (cause: NodeJS.ErrnoException) => {
      error = cause.code;
    });
    socket.on("close", () => resolve({ text: received, error }));
  });
}

test("replies come in order, and an echo keeps header order and case", async () => {
  upstream.script(reply.json(201, { a: 1 }, { "X-One": "1" }), reply.echo());
  const first = await fetch(`${upstream.url}/x`);
  expect([first.status, first.headers.get("x-one"), await first.json()]).toEqual([201, "1", { a: 1 }]);
  const { text } = await talk(
    "POST /v1/x?q=%41 HTTP/1.1\r\nhost: h\r\nX-CaSe:  v\r\nX-CaSe: w\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
  );
  const echoed: reply.Echoed = JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4));
  expect(echoed.url).toBe("/v1/x?q=%41");
  expect(echoed.rawHeaders.slice(0, 6)).toEqual(["host", "h", "X-CaSe", "v", "X-CaSe", "w"]);
  expect(echoed.bodySha256).toBe(createHash("sha256").update("abcde").digest("hex"));
  upstream.assertUsed();
});

test("leftovers and unscripted requests fail", async () => {
  upstream.script(reply.hang());
  expect(() => upstream.assertUsed()).toThrow("not used: hang");
  upstream.clear();
  expect((await fetch(`${upstream.url}/lost`)).status).toBe(500);
  expect(() => upstream.assertUsed()).toThrow("GET /lost");
});

test("keep-alive is one connection, dropped connections are another", async () => {
  upstream.handle(() => reply.json(200, {}));
  await (await fetch(upstream.url)).text();
  await (await fetch(upstream.url)).text();
  expect(upstream.requests.map((request) => request.socket)).toEqual([1, 1]);
  upstream.dropConnections();
  await (await fetch(upstream.url)).text();
  expect(upstream.connections).toBe(2);
});

test("reset, hang-up, garbage and breaks look like what they are on the wire", async () => {
  const events = anthropicStream("abc", 3);
  upstream.script(
    reply.reset(),
    reply.hangUp(),
    reply.breakAfter(2, events),
    reply.breakAfter(2, events, { how: "fin" }),
    reply.breakAfter(2, events, { how: "clean", headers: { Connection: "close" } }),
    reply.rawBytes("nonsense"),
  );
  const ask = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  expect(await talk(ask)).toEqual({ text: "", error: "ECONNRESET" });
  expect(await talk(ask)).toEqual({ text: "", error: undefined });
  const broken = await talk(ask);
  expect(broken.error).toBe("ECONNRESET");
  expect(broken.text).toContain("content_block_start");
  const cut = await talk(ask);
  expect(cut.error).toBeUndefined();
  expect(cut.text).not.toContain("0\r\n\r\n");
  const clean = await talk(ask.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  expect(clean.text).toEndWith("\r\n0\r\n\r\n");
  expect(await talk(ask)).toEqual({ text: "nonsense", error: undefined });
});

test("a client that leaves is noticed, before headers and in mid-stream", async () => {
  upstream.script(reply.hang(), reply.silentAfter(3, "abcdef"));
  const early = new AbortController();
  const first = fetch(upstream.url, { signal: early.signal }).catch((cause: unknown) => cause);
  const waiting = await upstream.request(0);
  early.abort();
  await first;
  expect(await waiting.aborted).toBeGreaterThan(0);
  const late = new AbortController();
  const response = await fetch(upstream.url, { signal: late.signal });
  const reader = response.body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("abc");
  expect(upstream.requests[1]?.wasAborted).toBe(false);
  late.abort();
  await upstream.requests[1]?.aborted;
  expect(upstream.requests[1]?.wasAborted).toBe(true);
});

test("a finished reply is no abort", async () => {
  upstream.script(reply.json(200, {}, { Connection: "close" }));
  await (await fetch(upstream.url, { keepalive: false })).text();
  upstream.dropConnections();
  await Bun.sleep(20);
  expect(upstream.requests[0]?.wasAborted).toBe(false);
});

test("a big body waits for its reader and arrives whole", async () => {
  const big = reply.big(32 * 1024 * 1024, { chunked: true });
  upstream.script(big);
  const response = await fetch(upstream.url);
  await upstream.request(0);
  await Bun.sleep(100);
  expect(big.written).toBeLessThan(24 * 1024 * 1024);
  const hash = createHash("sha256");
  for await (const piece of response.body ?? []) hash.update(piece);
  expect(hash.digest("hex")).toBe(big.sha256);
  expect(big.written).toBe(32 * 1024 * 1024);
});

test("compressed bytes go out as they are", async () => {
  const zipped = Bun.gzipSync("hello ".repeat(100));
  upstream.script(
    reply.bytes(200, zipped, { "Content-Encoding": "gzip" }),
    reply.dribble(200, zipped, { size: 7, headers: { "Content-Encoding": "gzip" } }),
  );
  const raw = await fetch(upstream.url, { decompress: false });
  expect(Buffer.from(await raw.arrayBuffer()).equals(Buffer.from(zipped))).toBe(true);
  expect(await (await fetch(upstream.url)).text()).toBe("hello ".repeat(100));
});

test("an answer before the body, a redirect, a late answer", async () => {
  upstream.handleHead((request) => (request.path === "/big" ? reply.error(413, "request_too_large", "no") : undefined));
  const { text } = await talk("POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nabc");
  expect(text).toStartWith("HTTP/1.1 413");
  const gate = Promise.withResolvers<void>();
  upstream.script(reply.redirect(307, "/else"), reply.later(gate.promise, reply.json(200, 1)));
  const redirected = await fetch(upstream.url, { redirect: "manual" });
  expect([redirected.status, redirected.headers.get("location")]).toEqual([307, "/else"]);
  const late = fetch(upstream.url);
  gate.resolve();
  expect((await late).status).toBe(200);
});

test("the official SDK gets text, a stream, a tool call, a count and models", async () => {
  upstream.handle(messagesHandler());
  const client = new Anthropic({ apiKey: "k", baseURL: upstream.url, maxRetries: 0 });
  const ask = {
    model: "claude-opus-5",
    max_tokens: 100,
    messages: [{ role: "user" as const, content: "hi" }],
  };
  expect((await client.messages.create(ask)).content).toMatchObject([{ type: "text", text: GREETING }]);
  const final = await client.messages.stream(ask).finalMessage();
  expect(final).toMatchObject({
    content: [{ type: "text", text: GREETING }],
    stop_reason: "end_turn",
    usage: { output_tokens: 15 },
  });
  const tools = [
    {
      name: "weather",
      input_schema: {
        type: "object" as const,
        properties: { city: { type: "string" }, days: { type: "integer" } },
        required: ["city", "days"],
      },
    },
  ];
  const called = await client.messages.stream({ ...ask, tools }).finalMessage();
  expect(called.stop_reason).toBe("tool_use");
  expect(called.content[1]).toMatchObject({
    type: "tool_use",
    name: "weather",
    input: { city: "Zürich", days: 7 },
  });
  expect((await client.messages.countTokens({ model: ask.model, messages: ask.messages })).input_tokens).toBe(14);
  expect((await client.models.list()).data.length).toBe(2);
});
