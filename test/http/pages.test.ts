// Web pages are not answered: neither under a name of their own nor by a request that a browser sends for them.
import { describe, expect, test } from "bun:test";
import { createWorld } from "../support/world.ts";

const refused: readonly (readonly [string, Record<string, string>])[] = [
  ["a name that was made to resolve here", { host: "evil.example:9090" }],
  ["a name that begins like ours", { host: "localhost.evil.example:9090" }],
  ["no name", { host: "::::" }],
  ["a page of another site", { origin: "https://evil.example" }],
  ["a page of another port", { origin: "http://localhost:3000" }],
  ["a sandboxed page", { origin: "null" }],
  ["a browser's request for another site", { "sec-fetch-site": "cross-site" }],
  ["a browser's request for another port", { "sec-fetch-site": "same-site" }],
];
const served: readonly (readonly [string, Record<string, string>])[] = [
  ["localhost", { host: "localhost:9090" }],
  ["an address", { host: "127.0.0.1:9090" }],
  ["the other address", { host: "[::1]:9090" }],
  ["no port", { host: "localhost" }],
  ["ccb's own page", { host: "localhost:9090", origin: "http://localhost:9090", "sec-fetch-site": "same-origin" }],
  ["an address typed by a person", { "sec-fetch-site": "none" }],
];

for (const path of ["/health", "/oauth/status", "/oauth/generate-url", "/v1/models", "/docs"]) {
  describe(path, () => {
    for (const [who, headers] of refused) {
      test(`${who}: 403`, async () => {
        await using world = await createWorld();
        const reply = await world.json(path, { headers });
        expect([reply.status, reply.body.error?.type]).toEqual([403, "permission_error"]);
        expect(reply.headers.get("access-control-allow-origin")).toBe(null);
        expect(world.upstream.requests.length).toBe(0);
      });
    }
  });
}

for (const [who, headers] of served) {
  test(`${who}: served`, async () => {
    await using world = await createWorld();
    expect((await world.request("/health", { headers })).status).toBe(200);
  });
}

test("a slash too many removes nobody", async () => {
  await using world = await createWorld();
  await world.signIn();
  expect((await world.request("/oauth/tokens/", { method: "DELETE" })).status).toBe(404);
  expect((await world.json("/oauth/status")).body.total_tokens).toBe(1);
  expect((await world.request("/docs/")).status).toBe(404);
});

test("a browser's Origin does not reach the API with an account's token", async () => {
  await using world = await createWorld();
  await world.signIn();
  expect((await world.message({ origin: "http://localhost:9090", host: "localhost:9090" })).status).toBe(200);
  expect(world.upstream.requests.at(-1)?.header("origin")).toBe(undefined);
});
