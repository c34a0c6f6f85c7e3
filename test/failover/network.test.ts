// "connect refused, DNS, TLS, reset or close before any response byte": the next target; the provider cools for
// 2 s·2ⁿ to 60 s, and that only orders.
import { describe, expect, test } from "bun:test";
import { hangUp, reset } from "../support/replies.ts";
import type { Reply } from "../support/replies.ts";
import { always, first, startRig } from "./_rig.ts";
import type { Rig } from "./_rig.ts";
import { NOWHERE } from "./_nowhere.ts";

for (const [what, make] of Object.entries(NOWHERE)) {
  test(`${what}: another provider answers, and the replay was safe`, async () => {
    await using nowhere = await make();
    await using rig = await startRig({ providers: { A: { base_url: nowhere.url }, B: {} } });
    const reply = await rig.ask();
    expect([reply.status, reply.provider, reply.attempts, rig.asked()]).toEqual([200, "B", 2, "A0 B1"]);
    expect(await rig.tried(reply)).toEqual(["A - not_reached safe", "B 200 served"]);
    expect(await rig.benches(reply)).toEqual(["provider 2000"]);
    expect((await rig.view("A")).cooldown).toMatchObject({ reason: "not_reached", official: false });
    expect(await rig.target("A")).toMatchObject({ state: "cooldown", last_failure: "not_reached" });
  });

  test(`${what} everywhere: 503 and a short wait, however often`, async () => {
    await using nowhere = await make();
    await using rig = await startRig({ providers: { A: { base_url: nowhere.url } } });
    for (let turn = 0; turn < 6; turn += 1) {
      const reply = await rig.ask();
      expect([reply.status, reply.error.type, reply.headers.get("x-should-retry")]).toEqual([503, "api_error", null]);
      expect(reply.retryAfter).toBeWithin(1, 6);
      expect(await rig.tried(reply)).toEqual(["A - not_reached safe"]);
    }
  });
}

const LOST: Readonly<Record<string, () => Reply>> = { "a reset": reset, "a close": hangUp };

for (const [what, make] of Object.entries(LOST)) {
  describe(`${what} before any byte`, () => {
    test("another provider answers, and the replay was ambiguous", async () => {
      await using rig = await startRig();
      rig.on("A").script(make());
      const reply = await rig.ask();
      expect([reply.status, reply.provider, reply.attempts, rig.asked()]).toEqual([200, "B", 2, "A1 B1"]);
      expect(await rig.tried(reply)).toEqual(["A - connection_lost ambiguous", "B 200 served"]);
      expect(await rig.benches(reply)).toEqual(["provider 2000"]);
      rig.on("A").assertUsed();
    });

    test("of the only provider: its own answer is none, so ccb's 502 says so and may be tried again", async () => {
      await using rig = await startRig({ providers: { A: {} } });
      rig.on("A").script(make());
      const reply = await rig.ask();
      expect([reply.status, reply.error.type, reply.headers.get("x-should-retry")]).toEqual([502, "api_error", null]);
      expect(await rig.tried(reply)).toEqual(["A - connection_lost ambiguous"]);
      expect((await rig.ask()).status).toBe(200);
    });
  });
}

/** Both sides of a cooldown's end. */
async function coolsFor(rig: Rig, milliseconds: number): Promise<void> {
  rig.asked();
  await rig.world.clock.advance(milliseconds - 1);
  expect([(await rig.ask()).provider, rig.asked()]).toEqual(["B", "A0 B1"]);
  await rig.world.clock.advance(1);
}

test("the provider cools for 2 s, 4 s, 8 s … 60 s, each time one request finds out", async () => {
  await using rig = await startRig();
  rig.on("A").handle(always(reset()));
  expect((await rig.ask()).provider).toBe("B");
  for (const seconds of [2, 4, 8, 16, 32, 60, 60]) {
    await coolsFor(rig, seconds * 1000);
    const probe = await rig.ask();
    expect([probe.provider, rig.asked()]).toEqual(["B", "A1 B1"]);
    expect((await rig.trace(probe)).candidates[0]).toMatchObject({ provider: "A", detail: "connection_lost" });
  }
  // A success ends it, and the count begins anew.
  rig.on("A").handle(first(reset()));
  await coolsFor(rig, 60_000);
  rig.on("A").script();
  await rig.ask();
  await rig.world.clock.advance(60_000);
  expect([(await rig.ask()).provider, (await rig.ask()).provider]).toEqual(["A", "A"]);
  rig.on("A").script(reset());
  expect(await rig.benches(await rig.ask())).toEqual(["provider 2000"]);
});

test("thirty that fail at once are one failure of the provider", async () => {
  await using rig = await startRig();
  const gate = Promise.withResolvers<void>();
  rig.on("A").handle(async () => {
    await gate.promise;
    return reset();
  });
  const replies = Array.from({ length: 30 }, () => rig.ask());
  await rig.on("A").request(29);
  gate.resolve();
  expect(new Set((await Promise.all(replies)).map(({ provider }) => provider))).toEqual(new Set(["B"]));
  const { until } = (await rig.view("A")).cooldown;
  expect(until * 1000 - rig.world.clock.now()).toBe(2_000);
});

test("a cooldown of our own guess never empties the list: the only provider is tried again at once", async () => {
  await using rig = await startRig({ providers: { A: {} } });
  rig.on("A").handle(always(reset()));
  for (let turn = 0; turn < 12; turn += 1) {
    expect([(await rig.ask()).status, rig.asked()]).toEqual([502, "A1"]);
    await rig.world.clock.advance(10_000);
  }
  rig.on("A").handle(first(reset()));
  expect((await rig.ask()).status).toBe(502);
  const reply = await rig.ask();
  expect([reply.status, reply.attempts]).toEqual([200, 1]);
  expect((await rig.view("A")).state).toBe("ready");
});

test("two providers that both cool are both tried again at once, and one that is back serves", async () => {
  await using rig = await startRig();
  rig.on("A").script(reset(), reset());
  rig.on("B").script(reset());
  const lost = await rig.ask();
  expect([lost.status, lost.headers.get("x-should-retry"), rig.asked()]).toEqual([502, null, "A1 B1"]);
  const reply = await rig.ask();
  expect([reply.status, reply.provider, rig.asked()]).toEqual([200, "B", "A1 B1"]);
});

test("the accounts of a provider that is not reached wait until another provider has had its turn", async () => {
  await using rig = await startRig({ accounts: ["a@x.io", "b@x.io"] });
  rig.on("A").script(reset());
  const reply = await rig.ask();
  expect(await rig.tried(reply)).toEqual(["A/a@x.io - connection_lost ambiguous", "B/a@x.io 200 served"]);
});

test("with no other provider, its other accounts are tried: a reset may be one connection's own", async () => {
  await using rig = await startRig({ providers: { A: {} }, accounts: ["a@x.io", "b@x.io"] });
  rig.on("A").script(reset());
  const reply = await rig.ask();
  expect([reply.status, reply.account, reply.attempts]).toEqual([200, "b@x.io", 2]);
});
