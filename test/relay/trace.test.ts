// What is written down of a request, and how many are remembered.
import { describe, expect, test } from "bun:test";
import { Value } from "@sinclair/typebox/value";
import type { Target } from "../../src/provider/target.ts";
import { createTraces } from "../../src/relay/trace.ts";
import type { TraceStart } from "../../src/relay/trace-record.ts";
import { TraceSchema } from "../../src/relay/trace-schema.ts";
import type { Trace } from "../../src/relay/trace-schema.ts";
import { settle } from "../support/clock.ts";
import { account, provider } from "./_targets.ts";

const of = provider("");
const common = {
  provider: of,
  providerName: "P",
  priority: 1,
  weight: 1,
  reservePercent: 0,
  extraUsage: "last",
  claudeTokensAllowed: true,
  model: null,
} as const;
const a: Target = {
  ...common,
  id: "P/a",
  plainId: "P/a",
  shown: { provider: "P", account: "a", kind: "account" },
  kind: "account",
  account: account("a"),
};
const key: Target = {
  ...common,
  id: "P/key",
  plainId: "P/key",
  shown: { provider: "P", account: null, kind: "key" },
  kind: "key",
};
const start = (id: string, more: Partial<TraceStart> = {}): TraceStart => ({
  id,
  startedAt: 1_700_000_000_000,
  startedMonotonic: 5_000,
  method: "POST",
  path: "/v1/messages",
  key: null,
  ...more,
});
const attempt = {
  target: a,
  model: "opus",
  status: 429,
  reason: "limit_reached",
  action: "next",
  replay: null,
  benches: [{ scope: "target", until: 9, official: true }],
  startedAt: 5_010.4,
  endedAt: 5_099.6,
} as const;

