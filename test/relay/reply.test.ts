// The observed stream: what passes, how it ends, and that a break comes after the bytes before it. Fake clock.
import { describe, expect, test } from "bun:test";
import type { AttemptReply } from "../../src/relay/attempt.ts";
import { toClientHeaders, toClientResponse } from "../../src/relay/reply.ts";
import type { StreamEnd } from "../../src/relay/reply.ts";
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

/** A reply whose upstream a test plays. */
function scripted(init: ResponseInit = {}, idleMs = 1000): Scripted {
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
  const response = toClientResponse(reply, new Headers({ "x-a": "1" }), {
    clock,
    idleMs,
    onBytes: () => void calls.push("bytes"),
    onEnd: (end, count) => ends.push([end, count]),
  });
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
  const it = scripted({ status: 201 });
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
  const it = scripted();
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

test("silence is a break too, and ends the exchange upstream", async () => {
  const it = scripted();
  const text = nameOf(it.response.text());
  await it.clock.advance(999);
  expect(it.ends).toEqual([]);
  await it.clock.advance(1);
  expect([await text, it.ends, it.calls]).toEqual(["AbortError", [["idle", 0]], ["release", "abort"]]);
});

test("a reader that goes away ends the exchange upstream", async () => {
  const it = scripted();
  const reader = it.response.body?.getReader();
  it.push("x");
  await reader?.read();
  await reader?.cancel();
  expect([it.ends, it.calls]).toEqual([[["client_gone", 1]], ["bytes", "release", "abort"]]);
  expect(it.clock.timers()).toEqual([]);
});

test("a break that the client's own leaving caused is the client's", async () => {
  const it = scripted();
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
      const response = toClientResponse(reply, new Headers(), {
        clock: createTestClock(),
        idleMs: 1,
        onBytes: () => {},
        onEnd: (end) => ends.push(end),
      });
      expect([response.status, response.body, ends, calls]).toEqual([status, null, ["complete"], ["release"]]);
    });
  }
});

test("headers of the upstream's connection end here, all others pass, cookies apart", () => {
  const headers = new Headers([
    ["Set-Cookie", "a=1"],
    ["Set-Cookie", "b=2"],
    ["Connection", "close, X-Hop"],
    ["X-Hop", "1"],
    ["Transfer-Encoding", "chunked"],
    ["Content-Encoding", "gzip"],
    ["Retry-After", "3"],
  ]);
  expect(Array.from(toClientHeaders(headers), (pair) => pair.join(": ")).toSorted()).toEqual([
    "content-encoding: gzip",
    "retry-after: 3",
    "set-cookie: a=1",
    "set-cookie: b=2",
  ]);
});
