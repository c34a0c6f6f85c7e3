// What is counted of a request, and that a client cannot make up series.
import { describe, expect, test } from "bun:test";
import { createLoopLag } from "../../src/metrics/loop-lag.ts";
import { createMeter } from "../../src/metrics/meter.ts";
import { createModelNames } from "../../src/metrics/model-names.ts";
import { timeVault } from "../../src/metrics/timed-vault.ts";
import type { Trace, TraceAttempt } from "../../src/relay/trace-schema.ts";
import { createScriptedVault } from "../support/scripted-vault.ts";
import { createTestClock } from "../support/clock.ts";

const CHOSEN = { provider: "A", account: "a11ce", kind: "account" } as const;
const ATTEMPT: TraceAttempt = {
  ...CHOSEN,
  model: "claude-opus-5",
  started_ms: 1,
  ended_ms: 40,
  status: 200,
  reason: "served",
  action: "relay",
  replay: null,
  benches: [],
};
const TOKENS = { input_tokens: 12, output_tokens: 3, cache_creation_input_tokens: 0, cache_read_input_tokens: null };

const trace = (more: Partial<Trace> = {}): Trace => ({
  id: "ccb_1",
  started_at: 0,
  method: "POST",
  path: "/v1/messages",
  key: null,
  model: "claude-opus-5",
  session: null,
  stream: true,
  strategy: "session",
  status: 200,
  state: "complete",
  error: null,
  chosen: CHOSEN,
  candidates: [],
  candidate_count: 0,
  excluded: [],
  excluded_count: 0,
  attempts: [ATTEMPT],
  attempt_count: 1,
  timings: { first_byte_ms: 42, total_ms: 6_000 },
  bytes: 10,
  tokens: TOKENS,
  ...more,
});

describe("a request", () => {
  test("that was served after a failure elsewhere", () => {
    const meter = createMeter();
    meter.began();
    meter.began();
    const failed = {
      ...ATTEMPT,
      provider: "B",
      status: 529,
      reason: "overloaded",
      action: "next",
    } satisfies TraceAttempt;
    meter.ended(trace({ attempts: [failed, ATTEMPT], attempt_count: 2 }));
    expect(meter.inFlight()).toBe(1);
    expect(meter.requests.samples()).toEqual([
      { labels: { provider: "A", kind: "account", status: "2xx", state: "complete" }, value: 1 },
    ]);
    expect(meter.attempts.samples()).toEqual([
      { labels: { provider: "B", outcome: "overloaded" }, value: 1 },
      { labels: { provider: "A", outcome: "served" }, value: 1 },
    ]);
    expect(meter.tokens.samples()).toEqual([
      { labels: { provider: "A", model: "claude-opus-5", kind: "input" }, value: 12 },
      { labels: { provider: "A", model: "claude-opus-5", kind: "output" }, value: 3 },
      { labels: { provider: "A", model: "claude-opus-5", kind: "cache_creation" }, value: 0 },
      { labels: { provider: "A", model: "claude-opus-5", kind: "cache_read" }, value: 0 },
    ]);
    expect(meter.firstByte.distributions()[0]).toMatchObject({ sum: 0.042 });
    expect(meter.firstByte.distributions()[0]?.counts[0]).toBe(1);
    expect(meter.duration.distributions()[0]).toMatchObject({ labels: { provider: "A" }, sum: 6 });
  });

  test("that nobody served", () => {
    const meter = createMeter();
    meter.began();
    const timings = { first_byte_ms: null, total_ms: 5 };
    meter.ended(trace({ chosen: null, status: null, state: "client_gone", tokens: null, attempts: [], timings }));
    expect(meter.inFlight()).toBe(0);
    expect(meter.requests.samples()).toEqual([
      { labels: { provider: "", kind: "none", status: "none", state: "client_gone" }, value: 1 },
    ]);
    expect(meter.firstByte.distributions()).toEqual([]);
    expect(meter.tokens.samples()).toEqual([]);
  });

  test("with more attempts than a trace keeps", () => {
    const meter = createMeter();
    meter.ended(trace({ attempt_count: 9 }));
    expect(meter.attempts.samples()).toEqual([
      { labels: { provider: "A", outcome: "served" }, value: 1 },
      { labels: { provider: "", outcome: "unrecorded" }, value: 8 },
    ]);
  });

  test("the model of the tokens is the one that was sent", () => {
    const meter = createMeter();
    meter.ended(trace({ attempts: [{ ...ATTEMPT, model: "routed" }] }));
    meter.ended(trace({ model: "made-up", status: 404, attempts: [{ ...ATTEMPT, model: "made-up" }] }));
    expect(new Set(meter.tokens.samples().map(({ labels }) => labels["model"]))).toEqual(new Set(["routed"]));
  });
});