describe("a trace", () => {
  test("is there at once, and says what is known so far", () => {
    const traces = createTraces();
    traces.begin(start("r1"));
    expect(traces.list(10)).toHaveLength(1);
    expect(traces.get("r1")).toMatchObject({ id: "r1", state: "in_progress", status: null, attempts: [] });
    expect(Value.Check(TraceSchema, traces.get("r1"))).toBe(true);
  });

  test("of a request that was served by the second target", () => {
    const traces = createTraces();
    const writer = traces.begin(start("r1"));
    writer.request({ model: "opus", sessionId: "s", stream: true, strategy: "session" });
    writer.choice(
      [
        { target: key, reason: "turn", detail: null },
        { target: a, reason: "cooling", detail: "overloaded" },
      ],
      [{ target: a, reason: "limit", detail: "five_hour", until: 12 }],
    );
    writer.attempt(attempt);
    writer.attempt({ ...attempt, target: key, status: 200, reason: "served", action: "relay", benches: [] });
    writer.committed(key, 200, 5_500);
    const tokens = {
      input_tokens: 1,
      output_tokens: 2,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
    };
    writer.end({ state: "complete", at: 6_000, bytes: 77, tokens });
    const ofA = { provider: "P", account: "a", kind: "account" } as const;
    const ofKey = { provider: "P", account: null, kind: "key" } as const;
    const first = {
      ...ofA,
      model: "opus",
      started_ms: 10,
      ended_ms: 100,
      status: 429,
      reason: "limit_reached",
      action: "next",
      replay: null,
      benches: [{ scope: "target", until: 9, official: true }],
    } as const;
    expect(traces.get("r1")).toEqual({
      id: "r1",
      started_at: 1_700_000_000_000,
      method: "POST",
      path: "/v1/messages",
      key: null,
      model: "opus",
      // printf s | sha256sum
      session: "043a718774c5",
      stream: true,
      strategy: "session",
      status: 200,
      state: "complete",
      error: null,
      chosen: ofKey,
      candidates: [
        { ...ofKey, reason: "turn", detail: null },
        { ...ofA, reason: "cooling", detail: "overloaded" },
      ],
      candidate_count: 2,
      excluded: [{ ...ofA, reason: "limit", detail: "five_hour", until: 12 }],
      excluded_count: 1,
      attempts: [
        { ...first, benches: [...first.benches] },
        { ...first, ...ofKey, status: 200, reason: "served", action: "relay", benches: [] },
      ],
      attempt_count: 2,
      timings: { first_byte_ms: 500, total_ms: 1_000 },
      bytes: 77,
      tokens,
    });
    expect(Value.Check(TraceSchema, JSON.parse(JSON.stringify(traces.get("r1"))))).toBe(true);
    expect(JSON.stringify(traces.get("r1"))).not.toMatch(/@|access-/);
  });

  test("of a request that ccb answered itself", () => {
    const writer = createTraces().begin(start("r1"));
    writer.end({ state: "failed", at: 5_001, status: 503, error: "upstream_unreachable" });
    expect(writer.trace).toMatchObject({ state: "failed", status: 503, error: "upstream_unreachable", chosen: null });
    expect(writer.trace.timings).toEqual({ first_byte_ms: null, total_ms: 1 });
  });

  test("does not change after its end", () => {
    const writer = createTraces().begin(start("r1"));
    writer.end({ state: "client_gone", at: 5_001 });
    const before = structuredClone(writer.trace);
    writer.end({ state: "complete", at: 9_000, bytes: 5, status: 200, error: "x" });
    writer.request({ model: "m", sessionId: null, stream: true, strategy: "drain" });
    writer.choice([], [{ target: a, reason: "limit", detail: null, until: null }]);
    writer.attempt(attempt);
    writer.committed(a, 200, null);
    expect(writer.trace).toEqual(before);
  });

  test("a new choice replaces the one before; 16 targets are kept and all are counted", () => {
    const writer = createTraces().begin(start("r1"));
    const many = Array.from({ length: 40 }, () => ({ target: a, reason: "session", detail: null }) as const);
    const out = many.map(({ target }) => ({ target, reason: "limit", detail: null, until: null }) as const);
    writer.choice(many, out);
    expect([writer.trace.candidates.length, writer.trace.candidate_count]).toEqual([16, 40]);
    expect([writer.trace.excluded.length, writer.trace.excluded_count]).toEqual([16, 40]);
    writer.choice([], []);
    expect([writer.trace.candidates, writer.trace.candidate_count]).toEqual([[], 0]);
  });

  test("of many attempts the first 31 and the last", () => {
    const writer = createTraces().begin(start("r1"));
    for (let status = 400; status < 500; status += 1) writer.attempt({ ...attempt, status });
    const { attempts, attempt_count } = writer.trace;
    expect([attempts.length, attempt_count]).toEqual([32, 100]);
    expect([attempts[0]?.status, attempts[30]?.status, attempts[31]?.status]).toEqual([400, 430, 499]);
  });

  test("what a client makes up is cut short", () => {
    const writer = createTraces().begin(start("r1", { path: `/v1/${"p".repeat(5_000)}` }));
    writer.request({ model: "m".repeat(1_000_000), sessionId: null, stream: false, strategy: "session" });
    writer.attempt({ ...attempt, model: "m".repeat(1_000_000) });
    expect([writer.trace.path.length, writer.trace.model?.length, writer.trace.attempts[0]?.model?.length]).toEqual([
      256, 256, 256,
    ]);
    expect(writer.trace.session).toBeNull();
  });
});

describe("the memory", () => {
  const ids = (list: readonly { readonly id: string }[]): string[] => list.map(({ id }) => id);
  test("newest first, the oldest drops", () => {
    const traces = createTraces({ limit: 3 });
    expect([traces.list(5), traces.get("1")]).toEqual([[], null]);
    for (const [count, listed] of [["1"], ["2", "1"], ["3", "2", "1"], ["4", "3", "2"], ["5", "4", "3"]].entries()) {
      traces.begin(start(String(count + 1)));
      expect(ids(traces.list(10))).toEqual(listed);
    }
    expect(ids(traces.list(2))).toEqual(["5", "4"]);
    expect(ids(traces.list(0))).toEqual([]);
    expect([traces.get("2"), traces.get("3")?.id]).toEqual([null, "3"]);
  });
  test("an id that comes twice is the later one's", () => {
    const traces = createTraces({ limit: 2 });
    traces.begin(start("x"));
    const later = traces.begin(start("x"));
    traces.begin(start("y"));
    expect(traces.get("x")).toEqual(later.trace);
    traces.begin(start("z"));
    expect(traces.get("x")).toBeNull();
  });
  test("1,000 by default", () => {
    const traces = createTraces();
    for (let index = 0; index < 2_500; index += 1) traces.begin(start(String(index)));
    expect(traces.list(5_000)).toHaveLength(1_000);
    expect([traces.get("1499"), traces.get("1500")?.id]).toEqual([null, "1500"]);
  });
});

