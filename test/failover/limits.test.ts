// 429 and the limits that replies announce: until the reset and not a moment less, no wider than what the window counts.
import { describe, expect, test } from "bun:test";
import { messagesHandler } from "../support/anthropic.ts";
import { error, json } from "../support/replies.ts";
import { first, forAccount, startRig } from "./_rig.ts";
import type { Rig } from "./_rig.ts";
import { DAY, HOUR, seconds, unified } from "./_limits.ts";

const OTHER = { model: "claude-sonnet-5" };
const limited = (headers: Readonly<Record<string, string>>) =>
  error(429, "rate_limit_error", "This request would exceed your account's rate limit.", headers);

/** A is out for that long, at most two seconds of jitter more, and then serves again. */
async function outFor(rig: Rig, milliseconds: number): Promise<void> {
  expect((await rig.ask()).provider).toBe("B");
  rig.asked();
  await rig.world.clock.advance(milliseconds - 1);
  expect([(await rig.ask()).provider, rig.asked()]).toEqual(["B", "A0 B1"]);
  await rig.world.clock.advance(2_001);
  expect([(await rig.ask()).provider, rig.asked()]).toEqual(["A", "A1 B0"]);
}

describe("429 with", () => {
  const cases: Readonly<Record<string, readonly [Readonly<Record<string, string>>, number, string]>> = {
    "a rejected window: until its reset, whatever x-should-retry says": [
      {
        ...unified({ status: "rejected", "5h-status": "rejected", "5h-reset": seconds(2 * HOUR) }),
        "x-should-retry": "true",
      },
      2 * HOUR,
      "five_hour",
    ],
    "two rejected windows: until the later reset": [
      unified({
        "5h-status": "rejected",
        "5h-reset": seconds(2 * HOUR),
        "7d-status": "rejected",
        "7d-reset": seconds(3 * DAY),
      }),
      3 * DAY,
      "seven_day",
    ],
    "a rejected window and a shorter retry-after: until the reset": [
      { ...unified({ "5h-status": "rejected", "5h-reset": seconds(HOUR) }), "retry-after": "60" },
      HOUR,
      "five_hour",
    ],
    "only the sum and its reset": [
      unified({ status: "rejected", reset: seconds(HOUR), "representative-claim": "five_hour" }),
      HOUR,
      "five_hour",
    ],
    "nothing remaining until an RFC 3339 reset": [
      {
        "anthropic-ratelimit-tokens-limit": "80000",
        "anthropic-ratelimit-tokens-remaining": "0",
        "anthropic-ratelimit-tokens-reset": new Date(seconds(45_000) * 1000).toISOString(),
        "anthropic-ratelimit-requests-remaining": "12",
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-reset": new Date(seconds(HOUR) * 1000).toISOString(),
      },
      45_000,
      "tokens",
    ],
    "retry-after alone, in seconds": [{ "retry-after": "7835" }, 7_835_000, "retry-after"],
    "retry-after alone, a date": [{ "retry-after": new Date(seconds(HOUR) * 1000).toUTCString() }, HOUR, "retry-after"],
    "retry-after-ms alone": [{ "retry-after-ms": "1500" }, 1_500, "retry-after"],
  };
  for (const [what, [headers, milliseconds, reason]] of Object.entries(cases)) {
    test(what, async () => {
      await using rig = await startRig();
      rig.on("A").script(limited(headers));
      const reply = await rig.ask();
      expect([reply.status, reply.provider, reply.attempts, rig.asked()]).toEqual([200, "B", 2, "A1 B1"]);
      expect(await rig.tried(reply)).toEqual(["A 429 limit_reached", "B 200 served"]);
      const { cooldowns, state, cooldown_until: until } = await rig.target("A");
      expect(cooldowns).toMatchObject([{ scope: "target", model: null, reason, official: true }]);
      expect([state, until * 1000 - rig.world.clock.now() >= milliseconds]).toEqual(["cooldown", true]);
      await outFor(rig, milliseconds);
    });
  }

  test("a per-model window: that model on that account only", async () => {
    await using rig = await startRig({ providers: { A: {} }, accounts: ["one@x.io", "two@x.io"] });
    const reply = limited({
      ...unified({
        "5h-status": "allowed",
        "7d-status": "allowed",
        "7d_oi-status": "rejected",
        "7d_oi-reset": seconds(DAY),
      }),
      "retry-after": "86400",
    });
    rig.on("A").handle(first(reply));
    expect([(await rig.ask()).account, (await rig.ask()).account]).toEqual(["two@x.io", "two@x.io"]);
    expect((await rig.ask({ body: OTHER })).account).toBe("one@x.io");
    expect(await rig.target("A", "one@x.io")).toMatchObject({
      cooldowns: [{ scope: "model", model: "claude-opus-5", reason: "7d_oi", official: true }],
    });
    expect((await rig.target("A", "two@x.io")).cooldowns).toEqual([]);
    await rig.world.clock.advance(DAY - 1);
    expect((await rig.ask()).account).toBe("two@x.io");
    await rig.world.clock.advance(2_001);
    expect((await rig.ask()).account).toBe("one@x.io");
  });

  test("a window of the model and one of the account: each until its own reset", async () => {
    await using rig = await startRig();
    rig.on("A").script(
      limited(
        unified({
          "5h-status": "rejected",
          "5h-reset": seconds(HOUR),
          "7d_oi-status": "rejected",
          "7d_oi-reset": seconds(DAY),
        }),
      ),
    );
    expect((await rig.ask()).provider).toBe("B");
    expect((await rig.ask({ body: OTHER })).provider).toBe("B");
    await rig.world.clock.advance(HOUR + 2_000);
    expect([(await rig.ask({ body: OTHER })).provider, (await rig.ask()).provider]).toEqual(["A", "B"]);
  });

  test("a limit on count_tokens, which never benches messages", async () => {
    await using rig = await startRig();
    const counting = { path: "/v1/messages/count_tokens" };
    rig.on("A").script(
      limited({
        ...unified({ status: "rejected", "5h-status": "rejected", "5h-reset": seconds(HOUR) }),
        "retry-after": "3600",
      }),
    );
    const counted = await rig.ask(counting);
    expect([counted.status, counted.provider, counted.attempts]).toEqual([200, "B", 2]);
    expect((await rig.ask()).provider).toBe("A");
    expect((await rig.ask(counting)).provider).toBe("B");
    expect((await rig.target("A")).cooldowns).toMatchObject([{ scope: "count_tokens", official: true }]);
    await rig.world.clock.advance(HOUR + 2_000);
    expect((await rig.ask(counting)).provider).toBe("A");
  });

  test("neither: one hop to another target, nobody is benched", async () => {
    await using rig = await startRig({ providers: { A: {}, B: {}, C: {} } });
    rig.on("A").script(limited({}));
    const reply = await rig.ask();
    expect([reply.status, reply.provider, reply.attempts]).toEqual([200, "B", 2]);
    expect(await rig.tried(reply)).toEqual(["A 429 throttled", "B 200 served"]);
    expect(await rig.benches(reply)).toEqual([]);
    expect((await rig.ask()).provider).toBe("A");
  });

  test("neither, twice: the second is relayed, a third target is not asked", async () => {
    await using rig = await startRig({ providers: { A: {}, B: {}, C: {} } });
    rig.on("A").script(error(429, "rate_limit_error", "A throttles"));
    rig.on("B").script(error(429, "rate_limit_error", "B throttles"));
    const reply = await rig.ask();
    expect([reply.status, rig.asked()]).toEqual([429, "A1 B1 C0"]);
    expect(reply.error.message).toBe("A throttles");
    expect([(await rig.ask()).provider, rig.asked()]).toEqual(["A", "A1 B0 C0"]);
  });

  test("neither, of the only target: relayed as it came", async () => {
    await using rig = await startRig({ providers: { A: {} } });
    rig.on("A").script(error(429, "rate_limit_error", "throttled", { "x-odd": "kept" }));
    const reply = await rig.ask();
    expect([reply.status, reply.error.message, reply.headers.get("x-odd"), rig.asked()]).toEqual([
      429,
      "throttled",
      "kept",
      "A1",
    ]);
    expect((await rig.ask()).status).toBe(200);
  });

  test("an entitlement in place of a quota: waiting would not help, so nobody is benched", async () => {
    await using rig = await startRig();
    rig
      .on("A")
      .script(
        error(429, "rate_limit_error", "Extra usage is required for long context requests.", { "retry-after": "3600" }),
      );
    expect((await rig.ask()).provider).toBe("B");
    expect((await rig.ask()).provider).toBe("A");
  });
});

