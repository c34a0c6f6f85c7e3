// 529 is the provider's state, not the account's: another provider, else one retry after a short pause, else relayed.
import { describe, expect, test } from "bun:test";
import { error } from "../support/replies.ts";
import { settledNow } from "../support/world.ts";
import { always, first, startRig } from "./_rig.ts";

const OVERLOADED = error(529, "overloaded_error", "Overloaded");
const ALONE = { providers: { A: {} } };

describe("with another provider", () => {
  test("it answers at once; the first rests for seconds", async () => {
    await using rig = await startRig();
    rig.on("A").script(OVERLOADED);
    const reply = await rig.ask();
    expect([reply.status, reply.provider, reply.attempts, rig.asked()]).toEqual([200, "B", 2, "A1 B1"]);
    expect(await rig.tried(reply)).toEqual(["A 529 overloaded", "B 200 served"]);
    expect(await rig.benches(reply)).toEqual(["provider 5000"]);
    await rig.world.clock.advance(4_999);
    expect((await rig.ask()).provider).toBe("B");
    await rig.world.clock.advance(1);
    expect((await rig.ask()).provider).toBe("A");
  });

  test("no other account of the same provider is asked", async () => {
    await using rig = await startRig({ accounts: ["one@x.io", "two@x.io"] });
    rig.on("A").handle(always(OVERLOADED));
    const reply = await rig.ask();
    expect(await rig.tried(reply)).toEqual(["A/one@x.io 529 overloaded", "B/one@x.io 200 served"]);
    for (const email of ["one@x.io", "two@x.io"])
      expect((await rig.target("A", email)).cooldowns).toMatchObject([{ scope: "provider", official: false }]);
    for (const email of ["one@x.io", "two@x.io"]) expect((await rig.target("B", email)).cooldowns).toEqual([]);
  });

  test("however often it happens, it never rests for more than 10 s", async () => {
    await using rig = await startRig();
    rig.on("A").handle(always(OVERLOADED));
    for (let turn = 0; turn < 12; turn += 1) {
      const reply = await rig.ask();
      expect([reply.provider, rig.asked()]).toEqual(["B", "A1 B1"]);
      const { until } = (await rig.view("A")).cooldown;
      const rests = until * 1000 - rig.world.clock.now();
      expect(rests).toBeWithin(1, 10_001);
      await rig.world.clock.advance(rests);
    }
  });

  test("a long retry-after of one provider keeps nobody else waiting, and does not rest it for minutes", async () => {
    await using rig = await startRig();
    rig.on("A").script(error(529, "overloaded_error", "Overloaded", { "retry-after": "600" }));
    expect((await rig.ask()).provider).toBe("B");
    await rig.world.clock.advance(10_000);
    expect((await rig.ask()).provider).toBe("A");
  });
});

describe("with no other provider", () => {
  test("one retry after 1 to 1.5 s, at the same target", async () => {
    await using rig = await startRig({ ...ALONE, accounts: ["one@x.io", "two@x.io"] });
    rig.on("A").handle(first(OVERLOADED));
    const pending = rig.ask();
    await rig.on("A").request(0);
    const took = await rig.duration(pending, 3_000, 20);
    const reply = await pending;
    expect(took).toBeWithin(1_000, 1_600);
    expect([reply.status, reply.account, reply.attempts]).toEqual([200, "one@x.io", 2]);
    expect(await rig.tried(reply)).toEqual(["A/one@x.io 529 overloaded", "A/one@x.io 200 served"]);
  });

  test("overloaded again: relayed as it came, two requests in all", async () => {
    await using rig = await startRig(ALONE);
    rig.on("A").handle(always(error(529, "overloaded_error", "Overloaded", { "x-odd": "kept" })));
    const reply = await rig.drive(rig.ask(), 3_000, 50);
    expect([reply.status, reply.error.type, reply.headers.get("x-odd")]).toEqual([529, "overloaded_error", "kept"]);
    expect([reply.attempts, rig.asked()]).toEqual([2, "A2"]);
    rig.on("A").handle(first(OVERLOADED));
    expect((await rig.drive(rig.ask(), 3_000, 50)).status).toBe(200);
  });

  test("its retry-after is waited for where it is short", async () => {
    await using rig = await startRig(ALONE);
    rig.on("A").handle(first(error(529, "overloaded_error", "Overloaded", { "retry-after": "4" })));
    const pending = rig.ask();
    await rig.on("A").request(0);
    expect(await rig.duration(pending, 10_000, 50)).toBeWithin(4_000, 6_100);
    expect((await pending).status).toBe(200);
  });

  test("a longer one is relayed at once: the client knows best how long it waits", async () => {
    await using rig = await startRig(ALONE);
    rig.on("A").handle(first(error(529, "overloaded_error", "Overloaded", { "retry-after": "30" })));
    const reply = await rig.ask();
    expect([reply.status, reply.retryAfter, rig.asked()]).toEqual([529, 30, "A1"]);
  });

  test("a failure after the pause is relayed: there is one retry, not two", async () => {
    await using rig = await startRig(ALONE);
    rig.on("A").script(OVERLOADED, error(529, "overloaded_error", "again"));
    const reply = await rig.drive(rig.ask(), 3_000, 50);
    expect([reply.status, rig.asked()]).toEqual([529, "A2"]);
  });

  test("a client that leaves in the pause ends it: nothing more is sent", async () => {
    await using rig = await startRig(ALONE);
    rig.on("A").handle(always(OVERLOADED));
    const abort = new AbortController();
    const pending = rig.send({ signal: abort.signal });
    await rig.on("A").request(0);
    await rig.world.clock.advance(0);
    await Bun.sleep(10);
    expect(await settledNow(pending)).toBe(false);
    abort.abort();
    await pending;
    await rig.world.clock.advance(10_000);
    await Bun.sleep(10);
    expect(rig.asked()).toBe("A1");
    expect(await rig.last()).toMatchObject({ state: "client_gone", attempt_count: 1 });
  });
});

test("both providers overloaded: the retry is the last one's, and one 529 is relayed", async () => {
  await using rig = await startRig();
  rig.on("A").handle(always(OVERLOADED));
  rig.on("B").handle(always(OVERLOADED));
  const reply = await rig.drive(rig.ask(), 3_000, 50);
  expect([reply.status, reply.attempts, rig.asked()]).toEqual([529, 3, "A1 B2"]);
});

test("an overload without the status counts, too: gateways change it", async () => {
  await using rig = await startRig();
  rig.on("A").script(error(503, "overloaded_error", "Overloaded"));
  const reply = await rig.ask();
  expect(await rig.tried(reply)).toEqual(["A 503 overloaded", "B 200 served"]);
});

test("of count_tokens it says nothing about messages", async () => {
  await using rig = await startRig();
  rig.on("A").script(OVERLOADED);
  const reply = await rig.ask({ path: "/v1/messages/count_tokens" });
  expect([reply.status, reply.provider]).toEqual([200, "B"]);
  expect((await rig.ask()).provider).toBe("A");
});
