// A 200 whose stream fails before its first content: nothing was committed, so another target may answer. What is held
// back goes out whole and in order, after 10 s at the latest.
import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { anthropicStream, sseEvent } from "../support/anthropic.ts";
import { breakAfter, sse } from "../support/replies.ts";
import type { Break, Reply } from "../support/replies.ts";
import { settledNow } from "../support/world.ts";
import { startRig } from "./_rig.ts";

const STREAM = { body: { stream: true } };
const EVENTS = anthropicStream("hello", 3);
const [START = "", BLOCK = ""] = EVENTS;
const PING = sseEvent("ping", { type: "ping" });
const failed = (type: string): string => sseEvent("error", { type: "error", error: { type, message: `a ${type}` } });
const GZIP = { "Content-Encoding": "gzip" };

/** By the status that an error stands for: what another target does about it. */
const ERRORS = [
  ["overloaded_error", "overloaded"],
  ["api_error", "upstream_failed"],
  ["timeout_error", "upstream_failed"],
  ["rate_limit_error", "throttled"],
  ["billing_error", "credit_spent"],
] as const;

describe("the first event is an error", () => {
  for (const [type, reason] of ERRORS) {
    for (const before of [[], [START], [PING, START, PING]]) {
      test(`${type} after ${before.length} others: another target answers, the client sees nothing of it`, async () => {
        await using rig = await startRig();
        rig.on("A").script(sse([...before, failed(type)]));
        rig.on("B").script(sse(EVENTS));
        const reply = await rig.ask(STREAM);
        expect([reply.status, reply.text, reply.provider, reply.attempts]).toEqual([200, EVENTS.join(""), "B", 2]);
        expect(await rig.tried(reply)).toEqual([`A 200 ${reason}`, "B 200 served"]);
        expect(rig.asked()).toBe("A1 B1");
      });
    }
  }

  for (const type of ["invalid_request_error", "not_found_error", "request_too_large"]) {
    test(`${type}, which is about the request: relayed as it came`, async () => {
      await using rig = await startRig();
      rig.on("A").script(sse([START, failed(type)]));
      const reply = await rig.ask(STREAM);
      expect([reply.status, reply.text, reply.attempts]).toEqual([200, START + failed(type), 1]);
      expect([rig.asked(), (await rig.ask(STREAM)).provider]).toEqual(["A1 B0", "A"]);
    });
  }

  test("authentication_error on an account: the token is renewed, the same account answers", async () => {
    await using rig = await startRig({ accounts: ["one@x.io"] });
    rig.on("A").script(sse([START, failed("authentication_error")]), sse(EVENTS));
    const reply = await rig.ask(STREAM);
    expect([reply.text, reply.provider, rig.world.oauth.refreshes, rig.asked()]).toEqual([
      EVENTS.join(""),
      "A",
      1,
      "A2 B0",
    ]);
  });

  test("everywhere: the first one's stream is relayed, its events whole and in order", async () => {
    await using rig = await startRig();
    rig.on("A").script(sse([START, PING, failed("api_error")]));
    rig.on("B").script(sse([failed("api_error")]));
    const reply = await rig.ask(STREAM);
    expect([reply.status, reply.provider, reply.text]).toEqual([200, "A", START + PING + failed("api_error")]);
  });

  test("packed, byte by byte: it is understood all the same", async () => {
    await using rig = await startRig();
    const packed = gzipSync(START + PING + failed("api_error"));
    const crumbs = Array.from(packed, (byte) => Buffer.of(byte));
    rig.on("A").script({
      name: "crumbs",
      send: async (exchange) => {
        await exchange.head(200, { "Content-Type": "text/event-stream", "Transfer-Encoding": "chunked", ...GZIP });
        for (const crumb of crumbs) await exchange.chunk(crumb);
        await exchange.lastChunk();
      },
    });
    rig.on("B").script(sse(EVENTS));
    expect((await rig.ask(STREAM)).text).toBe(EVENTS.join(""));
  });
});

const ENDS: readonly Break[] = ["clean", "fin", "reset"];

describe("it ends before its first content", () => {
  for (const how of ENDS) {
    for (const count of [0, 1]) {
      test(`${how} after ${count} events: another target answers`, async () => {
        await using rig = await startRig();
        rig.on("A").script(breakAfter(count, EVENTS, { how }));
        rig.on("B").script(sse(EVENTS));
        const reply = await rig.drive(rig.ask(STREAM), 500, 1);
        expect([reply.status, reply.text, reply.provider, reply.attempts]).toEqual([200, EVENTS.join(""), "B", 2]);
        expect((await rig.tried(reply))[0]).toBe("A 200 upstream_failed");
      });
    }
  }

  test("everywhere: the break is relayed as a break", async () => {
    await using rig = await startRig({ providers: { A: {} } });
    rig.on("A").script(breakAfter(1, EVENTS, { how: "fin" }));
    const response = await rig.drive(rig.send(STREAM), 500, 1);
    expect(response.status).toBe(200);
    const text = response.text();
    text.catch(() => {});
    await rig.drive(
      text.catch(() => ""),
      500,
      1,
    );
    expect(text).rejects.toThrow();
    expect(await rig.last()).toMatchObject({ state: "broken", attempt_count: 1 });
  });

  test("two in a row cool the target like any failure", async () => {
    await using rig = await startRig();
    rig.on("A").script(breakAfter(1, EVENTS, { how: "clean" }), sse([failed("api_error")]));
    expect(await rig.benches(await rig.ask(STREAM))).toEqual([]);
    expect(await rig.benches(await rig.ask(STREAM))).toEqual(["target 30000"]);
  });
});

