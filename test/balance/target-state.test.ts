// Benches that hold, guesses that are tried once, flights that are counted once.
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { JITTER_MS } from "../../src/balance/standing.ts";
import { createBalanceState } from "../../src/balance/target-state.ts";
import { createTestRandom } from "../support/random.ts";
import { START, createHandClock, request, target, windowOf } from "./_world.ts";

function created() {
  const clock = createHandClock();
  return { clock, state: createBalanceState({ clock, random: createTestRandom(7) }) };
}

const A = target("a");
const OF_A = { scope: "target", targetId: "a" } as const;
const official = (ms: number) => ({ until: START + ms, reason: "five_hour", official: true });
const guess = (ms: number) => ({ until: START + ms, reason: "http_502", official: false });

test("the clock is set back: benches of every kind last as long as they would have", () => {
  const { clock, state } = created();
  state.bench(OF_A, { ...official(2_000), until: START + 2_000 });
  state.bench({ scope: "provider", provider: A.providerName }, guess(2_000));
  state.bench({ scope: "model", targetId: "a", model: "m" }, official(2_000));
  state.bench({ scope: "target", targetId: "key" }, { until: Infinity, reason: "unauthorized", official: false });
  const day = 86_400_000;
  clock.move(-day);
  state.setBack(day);
  expect(state.limited(A, request())).toBe(true);
  expect(state.provider(A.providerName)?.guess?.until).toBe(START - day + 2_000);
  expect(state.target("key")?.guess?.until).toBe(Infinity);
  clock.move(2_000 + JITTER_MS);
  expect([state.limited(A, request()), state.limited(A, request({ model: "m" }))]).toEqual([false, false]);
});

