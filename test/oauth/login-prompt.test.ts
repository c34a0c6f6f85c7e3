// Asking the person to sign in: the 401 and the block on the console.
import { expect, test } from "bun:test";
import { identity } from "../support/oauth-server.ts";
import { createWorld } from "../support/world.ts";

const blocks = (announced: readonly string[]): string[] => announced.filter((text) => text.startsWith("🔐"));
const addressIn = (text: string): string => /https?:\S+\/oauth\/authorize\?\S+/.exec(text)?.[0] ?? "";

test("the block is as the contract has it, with the address and port in force, and the terms come first", async () => {
  await using world = await createWorld();
  const reply = await world.message();
  const [terms = "", command = "", block = ""] = world.announced;
  expect(command).toContain("ccb login");
  const url = addressIn(block);
  expect(block).toBe(
    `🔐 CLAUDE CODE OFFICIAL AUTHORIZATION REQUIRED
Please authorize: ${url}
After login, copy the 'code' parameter and run:
curl -X POST http://localhost:9090/oauth/exchange-code \\
     -H "Content-Type: application/json" \\
     -d '{"code":"YOUR_CODE","account_email":"your@email.com"}'`,
  );
  expect(terms).toContain("unofficial");
  expect([reply.status, reply.body.error.type, reply.headers.get("x-should-retry")]).toEqual([
    401,
    "authentication_error",
    "false",
  ]);
  expect(addressIn(reply.body.error.message)).toBe(url);
  // The address works.
  const { pasted } = world.oauth.authorize(url, identity("me@example.com"));
  expect((await world.post("/oauth/exchange-code", { code: pasted })).status).toBe(200);
  expect((await world.message()).status).toBe(200);
});

test("once per pending login, not per request; requests share it while two minutes remain", async () => {
  await using world = await createWorld();
  const first = await Promise.all(Array.from({ length: 50 }, () => world.message()));
  expect(new Set(first.map(({ body }) => addressIn(body.error.message))).size).toBe(1);
  expect(blocks(world.announced).length).toBe(1);
  await world.clock.advance(8 * 60_000);
  await world.message();
  expect(blocks(world.announced).length).toBe(1);
  await world.clock.advance(1_000);
  await world.message();
  const said = blocks(world.announced);
  expect(said.length).toBe(2);
  expect(addressIn(said[0] ?? "")).not.toBe(addressIn(said[1] ?? ""));
  expect(world.announced.length).toBe(5); // the terms once, the command with each block
});

test("an address that was asked for is shared with requests, and shown", async () => {
  await using world = await createWorld();
  const { body } = await world.json("/oauth/generate-url");
  expect(addressIn((await world.message()).body.error.message)).toBe(body.login_url);
  expect(blocks(world.announced).length).toBe(1);
});

test("the reader's language for the client, the console's for the console", async () => {
  await using world = await createWorld({ language: "zh-CN" });
  const chinese = await world.message();
  const english = await world.message({ "accept-language": "en-US,en;q=0.9" });
  expect(chinese.body.error.message).toContain("ccb 需要登录");
  expect(english.body.error.message).toContain("ccb needs a sign-in");
  expect(blocks(world.announced)[0]).toContain("CLAUDE CODE OFFICIAL AUTHORIZATION REQUIRED\nPlease authorize: http");
});

test("the terms are not repeated to who has signed in", async () => {
  await using world = await createWorld();
  await world.signIn(identity("me@example.com"));
  world.oauth.revokeAll("me@example.com");
  expect((await world.message()).status).toBe(401);
  expect(world.announced.filter((text) => text.includes("unofficial"))).toEqual([]);
  expect(blocks(world.announced).length).toBe(1);
});