describe("holding back", () => {
  /** Events that a test lets go one by one. */
  function gated(events: readonly string[], headers = {}) {
    const gates = events.map(() => Promise.withResolvers<void>());
    async function* source() {
      for (const [index, event] of events.entries()) {
        await gates[index]?.promise;
        yield event;
      }
    }
    return { reply: sse(source(), { headers }), let: (index: number) => gates[index]?.resolve() };
  }
  const breathe = (): Promise<void> => Bun.sleep(15);

  test("up to the first content, then everything in order", async () => {
    await using rig = await startRig();
    const { reply, let: release } = gated([START, PING, ...EVENTS.slice(1)]);
    rig.on("A").script(reply);
    const pending = rig.send(STREAM);
    await rig.on("A").request(0);
    for (const index of [0, 1]) {
      release(index);
      await breathe();
      expect(await settledNow(pending)).toBe(false);
    }
    release(2);
    const response = await pending;
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    let seen = "";
    while (seen.length < (START + PING + BLOCK).length) seen += decoder.decode((await reader?.read())?.value);
    expect(seen).toBe(START + PING + BLOCK);
    for (let index = 3; index <= EVENTS.length; index += 1) release(index);
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read())
      seen += decoder.decode(read.value);
    expect(seen).toBe([START, PING, ...EVENTS.slice(1)].join(""));
  });

  test("pings alone: everything is let go after 10 s, and that is the commit point", async () => {
    await using rig = await startRig();
    const { reply, let: release } = gated([START, PING, PING, failed("api_error")]);
    rig.on("A").script(reply);
    const pending = rig.send(STREAM);
    await rig.on("A").request(0);
    release(0);
    await breathe();
    await rig.world.clock.advance(5_000);
    release(1);
    await breathe();
    await rig.world.clock.advance(4_999);
    expect(await settledNow(pending)).toBe(false);
    await rig.world.clock.advance(1);
    const response = await pending;
    release(2);
    release(3);
    expect(await response.text()).toBe(START + PING + PING + failed("api_error"));
    expect(rig.asked()).toBe("A1 B0");
    expect(await rig.last()).toMatchObject({ state: "complete", attempts: [{ reason: "served", action: "relay" }] });
  });

  test("headers and nothing else: let go after 10 s", async () => {
    await using rig = await startRig();
    const { reply, let: release } = gated(EVENTS);
    rig.on("A").script(reply);
    const pending = rig.send(STREAM);
    await rig.on("A").request(0);
    await breathe();
    expect(await rig.duration(pending, 20_000, 500)).toBeWithin(10_000, 10_501);
    for (let index = 0; index < EVENTS.length; index += 1) release(index);
    expect(await (await pending).text()).toBe(EVENTS.join(""));
  });

  test("a packed stream arrives packed, whole and in order", async () => {
    await using rig = await startRig();
    const packed = gzipSync(EVENTS.join(""));
    const pieces = [packed.subarray(0, 5), packed.subarray(5, 60), packed.subarray(60)];
    rig.on("A").script({
      name: "packed",
      send: async (exchange) => {
        await exchange.head(200, { "Content-Type": "text/event-stream", "Transfer-Encoding": "chunked", ...GZIP });
        for (const piece of pieces) {
          await exchange.chunk(piece);
          await exchange.sleep(2);
        }
        await exchange.lastChunk();
      },
    });
    const reply = await rig.ask(STREAM);
    expect([reply.headers.get("content-encoding"), Buffer.from(reply.bytes).equals(packed)]).toEqual(["gzip", true]);
  });

  const others: Readonly<Record<string, Reply>> = {
    "a stream without a type": sse(["data: x\n\n"], { headers: { "Content-Type": "application/octet-stream" } }),
    "an event of an unknown kind": sse([sseEvent("something_new", { type: "something_new" }), failed("api_error")]),
    "an error after the first content": sse([START, BLOCK, failed("api_error")]),
  };
  for (const [what, reply] of Object.entries(others)) {
    test(`${what} is let go at once`, async () => {
      await using rig = await startRig();
      rig.on("A").script(reply);
      const got = await rig.ask(STREAM);
      expect([got.status, got.provider, rig.asked()]).toEqual([200, "A", "A1 B0"]);
    });
  }
});
