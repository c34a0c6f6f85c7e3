// The reader that knows what an account said last reads what a reader without a memory reads.
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { toFields } from "../../src/provider/fields.ts";
import { parseLimits } from "../../src/provider/limits.ts";
import { createLimitReader } from "../../src/provider/read-limits.ts";

const NOW = 1_785_510_000_000;
const HOUR = 3_600_000;

const inHours = (hours: number): string => String((NOW + hours * HOUR) / 1000);
const fieldsOf = (headers: Readonly<Record<string, string>>) => toFields(new Headers(headers));
const prefixed = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [`anthropic-ratelimit-${name}`, value]));

/** As the API answers a subscription. */
const SERVED = {
  ...prefixed({
    "unified-status": "allowed",
    "unified-5h-status": "allowed",
    "unified-5h-reset": inHours(3),
    "unified-5h-utilization": "0.19",
    "unified-7d-status": "allowed",
    "unified-7d-reset": inHours(80),
    "unified-7d-utilization": "0.07",
  }),
  "request-id": "req_1",
};

test("what an account says again is the same report, whatever the rest of the reply says", () => {
  const read = createLimitReader();
  const first = read("a", fieldsOf(SERVED), NOW);
  expect(first).toEqual(parseLimits(fieldsOf(SERVED), NOW));
  expect(read("a", fieldsOf({ ...SERVED, "request-id": "req_2" }), NOW + 2 * HOUR)).toBe(first);
  // Another account's is its own, though it says the same.
  expect(read("b", fieldsOf(SERVED), NOW)).not.toBe(first);
});

test.each([
  ["another value", { ...SERVED, "anthropic-ratelimit-unified-5h-utilization": "0.2" }, NOW],
  ["one header more", { ...SERVED, "anthropic-ratelimit-unified-overage-status": "allowed" }, NOW],
  ["one header less", Object.fromEntries(Object.entries(SERVED).filter(([name]) => !name.endsWith("7d-status"))), NOW],
  ["a time to wait", { ...SERVED, "retry-after": "5" }, NOW],
  ["a reset that is over", SERVED, NOW + 3 * HOUR],
  ["a clock that was set back", SERVED, NOW - 1],
] as const)("it is read anew with %s", (_, headers, now) => {
  const read = createLimitReader();
  const first = read("a", fieldsOf(SERVED), NOW);
  const next = read("a", fieldsOf(headers), now);
  expect(next).not.toBe(first);
  expect(next).toEqual(parseLimits(fieldsOf(headers), now));
});

test("of more than 32 it is read each time, until one of those says nothing any more", () => {
  const read = createLimitReader();
  const isKnown = (of: string, now: number): boolean =>
    read(of, fieldsOf(SERVED), now) === read(of, fieldsOf(SERVED), now);
  const names = Array.from({ length: 33 }, (_, index) => `account ${index}`);
  const only32 = names.map((_, index) => index < 32);
  expect(names.map((name) => isKnown(name, NOW))).toEqual(only32);
  // Nor has the one too many pushed out another.
  expect(names.map((name) => isKnown(name, NOW))).toEqual(only32);
  const later = { ...SERVED, "anthropic-ratelimit-unified-5h-reset": inHours(6) };
  const then = NOW + 3 * HOUR;
  expect(read("account 32", fieldsOf(later), then)).toBe(read("account 32", fieldsOf(later), then));
});

test("limits without a window are read each time, and take nobody's place", () => {
  const read = createLimitReader();
  const word = fieldsOf({ "anthropic-ratelimit-unified-status": "a_new_word" });
  for (let index = 0; index < 40; index++) read(`gone ${index}`, word, NOW);
  expect(read("a", word, NOW)).not.toBe(read("a", word, NOW));
  expect(read("b", fieldsOf(SERVED), NOW)).toBe(read("b", fieldsOf(SERVED), NOW));
});

test.each([
  ["a time to wait is not remembered", { ...SERVED, "retry-after": "5" }, SERVED, HOUR],
  [
    "a reset too far ahead becomes one",
    { ...SERVED, "anthropic-ratelimit-unified-7d-reset": inHours(35 * 24 + 1) },
    { ...SERVED, "anthropic-ratelimit-unified-7d-reset": inHours(35 * 24 + 1) },
    2 * HOUR,
  ],
] as const)("%s", (_, headers, then, later) => {
  const read = createLimitReader();
  read("a", fieldsOf(headers), NOW);
  expect(read("a", fieldsOf(then), NOW + later)).toEqual(parseLimits(fieldsOf(then), NOW + later));
});

test("any sequence of replies is read as one by one", () => {
  const names = ["5h-status", "5h-reset", "5h-utilization", "7d_oi-status", "7d_oi-reset", "status", "overage-in-use"]
    .map((name) => `anthropic-ratelimit-unified-${name}`)
    .concat(["tokens-limit", "tokens-remaining", "tokens-reset"].map((name) => `anthropic-ratelimit-${name}`))
    .concat(["retry-after", "retry-after-ms"]);
  const value = fc.constantFrom("allowed", "rejected", "0.5", "true", "", inHours(1), inHours(2), inHours(30 * 24));
  const reply = fc.record({
    of: fc.constantFrom("a", "b"),
    // Few, so that many say the same.
    headers: fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 4 }),
    again: fc.boolean(),
    later: fc.integer({ min: -HOUR / 2, max: HOUR }),
  });
  fc.assert(
    fc.property(fc.array(reply, { maxLength: 12 }), (replies) => {
      const read = createLimitReader();
      let now = NOW;
      let last: Readonly<Record<string, string>> = {};
      for (const { of, headers, again, later } of replies) {
        now += later;
        if (!again) last = headers;
        expect(read(of, fieldsOf(last), now)).toEqual(parseLimits(fieldsOf(last), now));
      }
    }),
    { numRuns: 2000 },
  );
});