describe("models", () => {
  test("the first fifty that were served have a label, the others share one", () => {
    const names = createModelNames();
    expect(names.label("never-served")).toBe("other");
    for (let number = 0; number < 50; number += 1) expect(names.served(`m${number}`)).toBe(`m${number}`);
    expect(names.served("m50")).toBe("other");
    expect(names.served("m49")).toBe("m49");
    expect(names.label("m0")).toBe("m0");
    expect(names.label("m50")).toBe("other");
  });

  test("two halves of surrogate pairs do not become two series of one name", () => {
    const names = createModelNames();
    expect(names.served("x\ud800")).toBe("other");
    expect(names.served("x\udc00")).toBe("other");
  });
});

describe("the lag of the event loop", () => {
  test("is measured once a second for five minutes after somebody has asked", async () => {
    const clock = createTestClock();
    const seen: number[] = [];
    const lag = createLoopLag(clock, (seconds) => void seen.push(seconds));
    await clock.advance(60_000);
    expect(seen).toEqual([]);
    expect(clock.timers()).toEqual([]);
    lag.wanted();
    lag.wanted();
    expect(clock.timers()).toEqual([1_000]);
    await clock.advance(60_000);
    expect(seen.length).toBe(60);
    await clock.advance(3_600_000);
    expect(seen.length).toBe(300);
    expect(clock.timers()).toEqual([]);
    lag.wanted();
    lag.stop();
    expect(clock.timers()).toEqual([]);
  });

  test("is how late the timer fires", async () => {
    const clock = createTestClock();
    const seen: number[] = [];
    const late: (() => void)[] = [];
    const port = {
      monotonic: () => clock.monotonic(),
      after: (_: number, callback: () => void) => {
        late.push(callback);
        return () => {};
      },
    };
    createLoopLag(port, (seconds) => void seen.push(seconds)).wanted();
    await clock.advance(1_250);
    late.shift()?.();
    expect(seen).toEqual([0.25]);
  });
});

test("each call of the vault is timed, the failed ones too, and fails as before", async () => {
  const clock = createTestClock();
  const vault = createScriptedVault();
  const seen: unknown[] = [];
  const timed = timeVault(vault, clock, (...call) => void seen.push(call));
  await timed.set("a", "1");
  expect(await timed.get("a")).toBe("1");
  expect(await timed.list()).toEqual(["a"]);
  await timed.probe();
  vault.mode("hang");
  const hanging = timed.get("a");
  await clock.advance(3_000);
  vault.mode("locked");
  const faultOf = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => null,
      ({ fault }) => fault,
    );
  expect(await faultOf(hanging)).toBe("locked");
  expect(await faultOf(timed.delete("a"))).toBe("locked");
  expect(seen).toEqual([
    [0, "set", "ok"],
    [0, "get", "ok"],
    [0, "list", "ok"],
    [0, "probe", "ok"],
    [3, "get", "error"],
    [0, "delete", "error"],
  ]);
  expect(timed.backend).toBe(vault.backend);
});
