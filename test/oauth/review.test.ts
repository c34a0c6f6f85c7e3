// Found in review: outages that ccb made longer than they were, and accounts that one bad answer took away.
import { expect, test } from "bun:test";
import { identity } from "../support/oauth-server.ts";
import { error } from "../support/replies.ts";
import { messagesHandler } from "../support/anthropic.ts";
import { createWorld, eventually } from "../support/world.ts";

const HOUR = 3_600_000;

test("with no token left, a request asks again 15 s after a failure, not when the back-off ends", async () => {
  await using world = await createWorld();
  await world.signIn();
  world.clock.sleep(9 * HOUR);
  world.oauth.failNext({ status: 403, body: { error: { type: "forbidden", message: "Request not allowed" } } });
  const refused = await world.message();
  expect([refused.status, Number(refused.headers.get("retry-after"))]).toEqual([503, 15]);
  expect((await world.message()).status).toBe(503);
  await world.clock.advance(15_000);
  expect((await world.message()).status).toBe(200);
  expect(world.oauth.refreshes).toBe(1);
});

test("a failure before a sleep says nothing about the network after it", async () => {
  await using world = await createWorld();
  await world.signIn();
  world.clock.sleep(9 * HOUR);
  world.oauth.failNext({ status: 403, body: { error: { type: "forbidden" } } });
  expect((await world.message()).status).toBe(503);
  world.clock.sleep(HOUR);
  expect((await world.message()).status).toBe(200);
});

test("accounts whose renewed token is refused are tried again after two minutes", async () => {
  await using world = await createWorld();
  await world.signIn();
  world.upstream.handle(() => error(401, "authentication_error", "Invalid authentication credentials"));
  expect((await world.message()).status).toBe(401);
  expect(world.announced.filter((text) => text.includes("refused_after_refresh")).length).toBe(1);
  const before = world.upstream.requests.length;
  world.upstream.handle(messagesHandler({}));
  expect((await world.message()).status).toBe(401);
  expect(world.upstream.requests.length).toBe(before);
  await world.clock.advance(120_000);
  expect((await world.message()).status).toBe(200);
});

test("stopping waits for one answer of the token endpoint, not for further tries", async () => {
  await using world = await createWorld();
  await world.signIn(identity("a@example.com"));
  world.oauth.failNext({ transport: "hang" });
  const refresh = world.json("/oauth/refresh/a%40example.com", { method: "POST" });
  await eventually("the endpoint was asked", () => world.oauth.calls.length >= 2);
  let stopped = false;
  const stopping = world.app.stop().then(() => {
    stopped = true;
  });
  await world.clock.advance(29_000);
  expect(stopped).toBe(false);
  await world.clock.advance(1_500);
  await stopping;
  expect((await refresh).status).toBe(503);
});
