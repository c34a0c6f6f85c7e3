// The client's body: what is read whole, what passes through once, and its limits in size and silence. Fake clock.
import { describe, expect, test } from "bun:test";
import { CcbError } from "../../src/core/errors.ts";
import { takeBody } from "../../src/relay/request-body.ts";
import type { RequestBody } from "../../src/relay/request-body.ts";
import { createTestClock } from "../support/clock.ts";

const MB = 1024 * 1024;
const LIMITS = { wholeLimit: 32 * MB, idleMs: 60_000 };

interface Pieces {
  readonly body: ReadableStream<Uint8Array>;
  push(bytes: number | string): void;
  piece(bytes: Uint8Array): void;
  end(): void;
  fail(): void;
  readonly cancelled: boolean;
}

/** A body whose pieces a test hands out one by one. */
function pieces(): Pieces {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
    },
    cancel: () => {
      cancelled = true;
    },
  });
  return {
    body,
    push: (bytes) => controller?.enqueue(typeof bytes === "string" ? Buffer.from(bytes) : new Uint8Array(bytes)),
    piece: (bytes) => controller?.enqueue(bytes),
    end: () => controller?.close(),
    fail: () => controller?.error(new Error("the connection broke")),
    get cancelled() {
      return cancelled;
    },
  };
}

const request = (
  path: string,
  body: ReadableStream<Uint8Array> | string | null,
  headers: Record<string, string> = {},
  method = "POST",
): Request => new Request(`http://localhost${path}`, { method, body, headers });
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "none";
  } catch (error) {
    return error instanceof CcbError ? error.code : String(error);
  }
};
const textOf = (body: RequestBody): string => (body.kind === "whole" ? Buffer.from(body.bytes).toString() : body.kind);

describe("how it is taken", () => {
  const clock = createTestClock();
  const take = (path: string, given: Request) => takeBody(given, path, LIMITS, clock);

  test("none at all", async () => expect(await take("/v1/x", request("/v1/x", null))).toEqual({ kind: "none" }));

  test("whole for messages, announced or not", async () => {
    const chunked = pieces();
    const work = take("/v1/messages", request("/v1/messages", chunked.body));
    chunked.push("one ");
    chunked.push("two");
    chunked.end();
    expect(textOf(await work)).toBe("one two");
    expect(textOf(await take("/v1/messages/batches", request("/v1/messages/batches", "x")))).toBe("x");
  });

  test("in one piece it stays where it came, and that memory is nobody else's afterwards", async () => {
    const chunked = pieces();
    const work = take("/v1/messages", request("/v1/messages", chunked.body));
    chunked.piece(new Uint8Array(Buffer.from("before one after")).subarray(7, 10));
    chunked.end();
    const body = await work;
    expect(textOf(body)).toBe("one");
    expect(body).not.toHaveProperty("release");
  });

  test("in many pieces it is put together in memory that is used again", async () => {
    const chunked = pieces();
    const work = take("/v1/messages", request("/v1/messages", chunked.body));
    const text = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(2000, "x"));
    for (const piece of text) chunked.push(piece);
    chunked.end();
    const body = await work;
    expect(textOf(body)).toBe(text.join(""));
    expect(body).toHaveProperty("release");
  });

  test("whole elsewhere where it is small for sure", async () => {
    expect(textOf(await take("/v1/files", request("/v1/files", "x", { "content-length": "1" })))).toBe("x");
  });

  test("once elsewhere: its length is kept where the client gave one", async () => {
    const known = await take("/v1/files", request("/v1/files", pieces().body, { "content-length": String(2 * MB) }));
    const unknown = await take("/v1/files", request("/v1/files", pieces().body));
    expect([known, unknown].map((body) => body.kind === "once" && body.contentLength)).toEqual([String(2 * MB), null]);
  });

  test("no timer is left behind", () => expect(clock.timers()).toEqual([]));
});

