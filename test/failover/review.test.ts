// What was found by trying to break it, named by what broke.
import { describe, expect, test } from "bun:test";
import { messagesHandler } from "../support/anthropic.ts";
import { identity } from "../support/oauth-server.ts";
import { error, hang, json, reset } from "../support/replies.ts";
import { advanceUntil } from "../support/world.ts";
import { seconds, unified, HOUR } from "./_limits.ts";
import { always, first, forAccount, startRig } from "./_rig.ts";

const session = (id: string) => ({ headers: { "X-Claude-Code-Session-Id": id } });
const OVERLOADED = error(529, "overloaded_error", "Overloaded");

describe("a conversation", () => {
  test("that also asks a small model elsewhere keeps its place", async () => {
    const entry = (provider: string) => [{ provider, model: "passthrough", priority: 1 }];
    await using rig = await startRig({
      providers: { A: { priority: 1 }, B: { priority: 1 }, C: { priority: 1 } },
      routes: { "*haiku*": entry("C") },
    });
    const homes: (string | null)[] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      homes.push((await rig.ask(session("s"))).provider);
      expect((await rig.ask({ ...session("s"), body: { model: "claude-haiku-5" } })).provider).toBe("C");
    }
    expect(new Set(homes).size).toBe(1);
  });

  test("that nobody served is where it was", async () => {
    await using rig = await startRig({ providers: { A: { priority: 1 }, B: { priority: 1 } } });
    const before = new Map<string, string | null>();
    for (const id of ["1", "2", "3", "4"]) before.set(id, (await rig.ask(session(id))).provider);
    for (const name of ["A", "B"]) rig.on(name).handle(always(reset()));
    for (const id of before.keys()) expect((await rig.ask(session(id))).status).toBe(502);
    for (const name of ["A", "B"]) rig.on(name).handle(messagesHandler());
    await rig.world.clock.advance(60_000);
    for (const id of before.keys()) await rig.ask(session(id));
    const after = await Promise.all(before.keys().map(async (id) => (await rig.ask(session(id))).provider));
    expect(after).toEqual([...before.values()]);
  });
});

test("requests that a ramp keeps waiting are told to wait, not to sign in", async () => {
  await using rig = await startRig({
    providers: { A: {} },
    accounts: ["a@x.io"],
    settings: { balancing: { when_exhausted: "hold" } },
  });
  const limit = error(429, "rate_limit_error", "limit", { "retry-after": "1" });
  let asked = 0;
  rig.on("A").handle((request) => ((asked += 1) % 3 === 0 ? limit : messagesHandler()(request)));
  const replies = Array.from({ length: 40 }, (_, index) => rig.ask(session(String(index))));
  const all = Promise.all(replies);
  await rig.drive(all, 200_000, 250);
  expect(new Set((await all).map(({ status }) => status))).toEqual(new Set([200]));
  expect(rig.world.announced).toEqual([]);
});

test("the words of a refusal that quotes the token are shown nowhere", async () => {
  await using rig = await startRig({ providers: { A: {} }, accounts: ["a@x.io"] });
  rig.on("A").handle(({ bearer }) => error(401, "authentication_error", `Invalid token ${bearer} of a@x.io: "hello"`));
  const reply = await rig.drive(rig.ask());
  expect(reply.status).toBe(401);
  const shown = [
    ...rig.world.announced,
    (await rig.world.json("/providers")).text,
    JSON.stringify(await rig.trace(reply)),
    JSON.stringify(rig.world.lines),
  ].join("\n");
  expect(shown).toContain("refused_after_refresh");
  expect(shown).not.toMatch(/Invalid token|sk-ant-oat|hello/);
});

