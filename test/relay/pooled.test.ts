// A pooled connection that died without a word (sleep, another network, a forgetful router): requests do not hang on it.
// Real sockets, a clock that the test moves.
import { expect, test } from "bun:test";
import { hang, json } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { jsonOf, messagesRequest } from "../binary/_ccb.ts";
import { startServed } from "./_served.ts";
import type { Served } from "./_served.ts";

const breathe = (): Promise<void> => Bun.sleep(15);

/** An upstream whose first connection answers once and is dead from then on. */
async function withDeadConnection(): Promise<Upstream> {
  const upstream = await startUpstream();
  let answered = false;
  upstream.handle((request) => {
    if (request.socket !== 1) return json(200, { socket: request.socket });
    if (answered) return hang();
    answered = true;
    return json(200, { socket: 1 });
  });
  return upstream;
}

/** What is no stream is asked for many tokens, so that it may be silent for long. */
const send = (served: Served, stream: boolean, maxTokens = 8_192): Promise<Response> =>
  fetch(`${served.url}/v1/messages`, messagesRequest({ stream, max_tokens: maxTokens }));
/** The number of the upstream connection that answered. */
async function socketOf(reply: Response): Promise<number> {
  const { socket } = await jsonOf<{ socket: number }>(reply);
  return socket;
}

test("a stream on it goes out again on a new connection after 20 s, and the pool is left alone from then on", async () => {
  await using upstream = await withDeadConnection();
  await using served = await startServed({ upstreamUrl: upstream.url });
  expect(await socketOf(await send(served, true))).toBe(1);
  await served.world.clock.advance(60_000);

  const reply = send(served, true);
  expect((await upstream.request(1)).socket).toBe(1);
  await breathe();
  await served.world.clock.advance(19_999);
  expect(upstream.requests.length).toBe(2);
  await served.world.clock.advance(1);
  const second = await reply;
  expect([await socketOf(second), second.headers.get("x-ccb-attempts")]).toEqual([2, "2"]);
  await upstream.requests[1]?.aborted;
  expect(upstream.requests[2]?.text).toBe(upstream.requests[1]?.text);
  expect(served.world.log.of("connection_silent").length).toBe(1);

  // Each on a connection of its own, streams or not: other pooled ones may be as dead.
  expect([await socketOf(await send(served, true)), await socketOf(await send(served, false))]).toEqual([3, 4]);
  await served.world.clock.advance(330_000);
  const later = await socketOf(await send(served, true));
  expect(await socketOf(await send(served, true))).toBe(later);
});

test("a request that may be silent for long takes a new connection at once when the pool was idle", async () => {
  await using upstream = await withDeadConnection();
  await using served = await startServed({ upstreamUrl: upstream.url });
  await socketOf(await send(served, true));
  await served.world.clock.advance(5_000);
  expect(await socketOf(await send(served, false))).toBe(2);
});

test("a short answer that comes whole goes out again after 30 s, at once after the last one too", async () => {
  await using upstream = await withDeadConnection();
  await using served = await startServed({ upstreamUrl: upstream.url });
  await socketOf(await send(served, false, 100));
  const reply = send(served, false, 100);
  expect((await upstream.request(1)).socket).toBe(1);
  await breathe();
  await served.world.clock.advance(29_999);
  expect(upstream.requests.length).toBe(2);
  await served.world.clock.advance(1);
  expect(await socketOf(await reply)).toBe(2);
});

test("what a connection of its own brought says nothing about the pooled ones", async () => {
  await using upstream = await withDeadConnection();
  await using served = await startServed({ upstreamUrl: upstream.url });
  await socketOf(await send(served, true));
  await served.world.clock.advance(5_000);
  const sockets: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    sockets.push(await socketOf(await send(served, false)));
    await served.world.clock.advance(1_000);
  }
  expect(sockets).toEqual([2, 3, 4]);
});

test("after a sleep no old connection is used", async () => {
  await using upstream = await withDeadConnection();
  await using served = await startServed({ upstreamUrl: upstream.url });
  await socketOf(await send(served, true));
  served.world.clock.sleep(3_600_000);
  const sockets: number[] = [];
  for (const stream of [true, false, true]) sockets.push(await socketOf(await send(served, stream)));
  expect(sockets).toEqual([2, 3, 4]);
});

test("a live connection is kept and used again", async () => {
  await using upstream = await startUpstream();
  upstream.handle((request) => json(200, { socket: request.socket }));
  await using served = await startServed({ upstreamUrl: upstream.url });
  const sockets: number[] = [];
  for (const stream of [true, false, true, false, true]) {
    sockets.push(await socketOf(await send(served, stream, 100)));
    await served.world.clock.advance(4_000);
  }
  expect(sockets).toEqual([1, 1, 1, 1, 1]);
});

test("a connection that the upstream closed while it was idle costs nothing", async () => {
  await using upstream = await startUpstream();
  upstream.handle((request) => json(200, { socket: request.socket }));
  await using served = await startServed({ upstreamUrl: upstream.url });
  await socketOf(await send(served, true));
  upstream.dropConnections();
  await breathe();
  const reply = await send(served, true);
  expect([await socketOf(reply), reply.headers.get("x-ccb-attempts")]).toEqual([2, "1"]);
});

test("a slow first byte on a new connection is not silence", async () => {
  await using upstream = await startUpstream();
  await using served = await startServed({ upstreamUrl: upstream.url });
  const { promise, resolve } = Promise.withResolvers<void>();
  upstream.handle(async (request) => {
    await promise;
    return json(200, { socket: request.socket });
  });
  const reply = send(served, true);
  await upstream.request(0);
  await breathe();
  await served.world.clock.advance(170_000);
  resolve();
  expect(await socketOf(await reply)).toBe(1);
  expect(upstream.requests.length).toBe(1);
});