describe("the hooks", () => {
  test("are told of a request at its beginning and once at its end, with what is then known", () => {
    const told: [string, Trace["state"], string | null, number | null][] = [];
    const note = (what: string) => (trace: Readonly<Trace>) => {
      told.push([what, trace.state, trace.key, trace.timings.total_ms]);
    };
    const traces = createTraces({ onBegin: note("begin"), onEnd: note("end") });
    const writer = traces.begin(start("r1", { key: "work" }));
    writer.end({ state: "complete", at: 6_000 });
    writer.end({ state: "broken", at: 7_000 });
    expect(told).toEqual([
      ["begin", "in_progress", "work", null],
      ["end", "complete", "work", 1_000],
    ]);
  });
  test("that throw do no harm", () => {
    const faults: unknown[] = [];
    const fault = new Error("of a hook");
    const fail = (): never => {
      throw fault;
    };
    const traces = createTraces({ onBegin: fail, onEnd: fail, onFault: (error) => void faults.push(error) });
    const writer = traces.begin(start("r1"));
    writer.end({ state: "complete", at: 6_000 });
    expect([writer.trace.state, faults]).toEqual(["complete", [fault, fault]]);
  });
});

describe("put away", () => {
  const barred = { reason: "limit", detail: "five_hour", until: 12 } as const;
  const ids = (traces: readonly Trace[]): string[] => traces.map(({ id }) => id);

  function createRunning(limit = 1000) {
    const traces = createTraces({ limit });
    function run(id: string): void {
      const writer = traces.begin(start(id));
      writer.request({ model: "opus", sessionId: "s", stream: true, strategy: "session" });
      writer.choice([{ target: a, reason: "turn", detail: null }], [{ target: key, ...barred }]);
      writer.attempt(attempt);
      writer.committed(a, 200, 5_100);
      writer.end({ state: "complete", at: 5_200, bytes: 7, tokens: null });
    }
    return { traces, run };
  }

  test("traces read as before, and one that is not over is written on", () => {
    const { traces, run } = createRunning();
    run("1");
    const open = traces.begin(start("2"));
    run("3");
    const before = traces.list(10);
    traces.putAway();
    expect(traces.list(10)).toEqual([...before]);
    expect([traces.get("1"), traces.get("3")]).toEqual([before[2] ?? null, before[0] ?? null]);
    open.end({ state: "client_gone", at: 9_000 });
    expect(traces.get("2")).toMatchObject({ state: "client_gone", timings: { total_ms: 4_000 } });
    expect(ids(traces.list(10))).toEqual(["3", "2", "1"]);
  });

  test("what comes later pushes out the oldest, wherever that lies, and the next time it is put there, too", () => {
    const { traces, run } = createRunning(3);
    for (const id of ["1", "2", "3"]) run(id);
    traces.putAway();
    run("4");
    expect([ids(traces.list(10)), ids(traces.list(2))]).toEqual([
      ["4", "3", "2"],
      ["4", "3"],
    ]);
    expect(traces.get("1")).toBeNull();
    traces.putAway();
    expect([ids(traces.list(10)), traces.get("1"), traces.get("3")?.id]).toEqual([["4", "3", "2"], null, "3"]);
    for (const id of ["5", "6", "7"]) run(id);
    expect(ids(traces.list(10))).toEqual(["7", "6", "5"]);
  });

  test("one that is no trace takes no other with it", () => {
    const { traces, run } = createRunning();
    run("1");
    const tokens = { input_tokens: -1, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
    traces.begin(start("2")).end({ state: "complete", at: 5_200, tokens });
    run("3");
    traces.putAway();
    expect([ids(traces.list(10)), traces.get("2")]).toEqual([["3", "1"], null]);
  });

  test("nothing holds on to the records any more", async () => {
    const traces = createTraces();
    const records = Array.from({ length: 1000 }, (_, index) => {
      const writer = traces.begin(start(String(index)));
      writer.end({ state: "complete", at: 5_200 });
      return new WeakRef(writer);
    });
    traces.putAway();
    // Until the next turn the references themselves hold what they were made for.
    await settle();
    Bun.gc(true);
    // The collector takes what a stack may point at for held.
    expect(records.filter((record) => record.deref() !== undefined).length).toBeLessThan(20);
  });
});
