// Following requests without a server: what is told once, when another connection is tried, and when it gives up.
import { expect, test } from "bun:test";
import type { Static, TSchema } from "@sinclair/typebox";
import type { Client } from "../../src/cli/client.ts";
import { readEvents } from "../../src/core/event-stream.ts";
import { follow } from "../../src/cli/follow.ts";
import { CcbError } from "../../src/core/errors.ts";
import { EXAMPLE_TRACE } from "../../src/http/requests.ts";
import type { Trace } from "../../src/relay/trace-schema.ts";
import { createTestClock, settle } from "../support/clock.ts";

const down = (): never => {
  throw new CcbError("server_down", () => "down");
};
const traceOf = (id: string, state: Trace["state"] = "complete"): Trace => ({ ...EXAMPLE_TRACE, id, state });
const eventOf = (trace: Trace): string => `event: request\ndata: ${JSON.stringify(trace)}\n\n`;

/** A server of which the test says what it does. */
function rig(open: () => ReadableStream<Uint8Array> = () => new ReadableStream(), list: Trace[] = []) {
  const clock = createTestClock();
  const abort = new AbortController();
  const told: string[] = [];
  const notices: string[] = [];
  const tries: number[] = [];
  const state = { open, list, limits: [] as string[] };
  const client: Client = {
    address: "test",
    async get<Schema extends TSchema>(path: string): Promise<Static<Schema>> {
      state.limits.push(path);
      return { requests: state.list } as Static<Schema>;
    },
    send: () => Promise.reject(new Error("not asked for")),
    getText: () => Promise.reject(new Error("not asked for")),
    async open(_path, _accept, signal) {
      tries.push(clock.monotonic());
      const body = state.open();
      return new Response(body.pipeThrough(new TransformStream(), { signal }));
    },
  };
  const done = follow({
    client,
    clock,
    signal: abort.signal,
    limit: 5,
    onTrace: ({ id, state }) => void told.push(`${id} ${state}`),
    onLost: () => void notices.push("lost"),
    onBack: () => void notices.push("back"),
  });
  return { clock, abort, told, notices, tries, state, done };
}

/** A stream that the test writes. */
function channel() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
  return {
    body,
    write: (text: string) => controller?.enqueue(new TextEncoder().encode(text)),
    end: () => controller?.close(),
  };
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await settle();
};

test("what was before, oldest first, then what comes; each state once", async () => {
  const first = channel();
  const before = [traceOf("b"), traceOf("running", "in_progress"), traceOf("a")];
  const { state, told, abort, done, clock, notices, tries } = rig(() => first.body, before);
  await settled();
  first.write(eventOf(traceOf("c", "in_progress")) + eventOf(traceOf("c")) + eventOf(traceOf("b")));
  await settled();
  expect(told).toEqual(["a complete", "b complete", "c in_progress", "c complete"]);
  // The end of one connection is no news.
  const second = channel();
  state.open = () => second.body;
  state.list = [traceOf("d"), traceOf("c")];
  first.end();
  await settled();
  await clock.advance(250);
  await settled();
  expect([told.slice(4), notices, tries.length]).toEqual([["d complete"], [], 2]);
  expect(state.limits).toEqual(["/requests?limit=5", "/requests?limit=1000"]);
  abort.abort();
  await done;
});

test("waits longer each time, at most 5 s, and says once that it is lost and that it is back", async () => {
  const { state, abort, done, clock, notices, tries } = rig();
  await settled();
  const opened = channel();
  state.open = down;
  // The stream that is open has to end first: nothing comes for 45 s.
  await clock.advance(45_000);
  for (let turn = 0; turn < 60; turn += 1) {
    await clock.advance(500);
    await settled();
  }
  const waits = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
  expect(waits.slice(1, 6).map((wait) => Math.round(wait / 500) * 500)).toEqual([500, 1_000, 2_000, 4_000, 5_000]);
  expect(Math.max(...waits.slice(1))).toBeLessThanOrEqual(5_500);
  expect(notices).toEqual(["lost"]);
  state.open = () => opened.body;
  await clock.advance(5_000);
  await settled();
  expect(notices).toEqual(["lost", "back"]);
  abort.abort();
  await done;
});

test("the first connection has to come about", async () => {
  const clock = createTestClock();
  const client: Client = {
    address: "test",
    get: () => Promise.reject(new Error("not asked for")),
    send: () => Promise.reject(new Error("not asked for")),
    getText: () => Promise.reject(new Error("not asked for")),
    open: async () => down(),
  };
  const nothing = (): void => {};
  const deps = {
    client,
    clock,
    limit: 5,
    signal: new AbortController().signal,
    onTrace: nothing,
    onLost: nothing,
    onBack: nothing,
  };
  expect(await follow(deps).catch((error: unknown) => String(error))).toContain("down");
});

test("a first connection that says nothing is given up in words", async () => {
  const clock = createTestClock();
  const nothing = (): void => {};
  const done = follow({
    client: {
      address: "http://silent.example",
      get: () => Promise.reject(new Error("not asked for")),
      send: () => Promise.reject(new Error("not asked for")),
      getText: () => Promise.reject(new Error("not asked for")),
      open: (_path, _accept, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
        }),
    },
    clock,
    limit: 5,
    signal: new AbortController().signal,
    onTrace: nothing,
    onLost: nothing,
    onBack: nothing,
  }).catch((error: unknown) => error);
  await settled();
  await clock.advance(45_000);
  expect(await done).toMatchObject({ code: "server_silent" });
});

test("what would fail again ends it: a key that is good no more", async () => {
  const first = channel();
  const { state, done, clock } = rig(() => first.body);
  await settled();
  state.open = () => {
    throw new CcbError("key_unknown", () => "no such key");
  };
  first.end();
  await settled();
  const failed = done.catch((error: unknown) => String(error));
  await clock.advance(250);
  expect(await failed).toContain("no such key");
});

test("events in pieces, with comments, other events and CRLF", async () => {
  const text =
    ": hello\r\n\r\nevent: other\ndata: no\n\nevent: request\r\ndata: one\r\ndata: two\r\n\r\nevent: request\ndata:é\n\ndata: nameless\n\nevent: request\ndata: unfinished";
  for (const size of [1, 3, 1000]) {
    const bytes = new TextEncoder().encode(text);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
        controller.close();
      },
    });
    const seen: string[] = [];
    for await (const data of readEvents(body, "request")) if (data !== null) seen.push(data);
    expect(seen).toEqual(["one\ntwo", "é"]);
  }
});
