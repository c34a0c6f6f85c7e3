// One thing written in several ways: the guard means the thing.
import { expect, test } from "bun:test";
import { createWorld } from "../support/world.ts";

const KEY = "the-key-of-the-test-0123456789";
const AUTH = { enabled: true, api_keys: [{ name: "admin", key: KEY, role: "admin" }] };

test("the address that means every address is no name", async () => {
  for (const host of ["0.0.0.0", "0", "::", "0:0::0", "::ffff:0.0.0.0"]) {
    await using world = await createWorld({
      config: { settings: { host, auth: AUTH, plain_http_from: ["10.0.0.1"] } },
    });
    for (const name of ["0.0.0.0", "[::]", "[::ffff:0:0]"]) {
      const request = new Request(`http://${name}:9090/health`);
      const reply = await world.app.handle(request, () => {}, { socket: false, peer: () => "10.0.0.1" });
      expect([host, name, reply.status]).toEqual([host, name, 403]);
    }
  }
});

test("a key in a form in which it opens no door does not leave the house either", async () => {
  await using world = await createWorld();
  world.configure({
    providers: [{ name: "Pass", base_url: world.upstream.url, auth_value: "passthrough" }],
    settings: { auth: AUTH },
  });
  expect((await world.json("/providers/reload", { method: "POST" })).status).toBe(200);
  for (const headers of [
    { authorization: KEY },
    { authorization: `Basic ${KEY}` },
    { authorization: `Bearer ${KEY},` },
    { "x-api-key": `sk-ant-api03-x, ${KEY}` },
  ])
    expect((await world.message({ ...headers, "x-ccb-key": KEY })).status).toBe(403);
  expect(world.upstream.requests.length).toBe(0);
});
