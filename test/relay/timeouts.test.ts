// The limits on an upstream's and a client's silence: real sockets, a clock that the test moves.
import { describe, expect, test } from "bun:test";
import { settledNow } from "../support/world.ts";
import { anthropicStream } from "../support/anthropic.ts";
import { bytes, hang, json, later, silentAfter, sse } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import { envelopeOf, messagesRequest } from "../binary/_ccb.ts";
import { head, rawClient } from "../binary/_raw.ts";
import { startServed } from "./_served.ts";

/** Room for bytes on real sockets to arrive; the clock does not move. */
const breathe = (): Promise<void> => Bun.sleep(15);

describe("no response headers", () => {
  for (const [what, stream, seconds] of [
    ["first_byte", false, 600],
    ["first_byte_stream, for streams", true, 180],
  ] as const) {
    test(`${what}: 504 after ${seconds} s and no sooner`, async () => {
      await using upstream = await startUpstream();
      await using served = await startServed({ upstreamUrl: upstream.url });
      upstream.script(hang());
      const reply = fetch(`${served.url}/v1/messages`, messagesRequest({ stream }));
      const request = await upstream.request(0);
      await breathe();
      await served.world.clock.advance(seconds * 1000 - 1);
      expect(await settledNow(reply)).toBe(false);
      await served.world.clock.advance(1);
      const error = await envelopeOf(await reply);
      expect(error).toMatchObject({ status: 504, type: "timeout_error" });
      expect(error.message).toContain(`${seconds} s`);
      expect(error.message).toContain("settings.timeouts");
      await request.aborted;
      // Of the request nothing is left to wait for; only whether a rest begins.
      expect(served.world.clock.timers().filter((ms) => ms > 5_000)).toEqual([120_000]);
    });
  }

  test("0: none at all, and the reply still comes", async () => {
    await using upstream = await startUpstream();
    await using served = await startServed({
      upstreamUrl: upstream.url,
      settings: { timeouts: { first_byte: 0, first_byte_stream: 0, idle: 0, upload: 0 } },
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    upstream.script(later(promise, json(200, { late: true })));
    const reply = fetch(`${served.url}/v1/messages`, messagesRequest({ stream: true }));
    await upstream.request(0);
    await breathe();
    await served.world.clock.advance(100_000_000);
    resolve();
    expect(await (await reply).json()).toEqual({ late: true });
  });

  test("the limit ends with the headers: a body may then take its time", async () => {
    await using upstream = await startUpstream();
    await using served = await startServed({ upstreamUrl: upstream.url, settings: { timeouts: { idle: 0 } } });
    const { promise, resolve } = Promise.withResolvers<void>();
    const events = async function* () {
      yield "one";
      await promise;
      yield "two";
    };
    upstream.script(sse(events()));
    const reply = await fetch(`${served.url}/v1/messages`, messagesRequest({ stream: true }));
    await served.world.clock.advance(100_000_000);
    resolve();
    expect(await reply.text()).toBe("onetwo");
  });
});

describe("a silent stream", () => {
  test("lives for nine minutes, and breaks after `idle`, never ends cleanly", async () => {
    await using upstream = await startUpstream();
    await using served = await startServed({ upstreamUrl: upstream.url });
    upstream.script(silentAfter(5, "hello world", { "Content-Type": "text/event-stream" }));
    const client = await rawClient(served.port);
    client.send(head("GET /v1/x HTTP/1.1"));
    await client.until("hello");
    const request = await upstream.request(0);
    await breathe();
    await served.world.clock.advance(540_000);
    await breathe();
    expect(request.wasAborted).toBe(false);
    await served.world.clock.advance(60_000);
    await request.aborted;
    await client.ended;
    expect(client.text.endsWith("0\r\n\r\n")).toBe(false);
    expect(served.world.log.of("request")[0]?.fields).toMatchObject({ status: 200, end: "idle", bytes: 5 });
  });

  test("each byte starts the count anew, and a reader that is slow is not the upstream's silence", async () => {
    await using upstream = await startUpstream();
    await using served = await startServed({ upstreamUrl: upstream.url });
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const events = async function* () {
      for (const [index, gate] of gates.entries()) {
        yield `event ${index}\n\n`;
        await gate.promise;
      }
    };
    upstream.script(sse(events()));
    const client = await rawClient(served.port);
    client.send(head("GET /v1/x HTTP/1.1"));
    for (const [index, gate] of gates.entries()) {
      await client.until(`event ${index}`);
      await breathe();
      await served.world.clock.advance(599_000);
      gate.resolve();
    }
    await client.until("0\r\n\r\n");
    expect(served.world.log.of("request")[0]?.fields).toMatchObject({ end: "complete" });
  });

  test("timers do not pile up: requests of one kind share them", async () => {
    await using upstream = await startUpstream();
    await using served = await startServed({ upstreamUrl: upstream.url });
    upstream.script(bytes(200, "x"), silentAfter(1, "xy"));
    await (await fetch(`${served.url}/v1/x`)).text();
    const abort = new AbortController();
    const reply = await fetch(`${served.url}/v1/messages`, { ...messagesRequest(), signal: abort.signal });
    abort.abort();
    await (
      await upstream.request(1)
    ).aborted;
    await reply.text().catch(() => {});
    await breathe();
    // One looks at the machine's clocks every 5 s; the others belong to a length of time, not to a request.
    const left = served.world.clock.timers().length;
    for (let index = 0; index < 20; index += 1) {
      upstream.script(bytes(200, "x"));
      await (await fetch(`${served.url}/v1/x`)).text();
    }
    expect(served.world.clock.timers().length).toBeLessThanOrEqual(left + 1);
  });
});

describe("a stalled upload", () => {
  for (const [what, path, headers] of [
    ["that is read whole", "/v1/messages", ["Content-Length: 100"]],
    ["in chunks", "/v1/messages", ["Transfer-Encoding: chunked"]],
    ["that passes through", "/v1/files", ["Content-Length: 2000000"]],
  ] as const) {
    test(`${what} is answered with 408`, async () => {
      await using upstream = await startUpstream();
      await using served = await startServed({ upstreamUrl: upstream.url });
      const client = await rawClient(served.port);
      client.send(
        head(`POST ${path} HTTP/1.1`, ...headers) + (headers[0].startsWith("Transfer") ? '5\r\n{"mod\r\n' : '{"mod'),
      );
      await breathe();
      if (path === "/v1/files") await upstream.request(0);
      await served.world.clock.advance(59_000);
      await breathe();
      expect(client.text).toBe("");
      await served.world.clock.advance(1_000);
      await client.until("\r\n\r\n");
      expect(client.text).toStartWith("HTTP/1.1 408 ");
      await client.until("settings.timeouts.upload");
      // The real API gives no sign of a request that never was whole.
      if (path === "/v1/messages") expect(upstream.requests).toEqual([]);
      else await upstream.requests[0]?.aborted;
      client.abort();
    });
  }

  test("one that goes on is not cut", async () => {
    await using upstream = await startUpstream();
    await using served = await startServed({ upstreamUrl: upstream.url });
    upstream.script(bytes(200, "good"));
    const client = await rawClient(served.port);
    client.send(head("POST /v1/messages HTTP/1.1", "Content-Length: 5"));
    for (const letter of "hello") {
      await breathe();
      await served.world.clock.advance(59_000);
      client.send(letter);
    }
    await client.until("good");
    expect(upstream.requests[0]?.text).toBe("hello");
  });
});

test("events of the stream that the SDKs know arrive whole after nine minutes of silence", async () => {
  await using upstream = await startUpstream();
  await using served = await startServed({ upstreamUrl: upstream.url });
  const events = anthropicStream("hello", 3);
  const gate = Promise.withResolvers<void>();
  const source = async function* () {
    yield* events.slice(0, 3);
    await gate.promise;
    yield* events.slice(3);
  };
  upstream.script(sse(source()));
  const reply = await fetch(`${served.url}/v1/messages`, messagesRequest({ stream: true }));
  await breathe();
  await served.world.clock.advance(540_000);
  gate.resolve();
  expect(await reply.text()).toBe(events.join(""));
});