describe("official benches", () => {
  test("no later bench shortens one, whatever comes in which order, and the jitter is small and never early", () => {
    const benches = fc.array(fc.record({ ms: fc.integer({ min: -1000, max: 10_000_000 }), official: fc.boolean() }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(benches, (list) => {
        const { state } = created();
        let longest = 0;
        for (const { ms, official: its } of list) {
          state.bench(OF_A, its ? official(ms) : guess(ms));
          if (its) longest = Math.max(longest, ms);
          const until = (state.target("a")?.official?.until ?? START) - START;
          if (longest > 0 && (until < longest || until > longest + JITTER_MS)) return false;
        }
        return true;
      }),
    );
  });

  test("the one that holds is the one that is named", () => {
    const { state } = created();
    state.bench(OF_A, { until: START + 9000, reason: "seven_day", official: true });
    state.bench(OF_A, { until: START + 5000, reason: "five_hour", official: true });
    expect(state.target("a")?.official).toMatchObject({ reason: "seven_day", resetAt: START + 9000 });
  });

  test("nothing begins before the reset, an attempt begins after it", () => {
    const { clock, state } = created();
    state.bench(OF_A, official(60_000));
    clock.move(59_999);
    expect(state.begin(A, request({ model: "m" }))).toMatchObject({
      admitted: false,
      bar: { reason: "limit", detail: "five_hour" },
    });
    clock.move(JITTER_MS + 1);
    expect(state.begin(A, request({ model: "m" })).admitted).toBe(true);
  });

  test("a good reply of a request begun before does not lift it; its owner does", () => {
    const { state } = created();
    const begun = state.begin(A, request());
    state.bench(OF_A, official(60_000));
    if (begun.admitted) begun.flight.judge("ok");
    expect(state.begin(A, request()).admitted).toBe(false);
    state.clear(OF_A);
    expect(state.begin(A, request()).admitted).toBe(true);
  });

  test("one model on one target leaves its other models and other targets alone", () => {
    const { state } = created();
    state.bench({ scope: "model", targetId: "a", model: "opus" }, official(60_000));
    expect(
      [
        state.begin(A, request({ model: "opus" })),
        state.begin(A, request({ model: "haiku" })),
        state.begin(target("b"), request({ model: "opus" })),
      ].map(({ admitted }) => admitted),
    ).toEqual([false, true, true]);
  });

  test("count_tokens has its own, which binds nothing else", () => {
    const { state } = created();
    state.bench({ scope: "count_tokens", targetId: "a" }, official(60_000));
    expect(state.begin(A, request({ countTokens: true })).admitted).toBe(false);
    expect(state.begin(A, request()).admitted).toBe(true);
    state.clear(OF_A);
    expect(state.begin(A, request({ countTokens: true })).admitted).toBe(true);
  });

  test("a provider's holds for all its targets", () => {
    const { state } = created();
    state.bench({ scope: "provider", provider: "P" }, official(60_000));
    expect(state.begin(A, request()).admitted).toBe(false);
    expect(state.begin(target("q", { providerName: "Q" }), request()).admitted).toBe(true);
    state.clear({ scope: "provider", provider: "P" });
    expect(state.begin(A, request()).admitted).toBe(true);
  });

  test("until it is cleared: a key that was refused", () => {
    const { clock, state } = created();
    state.bench(OF_A, { until: Infinity, reason: "key_refused", official: true });
    clock.move(1e12);
    expect(state.begin(A, request()).admitted).toBe(false);
  });
});

describe("our own guesses", () => {
  const ease = (state: ReturnType<typeof created>["state"]) => state.target("a");

  test("never refuse an attempt", () => {
    const { state } = created();
    state.bench(OF_A, guess(60_000));
    expect(state.begin(A, request()).admitted).toBe(true);
  });

  test("one probe at a time once they run out; a success ends them, the client's leaving does not", () => {
    const { clock, state } = created();
    state.bench(OF_A, guess(1000));
    clock.move(1001);
    const probe = state.begin(A, request());
    expect(ease(state)?.probe).not.toBeNull();
    const other = state.begin(A, request());
    if (other.admitted) other.flight.end();
    expect(ease(state)?.probe).not.toBeNull();
    if (probe.admitted) probe.flight.end();
    expect([ease(state)?.probe, ease(state)?.guess?.reason]).toEqual([null, "http_502"]);
    const again = state.begin(A, request());
    if (again.admitted) again.flight.judge("ok");
    expect([ease(state)?.probe, ease(state)?.guess]).toEqual([null, null]);
  });

  test("a success forgives what stood before the request began, not what came meanwhile", () => {
    const { state } = created();
    const old = state.begin(A, request());
    const failing = state.begin(A, request());
    if (failing.admitted) failing.flight.judge("target_failed");
    state.bench(OF_A, guess(60_000));
    if (old.admitted) old.flight.judge("ok");
    expect([ease(state)?.failures, ease(state)?.guess?.reason]).toEqual([1, "http_502"]);
    const fresh = state.begin(A, request());
    if (fresh.admitted) fresh.flight.judge("ok");
    expect([ease(state)?.failures, ease(state)?.guess]).toEqual([0, null]);
  });
});

describe("flights", () => {
  test("in flight until the end, counted once, judged once", () => {
    const { state } = created();
    const begun = state.begin(A, request());
    expect(state.target("a")?.inFlight).toBe(1);
    if (begun.admitted) {
      begun.flight.judge("target_failed");
      begun.flight.judge("target_failed");
      expect([state.target("a")?.inFlight, state.target("a")?.failures]).toEqual([1, 1]);
      begun.flight.end();
      begun.flight.end();
    }
    expect([state.target("a")?.inFlight, state.target("a")?.failures]).toEqual([0, 1]);
  });

  test("clearing while one is under way loses no count", () => {
    const { state } = created();
    const begun = state.begin(A, request());
    state.clear(OF_A);
    expect(state.target("a")?.inFlight).toBe(1);
    if (begun.admitted) begun.flight.end();
    expect(state.target("a")?.inFlight).toBe(0);
  });

  test("the provider's failures are the provider's", () => {
    const { state } = created();
    for (const verdict of ["provider_failed", "target_failed", "provider_failed", "neutral"] as const) {
      const begun = state.begin(A, request());
      if (begun.admitted) begun.flight.judge(verdict);
    }
    expect([state.provider("P")?.failures, state.target("a")?.failures]).toEqual([2, 1]);
  });
});

test("what fails at once is one failure of the provider, what fails afterwards is the next", () => {
  const { state } = created();
  const fail = (count: number): void => {
    const flights = Array.from({ length: count }, () => state.begin(A, request()));
    for (const begun of flights) if (begun.admitted) begun.flight.judge("provider_failed");
  };
  fail(30);
  expect(state.provider("P")?.failures).toBe(1);
  fail(1);
  fail(2);
  expect(state.provider("P")?.failures).toBe(3);
});

test("models that are over are forgotten once there are many, those that hold are not", () => {
  const { clock, state } = created();
  const model = (name: string, ms: number) => state.bench({ scope: "model", targetId: "a", model: name }, official(ms));
  model("holds", 1e9);
  for (let index = 0; index < 60; index += 1) model(`m${index}`, 1000);
  clock.move(10_000);
  model("new", 1e9);
  expect([...(state.target("a")?.models.keys() ?? [])]).toEqual(["holds", "new"]);
});

test("a report replaces windows of the same name and keeps the others", () => {
  const { state } = created();
  state.report("a", null, {
    overageInUse: false,
    windows: [windowOf(0.2, START + 1000), windowOf(0.7, START + 9000, { name: "7d" })],
  });
  state.report("a", null, { overageInUse: false, windows: [windowOf(0.3, START + 1000)] });
  expect(state.target("a")?.limits.windows.map(({ name, utilization }) => [name, utilization])).toEqual([
    ["7d", 0.7],
    ["5h", 0.3],
  ]);
});

test("what is told again counts as if it were told for the first time", () => {
  const telling = fc.record({
    // One object for each: told again, it is the very same.
    told: fc.constantFrom(
      { overageInUse: false, windows: [windowOf(0.2, START + 1000), windowOf(0.7, START + 9000, { name: "7d" })] },
      { overageInUse: true, windows: [windowOf(1, START + 5000)] },
      { overageInUse: false, windows: [windowOf(0.4, START + 5000, { name: "7d_oi", scope: "model" })] },
      { overageInUse: false, windows: [windowOf(0.5, null)] },
      { overageInUse: true, windows: [] },
    ),
    model: fc.constantFrom(null, "opus", "haiku"),
    later: fc.integer({ min: 0, max: 3000 }),
    forgotten: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(telling, { maxLength: 10 }), (tellings) => {
      const [one, other] = [created(), created()];
      for (const { told, model, later, forgotten } of tellings) {
        for (const { clock } of [one, other]) clock.move(later);
        if (forgotten) for (const { state } of [one, other]) state.clear(OF_A);
        one.state.report("a", model, told);
        other.state.report("a", model, structuredClone(told));
        const sorted = ({ state }: typeof one) => {
          const { windows, overageUntil } = state.target("a")?.limits ?? { windows: [], overageUntil: -1 };
          return {
            windows: windows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
            overageUntil,
          };
        };
        expect(sorted(one)).toEqual(sorted(other));
      }
    }),
    { numRuns: 500 },
  );
});
