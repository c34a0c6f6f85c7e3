// 500 502 503 504 520–524 and pages: the next target, another provider first; two in a row cool the target for 30 s, then one
// request finds out.
import { describe, expect, test } from "bun:test";
import { messagesHandler } from "../support/anthropic.ts";
import { bytes, error } from "../support/replies.ts";
import type { Reply } from "../support/replies.ts";
import { always, startRig } from "./_rig.ts";

const PAGE = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head></html>";
const page = (status: number, more = {}): Reply =>
  bytes(status, PAGE, { "Content-Type": "text/html; charset=UTF-8", ...more });
const FAILED = error(500, "api_error", "Internal server error");

const FAILURES: readonly (readonly [string, Reply, string])[] = [
  ...[500, 502, 503, 504, 520, 521, 522, 523, 524].map(
    (status) => [String(status), error(status, "api_error", "no"), "upstream_failed"] as const,
  ),
  ["a page with 502", page(502), "not_the_api"],
  ["a page with 200", page(200), "not_the_api"],
  ["a firewall's challenge", page(403, { "cf-mitigated": "challenge" }), "not_the_api"],
  ["a page with 401", page(401), "not_the_api"],
];

for (const [what, reply, reason] of FAILURES) {
  describe(what, () => {
    test("another provider answers; after two in a row the target cools", async () => {
      await using rig = await startRig();
      rig.on("A").script(reply, reply);
      const [one, two, three] = [await rig.ask(), await rig.ask(), await rig.ask()];
      expect([one, two, three].map(({ status, provider }) => `${status} ${provider}`)).toEqual([
        "200 B",
        "200 B",
        "200 B",
      ]);
      expect([one.attempts, two.attempts, three.attempts, rig.asked()]).toEqual([2, 2, 1, "A2 B3"]);
      expect((await rig.tried(one))[0]).toEndWith(reason);
      expect([await rig.benches(one), await rig.benches(two)]).toEqual([[], ["target 30000"]]);
      expect(await rig.target("A")).toMatchObject({ state: "cooldown", reason, last_failure: reason });
      await rig.world.clock.advance(29_999);
      expect((await rig.ask()).provider).toBe("B");
      await rig.world.clock.advance(1);
      expect((await rig.ask()).provider).toBe("A");
    });

    test("of the only target: relayed as it came, and tried again at once however often", async () => {
      await using rig = await startRig({ providers: { A: {} } });
      rig.on("A").script(reply, reply, reply, reply);
      for (let turn = 0; turn < 4; turn += 1) {
        const got = await rig.ask();
        expect([got.provider, got.attempts, rig.asked()]).toEqual(["A", 1, "A1"]);
        expect(got.text).toContain(reason === "not_the_api" ? PAGE : '"message":"no"');
      }
      expect((await rig.ask()).text).toContain('"type":"message"');
    });
  });
}

test("an account is not logged out by a page", async () => {
  await using rig = await startRig({ accounts: ["one@x.io"] });
  rig.on("A").script(page(401), page(403));
  expect([(await rig.ask()).provider, (await rig.ask()).provider]).toEqual(["B", "B"]);
  expect([rig.world.oauth.refreshes, (await rig.world.json("/oauth/status")).body.tokens[0].state]).toEqual([
    0,
    "ready",
  ]);
});

test("another provider comes first, then the other accounts of this one", async () => {
  await using rig = await startRig({ accounts: ["one@x.io", "two@x.io"] });
  rig.on("A").script(FAILED);
  rig.on("B").handle(always(FAILED));
  const reply = await rig.ask();
  expect(await rig.tried(reply)).toEqual([
    "A/one@x.io 500 upstream_failed",
    "B/one@x.io 500 upstream_failed",
    "A/two@x.io 200 served",
  ]);
});

test("the first failure that tells most is relayed as it came", async () => {
  await using rig = await startRig();
  rig.on("A").script(page(502));
  rig.on("B").script(error(503, "api_error", "B's own words", { "x-odd": "kept" }));
  const reply = await rig.ask();
  expect([reply.status, reply.provider, reply.error.message, reply.headers.get("x-odd"), reply.attempts]).toEqual([
    503,
    "B",
    "B's own words",
    "kept",
    2,
  ]);
});

test("a success in between: two in a row are needed", async () => {
  await using rig = await startRig();
  for (let turn = 0; turn < 3; turn += 1) {
    rig.on("A").script(FAILED);
    expect((await rig.ask()).provider).toBe("B");
    expect((await rig.ask()).provider).toBe("A");
  }
});

test("one half-open probe: while it is under way the others go elsewhere; its success opens the target", async () => {
  await using rig = await startRig();
  rig.on("A").script(FAILED, FAILED);
  await rig.ask();
  await rig.ask();
  await rig.world.clock.advance(30_000);
  rig.asked();
  const gate = Promise.withResolvers<void>();
  const usual = messagesHandler();
  rig.on("A").handle(async (request) => {
    await gate.promise;
    return usual(request);
  });
  const probe = rig.ask();
  await rig.on("A").request(2);
  for (let turn = 0; turn < 5; turn += 1) expect((await rig.ask()).provider).toBe("B");
  gate.resolve();
  expect((await probe).provider).toBe("A");
  expect([(await rig.ask()).provider, rig.asked()]).toEqual(["A", "A2 B5"]);
  expect((await rig.trace(await probe)).candidates[0]).toMatchObject({ provider: "A", reason: "probe" });
});

test("a probe that fails cools for the same time again", async () => {
  await using rig = await startRig();
  rig.on("A").handle(always(FAILED));
  await rig.ask();
  await rig.ask();
  for (let turn = 0; turn < 5; turn += 1) {
    rig.asked();
    await rig.world.clock.advance(29_999);
    expect([(await rig.ask()).provider, rig.asked()]).toEqual(["B", "A0 B1"]);
    await rig.world.clock.advance(1);
    expect([(await rig.ask()).provider, rig.asked()]).toEqual(["B", "A1 B1"]);
  }
});

test("unhealthy_threshold and failure_cooldown_seconds say when and how long", async () => {
  await using rig = await startRig({
    settings: { balancing: { unhealthy_threshold: 3, failure_cooldown_seconds: 7 } },
  });
  rig.on("A").handle(always(FAILED));
  const replies = [await rig.ask(), await rig.ask(), await rig.ask(), await rig.ask()];
  expect(await Promise.all(replies.map((reply) => rig.benches(reply)))).toEqual([[], [], ["target 7000"], []]);
  expect(rig.asked()).toBe("A3 B4");
});

test("no headers in time: the next target answers", async () => {
  await using rig = await startRig({ settings: { timeouts: { first_byte: 40, first_byte_stream: 20 } } });
  const never = new Promise<Reply>(() => {});
  rig.on("A").handle(() => never);
  const pending = rig.ask();
  await rig.on("A").request(0);
  expect(await rig.duration(pending, 60_000, 1_000)).toBeWithin(40_000, 42_001);
  const reply = await pending;
  expect(await rig.tried(reply)).toEqual(["A - upstream_silent ambiguous", "B 200 served"]);
});
