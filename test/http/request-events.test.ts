// GET /requests/events: what listeners are told, and how they come and go; over real sockets where those matter.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { createRequestEvents } from "../../src/http/request-events.ts";
import { EXAMPLE_TRACE } from "../../src/http/requests.ts";
import type { Trace } from "../../src/relay/trace-schema.ts";
import { keyed, messagesRequest, startKeyed } from "../binary/_ccb.ts";
import { createTestClock } from "../support/clock.ts";
import { messagesHandler } from "../support/anthropic.ts";
import { identity } from "../support/oauth-server.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { createWorld, eventually, settledNow } from "../support/world.ts";

/** Reads an event stream: what has come so far, and whether it is over. */
function reader(response: Response) {
  const stream = response.body?.getReader();
  const seen = { text: "", over: false };
  const decoder = new TextDecoder();
  const done = (async () => {
    for (;;) {
      const { value, done } = (await stream?.read()) ?? { value: undefined, done: true };
      if (done) break;
      seen.text += decoder.decode(value, { stream: true });
    }
  })()
    .catch(() => {})
    .finally(() => {
      seen.over = true;
    });
  return {
    seen,
    done,
    events: (): Trace[] =>
      [...seen.text.matchAll(/event: request\ndata: (.*)\n\n/g)].map(([, data = ""]) => JSON.parse(data)),
    leave: () => stream?.cancel(),
  };
}

const BATCH_MS = 20;

describe("in the program", () => {
  test("a request is told of when it begins and when it has ended", async () => {
    await using world = await createWorld();
    await world.signIn(identity("me@example.com"));
    const response = await world.request("/requests/events");
    expect([response.status, response.headers.get("content-type"), response.headers.get("cache-control")]).toEqual([
      200,
      "text/event-stream",
      "no-store",
    ]);
    const listener = reader(response);
    const { headers } = await world.message();
    await world.clock.advance(BATCH_MS);
    await eventually("both events", () => listener.events().length === 2);
    const [began, ended] = listener.events();
    const id = headers.get("x-ccb-request-id") ?? "";
    expect(began).toMatchObject({ id, state: "in_progress", status: null, attempts: [], candidates: [] });
    expect(ended).toEqual((await world.json(`/requests/${id}`)).body);
    expect(listener.seen.text).not.toContain("me@example.com");
    await world.clock.advance(15_000);
    await eventually("the comment", () => listener.seen.text.endsWith("\n\n: still here\n\n"));
  });

  test("33 are too many, and one that leaves makes room", async () => {
    await using world = await createWorld();
    const listeners = [];
    for (let index = 0; index < 32; index += 1) listeners.push(reader(await world.request("/requests/events")));
    const refused = await world.json("/requests/events");
    expect([refused.status, refused.headers.get("retry-after"), refused.body.error.type]).toEqual([
      429,
      "5",
      "rate_limit_error",
    ]);
    await listeners[0]?.leave();
    expect((await world.request("/requests/events")).status).toBe(200);
  });

  test("a reload ends them all, and they may come again", async () => {
    await using world = await createWorld();
    const listener = reader(await world.request("/requests/events"));
    await world.post("/providers/reload", {});
    await listener.done;
    expect((await world.request("/requests/events")).status).toBe(200);
  });

  test("HEAD ends at once", async () => {
    await using world = await createWorld();
    const response = await world.request("/requests/events", { method: "HEAD" });
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
      200,
      "text/event-stream",
      "",
    ]);
  });

  test("a stop ends them, and nobody may listen any more", async () => {
    const world = await createWorld();
    const listener = reader(await world.request("/requests/events"));
    world.app.drain();
    await listener.done;
    expect((await world.request("/requests/events")).status).toBe(429);
    await world[Symbol.asyncDispose]();
  });
});

describe("without the program", () => {
  const trace = { ...EXAMPLE_TRACE, path: "x".repeat(10_000) };

  test("where nobody listens nothing is kept, no timer runs", () => {
    const clock = createTestClock();
    const events = createRequestEvents({ clock });
    events.tell(trace);
    expect([events.listeners(), clock.timers()]).toEqual([0, []]);
  });

  test("one that does not read is dropped at 1 MB, the others go on", async () => {
    const clock = createTestClock();
    const events = createRequestEvents({ clock });
    const idle = events.listen();
    const busy = reader(events.listen());
    for (let turn = 0; turn < 200; turn += 1) {
      events.tell(trace);
      await clock.advance(BATCH_MS);
      await settledNow(Promise.resolve());
    }
    expect(events.listeners()).toBe(1);
    // What waited for it is gone.
    expect((await idle.text()).length).toBeLessThan(50_000);
    await eventually("all events", () => busy.events().length === 200);
    await busy.leave();
    expect([events.listeners(), clock.timers()]).toEqual([0, []]);
  });
});

describe("over a real socket", () => {
  let upstream: Upstream;
  beforeAll(async () => {
    upstream = await startUpstream();
    upstream.handle(messagesHandler());
  });
  afterAll(() => upstream.stop());

  /** A server of its own around the events alone, whose listeners can be counted. */
  function serve() {
    const clock = createTestClock();
    const events = createRequestEvents({ clock });
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => events.listen() });
    return { clock, events, port: server.port ?? 0, stop: () => server.stop(true) };
  }

  const open = (port: number): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port }, () => {
        socket.write("GET /requests/events HTTP/1.1\r\nhost: localhost\r\n\r\n");
        resolve(socket);
      });
      socket.once("error", reject);
    });

  test("a client that leaves is forgotten", async () => {
    const { events, port, stop } = serve();
    const socket = await open(port);
    await eventually("it listens", () => events.listeners() === 1);
    socket.destroy();
    await eventually("it is gone", () => events.listeners() === 0);
    await stop();
  });

  test("a client that does not read is dropped, and memory with it", async () => {
    const { clock, events, port, stop } = serve();
    const socket = await open(port);
    socket.pause();
    await eventually("it listens", () => events.listeners() === 1);
    const trace = { ...EXAMPLE_TRACE, path: "x".repeat(100_000) };
    let told = 0;
    await eventually("it is dropped", async () => {
      events.tell(trace);
      told += 1;
      await clock.advance(BATCH_MS);
      return events.listeners() === 0;
    });
    // What the system's own buffers took, and 1 MB.
    expect(told).toBeLessThan(200);
    let tail = "";
    socket.on("data", (bytes) => {
      tail = (tail + bytes.toString("latin1")).slice(-5);
    });
    socket.resume();
    await eventually("the last chunk", () => tail === "0\r\n\r\n");
    socket.destroy();
    await stop();
  });

  test("the stop of the server ends it at once", async () => {
    const ccb = await startKeyed(upstream.url, { providers: [keyed(upstream.url)] });
    await using _ = ccb;
    const listener = reader(await ccb.request("/requests/events"));
    await (await ccb.request("/v1/messages", messagesRequest())).text();
    await eventually("both events", () => listener.events().length === 2);
    expect(listener.events().map(({ state }) => state)).toEqual(["in_progress", "complete"]);
    const began = performance.now();
    expect(await ccb.stop()).toBe(0);
    await listener.done;
    // The grace is 30 s.
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