test("a limit that a good reply announces: the reply goes through, the next request elsewhere", async () => {
  await using rig = await startRig();
  const spent = unified({ status: "allowed", "5h-status": "rejected", "5h-reset": seconds(HOUR) });
  rig.on("A").handle(first(json(200, { ok: true }, spent)));
  const reply = await rig.ask();
  expect([reply.status, reply.text, reply.provider]).toEqual([200, '{"ok":true}', "A"]);
  expect(await rig.tried(reply)).toEqual(["A 200 limit_announced"]);
  await outFor(rig, HOUR);
});

test("a relayed 400 announces a limit, too", async () => {
  await using rig = await startRig();
  const spent = unified({ status: "rejected", "5h-status": "rejected", "5h-reset": seconds(HOUR) });
  rig.on("A").script(error(400, "invalid_request_error", "no", spent));
  expect((await rig.ask()).status).toBe(400);
  await outFor(rig, HOUR);
});

test("nothing shortens an official reset: a shorter one, a failure, a success that was under way", async () => {
  await using rig = await startRig();
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const replies = [
    limited({ "retry-after": "7200" }),
    limited({ "retry-after": "30" }),
    error(529, "overloaded_error", "Overloaded"),
    json(200, { ok: true }, unified({ status: "allowed", "5h-status": "allowed", "5h-utilization": 0.1 })),
  ];
  let asked = 0;
  const usual = messagesHandler();
  rig.on("A").handle(async (request) => {
    const turn = asked++;
    await gates[turn]?.promise;
    return replies[turn] ?? usual(request);
  });
  const pending = replies.map(() => rig.ask());
  await rig.on("A").request(3);
  for (const [turn, gate] of gates.entries()) {
    gate.resolve();
    await pending[turn];
  }
  rig.asked();
  await outFor(rig, 2 * HOUR);
});

test("a limit is the account's at that provider, and costs no other account anything", async () => {
  await using rig = await startRig({ providers: { A: {} }, accounts: ["one@x.io", "two@x.io", "three@x.io"] });
  rig.on("A").handle(forAccount("one@x.io", limited({ "retry-after": "7200" })));
  for (let turn = 0; turn < 6; turn += 1) expect((await rig.ask()).account).toBe("two@x.io");
  expect(rig.asked()).toBe("A7");
});