describe("too large", () => {
  const clock = createTestClock();

  test("said before a byte is read where the length is announced", async () => {
    const { body } = pieces();
    const given = request("/v1/messages", body, { "content-length": String(32 * MB + 1) });
    expect(await codeOf(takeBody(given, "/v1/messages", LIMITS, clock))).toBe("body_too_large");
  });

  test("exactly the limit is not", async () => {
    const source = pieces();
    const work = takeBody(request("/v1/messages", source.body), "/v1/messages", { ...LIMITS, wholeLimit: 10 }, clock);
    source.push(10);
    source.end();
    expect((await work).kind).toBe("whole");
  });

  test("found out on the way where it is not announced, or announced wrongly", async () => {
    const source = pieces();
    const work = takeBody(request("/v1/messages", source.body), "/v1/messages", { ...LIMITS, wholeLimit: 10 }, clock);
    source.push(6);
    source.push(6);
    expect(await codeOf(work)).toBe("body_too_large");
    expect(source.cancelled).toBe(true);
  });

  test("what passes through once is bounded too", async () => {
    const given = request("/v1/files", pieces().body, { "content-length": String(512 * MB + 1) });
    expect(await codeOf(takeBody(given, "/v1/files", LIMITS, clock))).toBe("body_too_large");
  });

  test("no timer is left behind", () => expect(clock.timers()).toEqual([]));
});

describe("silence", () => {
  test("ends a whole body after its limit, counted from the last byte", async () => {
    const clock = createTestClock();
    const source = pieces();
    const code = codeOf(takeBody(request("/v1/messages", source.body), "/v1/messages", LIMITS, clock));
    for (let round = 0; round < 3; round += 1) {
      await clock.advance(59_000);
      source.push(1);
    }
    await clock.advance(59_999);
    expect(await Promise.race([code, Promise.resolve("waits")])).toBe("waits");
    await clock.advance(1);
    expect(await code).toBe("upload_timeout");
    expect(source.cancelled).toBe(true);
    expect(clock.timers()).toEqual([]);
  });

  test("ends a body that passes through", async () => {
    const clock = createTestClock();
    const source = pieces();
    const body = await takeBody(request("/v1/files", source.body), "/v1/files", LIMITS, clock);
    if (body.kind !== "once") throw new Error(body.kind);
    const reader = body.stream.getReader();
    source.push(3);
    expect((await reader.read()).value?.length).toBe(3);
    const code = codeOf(reader.read());
    await clock.advance(60_000);
    expect(await code).toBe("upload_timeout");
  });

  test("0 means none", async () => {
    const clock = createTestClock();
    const source = pieces();
    const work = takeBody(request("/v1/messages", source.body), "/v1/messages", { ...LIMITS, idleMs: 0 }, clock);
    await clock.advance(10_000_000);
    source.push("late");
    source.end();
    expect(textOf(await work)).toBe("late");
  });

  test("a slow upstream is not the client's silence", async () => {
    const clock = createTestClock();
    const source = pieces();
    const body = await takeBody(request("/v1/files", source.body), "/v1/files", LIMITS, clock);
    if (body.kind !== "once") throw new Error(body.kind);
    const reader = body.stream.getReader();
    source.push(3);
    await reader.read();
    await clock.advance(600_000);
    source.push(4);
    source.end();
    expect((await reader.read()).value?.length).toBe(4);
    expect((await reader.read()).done).toBe(true);
  });
});

describe("the client leaves", () => {
  test("a body that breaks is the client's doing", async () => {
    const source = pieces();
    const code = codeOf(takeBody(request("/v1/messages", source.body), "/v1/messages", LIMITS, createTestClock()));
    source.push(3);
    source.fail();
    expect(await code).toBe("client_gone");
  });

  test("no timer stays that would hold on to the request", async () => {
    const clock = createTestClock();
    const headers = { "content-length": "100" };
    for (const announced of [{}, headers]) {
      const source = pieces();
      const code = codeOf(takeBody(request("/v1/messages", source.body, announced), "/v1/messages", LIMITS, clock));
      source.push(3);
      await clock.advance(1);
      expect(clock.timers().length).toBe(1);
      source.fail();
      expect(await code).toBe("client_gone");
      expect(clock.timers()).toEqual([]);
    }
  });

  test("an upstream that takes no more of it lets go of the client's", async () => {
    const source = pieces();
    const body = await takeBody(request("/v1/files", source.body), "/v1/files", LIMITS, createTestClock());
    if (body.kind !== "once") throw new Error(body.kind);
    await body.stream.cancel();
    expect(source.cancelled).toBe(true);
  });
});
