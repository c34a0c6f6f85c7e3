// How targets did lately: rates, percentiles, and what is forgotten.
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { createTrackRecord } from "../../src/balance/track-record.ts";

const NOTHING = {
  requests: 0,
  success_rate: null,
  first_byte_p50_ms: null,
  first_byte_p95_ms: null,
  last_failure: null,
};

test("nothing is known of a stranger", () => expect(createTrackRecord().of("a")).toEqual(NOTHING));

test("served, failed, broken", () => {
  const record = createTrackRecord();
  record.served("a", 100);
  record.served("a", 300);
  record.failed("a", "overloaded");
  expect(record.of("a")).toEqual({
    requests: 3,
    success_rate: 2 / 3,
    first_byte_p50_ms: 100,
    first_byte_p95_ms: 300,
    last_failure: "overloaded",
  });
  record.broke("a", 200);
  record.broke("a");
  expect(record.of("a")).toEqual({
    requests: 5,
    success_rate: 2 / 5,
    first_byte_p50_ms: 200,
    first_byte_p95_ms: 300,
    last_failure: "broken",
  });
  expect(record.of("b")).toEqual(NOTHING);
});

test("only failures: a rate, no times", () => {
  const record = createTrackRecord();
  record.failed("a", "not_reached");
  expect(record.of("a")).toEqual({ ...NOTHING, requests: 1, success_rate: 0, last_failure: "not_reached" });
});

test("percentiles by nearest rank, in any order of arrival", () => {
  const record = createTrackRecord();
  for (let ms = 100; ms >= 1; ms -= 1) record.served("a", ms);
  expect(record.of("a")).toMatchObject({ first_byte_p50_ms: 50, first_byte_p95_ms: 95 });
});

test("only the last outcomes count, the latest failure stays", () => {
  const record = createTrackRecord({ limit: 3 });
  record.failed("a", "throttled");
  record.served("a", 1000);
  for (const ms of [1, 2, 3]) record.served("a", ms);
  expect(record.of("a")).toEqual({
    requests: 5,
    success_rate: 1,
    first_byte_p50_ms: 2,
    first_byte_p95_ms: 3,
    last_failure: "throttled",
  });
});

test("200 by default", () => {
  const record = createTrackRecord();
  record.failed("a", "throttled");
  for (let index = 0; index < 199; index += 1) record.served("a", 1);
  expect(record.of("a").success_rate).toBe(199 / 200);
  record.served("a", 1);
  expect(record.of("a")).toMatchObject({ requests: 201, success_rate: 1 });
});

test("the target used longest ago goes; looking is no use", () => {
  const record = createTrackRecord({ targets: 2 });
  record.served("a", 1);
  record.served("b", 1);
  record.broke("a");
  record.of("b");
  record.failed("c", "throttled");
  expect(["a", "b", "c"].map((id) => record.of(id).requests)).toEqual([2, 0, 1]);
});

test("as if all outcomes were kept and the last counted", () => {
  const outcome = fc.record({ kind: fc.constantFrom("served", "failed", "broke"), ms: fc.nat(10_000) });
  fc.assert(
    fc.property(fc.array(outcome, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 10 }), (all, limit) => {
      const record = createTrackRecord({ limit });
      for (const { kind, ms } of all) {
        if (kind === "failed") record.failed("a", "x");
        else if (kind === "served") record.served("a", ms);
        else record.broke("a", ms);
      }
      const last = all.slice(-limit);
      const times = last.flatMap(({ kind, ms }) => (kind === "failed" ? [] : [ms])).sort((a, b) => a - b);
      const seen = record.of("a");
      expect(seen.requests).toBe(all.length);
      expect(seen.success_rate).toBe(last.filter(({ kind }) => kind === "served").length / last.length);
      expect(seen.first_byte_p50_ms).toBe(times[Math.ceil(times.length / 2) - 1] ?? null);
      expect(seen.first_byte_p95_ms).toBe(times[Math.ceil(times.length * 0.95) - 1] ?? null);
    }),
  );
});
