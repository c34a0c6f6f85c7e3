// The observed stream: what passes, how it ends, and that a break comes after the bytes before it. Fake clock.
import { describe, expect, test } from "bun:test";
import type { AttemptReply } from "../../src/relay/attempt.ts";
import { readAnswer } from "../../src/relay/answer.ts";
import { toClientResponse } from "../../src/relay/reply.ts";
import { createUpstreamBody } from "../../src/relay/upstream-body.ts";
import type { StreamEnd } from "../../src/relay/upstream-body.ts";
import { createTestClock } from "../support/clock.ts";
import { settledNow } from "../support/world.ts";

interface Scripted {
  readonly response: Response;
  readonly ends: [StreamEnd, number][];
  readonly calls: string[];
  readonly clock: ReturnType<typeof createTestClock>;
  push(text: string): void;
  end(): void;
  fail(): void;
  leave(): void;
}

const NOTHING_HELD = { chunks: [], pending: null, end: null };

/** The whole way of a reply, its beginning held back. */
async function relayed(
  reply: AttemptReply,
  headers: Headers,
  clock: ReturnType<typeof createTestClock>,
  onEnd: (end: StreamEnd, bytes: number) => void,
): Promise<Response> {
  const options = { clock, idleMs: 1000, path: "/v1/models", method: "GET", onAlive: () => {} };
  const answer = await readAnswer({ reply, pooled: false }, options);
  if (answer.body === null) onEnd("complete", 0);
  else answer.body.onEnd(onEnd);
  const { status, statusText } = answer.response;
  return toClientResponse({ status, statusText, headers }, answer.beginning, answer.body);
}

/** A reply whose upstream a test plays. */
async function scripted(
  init: ResponseInit = {},
  idleMs = 1000,
  headers = new Headers({ "x-a": "1" }),
): Promise<Scripted> {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
    },
  });
  const calls: string[] = [];
  const ends: [StreamEnd, number][] = [];
  let gone = false;
  const clock = createTestClock();
  const reply: AttemptReply = {
    response: new Response(body, init),
    abort: () => {
      calls.push("abort");
      controller?.error(new Error("aborted"));
    },
    clientGone: () => gone,
    release: () => void calls.push("release"),
  };
  const { status, statusText, body: stream } = reply.response;
  if (stream === null) throw new Error("no body");
  const upstream = createUpstreamBody(reply, stream, { clock, idleMs, watch: { add: () => void calls.push("bytes") } });
  upstream.onEnd((end, count) => ends.push([end, count]));
  const response = toClientResponse({ status, statusText, headers }, NOTHING_HELD, upstream);
  return {
    response,
    ends,
    calls,
    clock,
    push: (text) => controller?.enqueue(Buffer.from(text)),
    end: () => controller?.close(),
    fail: () => controller?.error(new Error("the upstream broke")),
    leave: () => {
      gone = true;
      controller?.error(new Error("aborted"));
    },
  };
}

const nameOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "none";
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
};

test("a whole stream: every byte, then the end, once", async () => {
  const it = await scripted({ status: 201 });
  const text = it.response.text();
  it.push("one ");
  it.push("two");
  it.end();
  expect([it.response.status, await text, it.ends, it.calls]).toEqual([
    201,
    "one two",
    [["complete", 7]],
    ["bytes", "bytes", "release"],
  ]);
  expect(it.clock.timers()).toEqual([]);
});

test("a break comes after the bytes before it have had a turn to leave, as an AbortError", async () => {
  const it = await scripted();
  const reader = it.response.body?.getReader();
  it.push("hello");
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("hello");
  it.fail();
  const next = nameOf(reader?.read() ?? Promise.resolve());
  expect(await settledNow(next)).toBe(false);
  expect(it.ends).toEqual([["broken", 5]]);
  await it.clock.advance(1);
  // Any other error Bun writes to stderr, with the upstream's URL.
  expect(await next).toBe("AbortError");
  expect(it.clock.timers()).toEqual([]);
});

