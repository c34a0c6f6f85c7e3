// How long a connection may be silent: for ever while a request is relayed, and no longer than others afterwards.
import { expect, test } from "bun:test";
import { bytes, sse } from "../support/replies.ts";
import { createWorld } from "../support/world.ts";

async function limits(path: string, init: RequestInit = {}, script = bytes(200, "x")): Promise<number[]> {
  await using world = await createWorld();
  await world.signIn();
  world.upstream.script(script);
  const seen: number[] = [];
  const reply = await world.app.handle(new Request(`http://localhost:9090${path}`, init), (_, seconds) => {
    seen.push(seconds);
  });
  await reply.text();
  return seen;
}

test("a short reply", async () => expect(await limits("/v1/models")).toEqual([0, 120]));

test("a stream", async () => {
  const init = { method: "POST", body: '{"stream":true}' };
  expect(await limits("/v1/messages", init, sse(["data: 1\n\n", "data: 2\n\n"]))).toEqual([0, 120]);
});

test("ccb's own error", async () => {
  await using world = await createWorld();
  const seen: number[] = [];
  const reply = await world.app.handle(new Request("http://localhost:9090/v1/models"), (_, seconds) => {
    seen.push(seconds);
  });
  expect([reply.status, ...seen]).toEqual([401, 0, 120]);
});

test("paths that are not relayed keep the limit of all connections", async () => {
  await using world = await createWorld();
  const seen: number[] = [];
  await world.app.handle(new Request("http://localhost:9090/health"), (_, seconds) => {
    seen.push(seconds);
  });
  expect(seen).toEqual([]);
});
