// What ends an exchange goes on to the next one: an exchange that is over must not be touched by it, nor the other way round.
import { expect, test } from "bun:test";
import { anthropicStream } from "../support/anthropic.ts";
import { bytes, sse } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import { messagesRequest } from "../binary/_ccb.ts";
import { startServed } from "./_served.ts";

test("a client that leaves ends its own exchange and no other's, however often", async () => {
  await using upstream = await startUpstream();
  await using served = await startServed({ upstreamUrl: upstream.url });
  const url = `${served.url}/v1/messages`;
  for (let round = 0; round < 20; round += 1) {
    // One that comes to its end hands its controller on ...
    upstream.script(bytes(200, "whole"));
    const whole = await fetch(url, messagesRequest());
    // ... to one that stays, and to one that is left.
    const gate = Promise.withResolvers<void>();
    const events = anthropicStream("hello", 3);
    const held = async function* () {
      yield* events.slice(0, 4);
      await gate.promise;
      yield* events.slice(4);
    };
    upstream.script(sse(held()));
    const stays = await fetch(url, messagesRequest({ stream: true }));
    upstream.script(sse(held()));
    const leaving = new AbortController();
    const left = await fetch(url, { ...messagesRequest({ stream: true }), signal: leaving.signal });
    leaving.abort();
    await (
      await upstream.request(round * 3 + 2)
    ).aborted;
    await left.text().catch(() => {});
    gate.resolve();
    expect([await whole.text(), await stays.text()]).toEqual(["whole", events.join("")]);
  }
});
