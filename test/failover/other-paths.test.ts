// What another path than messages meets says nothing about messages.
import { describe, expect, test } from "bun:test";
import { bytes, error } from "../support/replies.ts";
import { always, startRig } from "./_rig.ts";

const PEOPLE = ["a@x.io", "b@x.io"];
const GET = { method: "GET", path: "/v1/organizations/users" } as const;
const COUNT = { path: "/v1/messages/count_tokens" } as const;
const DENIED = error(401, "authentication_error", "OAuth authentication is currently not supported.");
const HTML = { "Content-Type": "text/html" };

test("a path that takes no such tokens costs no account its sign-in, and its own 401 is relayed", async () => {
  await using rig = await startRig({ providers: { A: {} }, accounts: PEOPLE });
  rig.on("A").handle(always(DENIED));
  const reply = await rig.drive(rig.ask(GET));
  expect([reply.status, reply.error.message]).toEqual([401, "OAuth authentication is currently not supported."]);
  const states = (await rig.view("A")).targets.map(({ state }: { state: string }) => state);
  expect([states, rig.world.announced]).toEqual([["ready", "ready"], []]);
});

test("a token that count_tokens refuses still signs messages", async () => {
  await using rig = await startRig({ providers: { A: {} }, accounts: PEOPLE });
  rig.on("A").script(...Array.from({ length: 4 }, () => DENIED));
  expect((await rig.drive(rig.ask(COUNT))).status).toBe(401);
  expect((await rig.ask()).account).toBe("a@x.io");
});

test("a key that another path refuses is not refused", async () => {
  await using rig = await startRig({ providers: { A: {} } });
  rig.on("A").script(error(401, "authentication_error", "admin key required"));
  expect((await rig.ask(GET)).status).toBe(401);
  expect((await rig.target("A")).state).toBe("ready");
});

for (const [what, reply] of [
  ["a limit", error(429, "rate_limit_error", "limit", { "retry-after": "3600" })],
  ["a failure", error(500, "api_error", "broken")],
  ["an overload", error(529, "overloaded_error", "Overloaded")],
  ["a page that is not there", bytes(404, "<html>no such route</html>", HTML)],
] as const) {
  test(`${what} of another path benches nothing`, async () => {
    await using rig = await startRig({ providers: { A: {} } });
    rig.on("A").script(...Array.from({ length: 3 }, () => reply), ...Array.from({ length: 3 }, () => reply));
    for (let turn = 0; turn < 3; turn += 1) await rig.drive(rig.ask(GET), 5_000, 100);
    expect((await rig.target("A")).cooldowns).toEqual([]);
    rig.on("A").clear();
    expect((await rig.ask()).status).toBe(200);
  });
}

describe("what count_tokens answers", () => {
  test("does not forgive messages their failures", async () => {
    await using rig = await startRig({ providers: { A: {} } });
    const broken = error(500, "api_error", "broken");
    rig.on("A").script(broken);
    expect((await rig.ask()).status).toBe(500);
    expect((await rig.ask(COUNT)).status).toBe(200);
    rig.on("A").script(broken);
    expect((await rig.ask()).status).toBe(500);
    expect((await rig.target("A")).state).toBe("cooldown");
  });
});