test("a break before the commit point leaves no timer that would hold on to the reply", async () => {
  const clock = createTestClock();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(Buffer.from("event: ping\ndata: {}\n\n"));
      setImmediate(() => controller.error(new Error("the upstream broke")));
    },
  });
  const response = new Response(body, { headers: { "content-type": "text/event-stream" } });
  const reply = { response, abort: () => {}, clientGone: () => false, release: () => {} };
  const options = { clock, idleMs: 1000, path: "/v1/messages", method: "POST", onAlive: () => {} };
  const waiting = readAnswer({ reply, pooled: false }, options);
  await clock.advance(1);
  const answer = await waiting;
  expect(answer.beginning.end).toBe("broken");
  const { status, statusText, headers } = answer.response;
  const text = nameOf(toClientResponse({ status, statusText, headers }, answer.beginning, answer.body).text());
  await clock.advance(1);
  expect([await text, clock.timers()]).toEqual(["AbortError", []]);
});

test("silence is a break too, and ends the exchange upstream", async () => {
  const it = await scripted();
  const text = nameOf(it.response.text());
  await it.clock.advance(999);
  expect(it.ends).toEqual([]);
  await it.clock.advance(1);
  expect([await text, it.ends, it.calls]).toEqual(["AbortError", [["idle", 0]], ["release", "abort"]]);
});

test("a reader that goes away ends the exchange upstream", async () => {
  const it = await scripted();
  const reader = it.response.body?.getReader();
  it.push("x");
  await reader?.read();
  await reader?.cancel();
  expect([it.ends, it.calls]).toEqual([[["client_gone", 1]], ["bytes", "release", "abort"]]);
  expect(it.clock.timers()).toEqual([]);
});

test("a break that the client's own leaving caused is the client's", async () => {
  const it = await scripted();
  const text = nameOf(it.response.text());
  it.leave();
  await text;
  expect(it.ends).toEqual([["client_gone", 0]]);
});

describe("no content", () => {
  for (const status of [204, 304]) {
    test(String(status), async () => {
      const ends: StreamEnd[] = [];
      const calls: string[] = [];
      const reply: AttemptReply = {
        response: new Response(null, { status }),
        abort: () => void calls.push("abort"),
        clientGone: () => false,
        release: () => void calls.push("release"),
      };
      const response = await relayed(reply, new Headers(), createTestClock(), (end) => void ends.push(end));
      expect([response.status, response.body, ends, calls]).toEqual([status, null, ["complete"], ["release"]]);
    });
  }
});

/** A body that announces its length, which a test plays. */
function announced(length: number) {
  const parts: { body?: ReadableStreamDefaultController<Uint8Array> } = {};
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (parts.body = given) });
  const ends: [StreamEnd, number][] = [];
  const clock = createTestClock();
  const reply: AttemptReply = {
    response: new Response(body, { headers: { "content-length": String(length) } }),
    abort: () => parts.body?.error(new Error("aborted")),
    clientGone: () => false,
    release: () => {},
  };
  const response = relayed(reply, new Headers(), clock, (end, n) => void ends.push([end, n]));
  return { response, ends, clock, part: parts };
}

describe("a short body with a length", () => {
  test("that is there at once goes over whole", async () => {
    const it = announced(5);
    it.part.body?.enqueue(Buffer.from("hello"));
    expect(await (await it.response).text()).toBe("hello");
    expect(it.ends).toEqual([["complete", 5]]);
  });

  test("that comes in pieces is streamed as it comes", async () => {
    const it = announced(5);
    it.part.body?.enqueue(Buffer.from("he"));
    const reader = (await it.response).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("he");
    it.part.body?.enqueue(Buffer.from("llo"));
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("llo");
    it.part.body?.close();
    expect((await reader?.read())?.done).toBe(true);
    expect(it.ends).toEqual([["complete", 5]]);
  });

  test("of nothing ends at once", async () => {
    const it = announced(0);
    it.part.body?.close();
    expect(await (await it.response).text()).toBe("");
    expect(it.ends).toEqual([["complete", 0]]);
  });

  test("whose first byte never comes is a break after the idle time", async () => {
    const it = announced(5);
    await it.clock.advance(1000);
    await it.clock.advance(1);
    const failure = await (await it.response).text().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DOMException);
    expect(it.ends).toEqual([["idle", 0]]);
  });
});