describe("after an overload", () => {
  test("the retry may find another fault, and the provider's other accounts serve", async () => {
    await using rig = await startRig({ providers: { A: {} }, accounts: ["a@x.io", "b@x.io"] });
    let asked = 0;
    rig
      .on("A")
      .handle(forAccount("a@x.io", () => ((asked += 1) === 1 ? OVERLOADED : error(500, "api_error", "broken"))));
    const reply = await rig.drive(rig.ask(), 3_000, 50);
    expect([reply.status, reply.account]).toEqual([200, "b@x.io"]);
  });

  test("a limit at the other provider is no reason not to try once more", async () => {
    await using rig = await startRig();
    rig.on("A").handle(first(OVERLOADED));
    rig.on("B").handle(always(error(429, "rate_limit_error", "limit", { "retry-after": "600" })));
    const reply = await rig.drive(rig.ask(), 3_000, 50);
    expect([reply.status, reply.provider, rig.asked()]).toEqual([200, "A", "A2 B1"]);
  });
});

test("a key whose window is just empty serves on: it fills up all the time", async () => {
  await using rig = await startRig({ providers: { A: {} } });
  const headers = {
    "anthropic-ratelimit-input-tokens-limit": "1000",
    "anthropic-ratelimit-input-tokens-remaining": "0",
    "anthropic-ratelimit-input-tokens-reset": new Date(seconds(60_000) * 1000).toISOString(),
  };
  rig.on("A").handle(messagesHandler({ headers }));
  expect([(await rig.ask()).status, (await rig.ask()).status]).toEqual([200, 200]);
});

test("an account that met its limit while its token was renewed is not asked before its reset", async () => {
  await using rig = await startRig({ providers: { A: {} }, accounts: ["a@x.io", "b@x.io"] });
  const limit = error(429, "rate_limit_error", "limit", {
    ...unified({ status: "rejected", "5h-status": "rejected", "5h-reset": seconds(HOUR) }),
  });
  // Long enough for another request to go there and back.
  rig.world.oauth.options.delay = 150;
  const replies = [error(401, "authentication_error", "OAuth token has expired."), limit];
  rig.on("A").handle(forAccount("a@x.io", (request) => replies.shift() ?? messagesHandler()(request)));
  const waiting = rig.ask();
  await rig.on("A").request(0);
  expect((await rig.ask()).account).toBe("b@x.io");
  expect((await waiting).account).toBe("b@x.io");
  expect(rig.on("A").requests.filter(({ identity }) => identity?.email === "a@x.io").length).toBe(2);
});

test("a held request sees an account that signs in meanwhile", async () => {
  await using rig = await startRig({
    providers: { A: { accounts: ["a@x.io", "new@x.io"] } },
    accounts: ["a@x.io"],
    settings: { balancing: { when_exhausted: "hold" } },
  });
  rig.on("A").handle(forAccount("a@x.io", error(429, "rate_limit_error", "limit", { "retry-after": "200" })));
  const waiting = rig.ask();
  await advanceUntil(rig.world, 2_000, () => rig.on("A").requests.length > 0);
  await rig.world.signIn(identity("new@x.io"));
  expect(await rig.duration(waiting, 20_000, 500)).toBeLessThan(8_000);
  expect((await waiting).status).toBe(200);
});

test("a target that was given only the rest of the time is not blamed for it", async () => {
  await using rig = await startRig({ settings: { balancing: { failover_budget_seconds: 2 } } });
  rig.on("A").handle(always(error(500, "api_error", "broken")));
  rig.on("B").handle(always(hang()));
  expect((await rig.drive(rig.ask(), 10_000, 100)).status).toBe(500);
  expect((await rig.drive(rig.ask(), 10_000, 100)).status).toBe(500);
  expect((await rig.target("B")).cooldowns).toEqual([]);
});

test("what a file of a disabled provider needs is that provider, not a sign-in", async () => {
  await using rig = await startRig({ accounts: ["a@x.io"] });
  rig.on("A").script(json(200, { id: "file_1", type: "file" }));
  expect((await rig.ask({ path: "/v1/files" })).provider).toBe("A");
  await rig.world.post("/providers/A/disable", {});
  const reply = await rig.ask({ method: "GET", path: "/v1/files/file_1" });
  expect([reply.status, reply.error.type]).toEqual([503, "api_error"]);
});
