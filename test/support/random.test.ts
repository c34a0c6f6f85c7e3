// The seeded random port.
import { expect, test } from "bun:test";
import { createTestRandom } from "./random.ts";

test("equal seeds give equal sequences, others do not", () => {
  const [a, b, c] = [createTestRandom(7), createTestRandom(7), createTestRandom(8)];
  expect(a.bytes(32)).toEqual(b.bytes(32));
  expect(a.fraction()).toBe(b.fraction());
  expect(createTestRandom(7).bytes(32)).not.toEqual(c.bytes(32));
});

test("fractions are spread over 0 ≤ x < 1", () => {
  const random = createTestRandom(3);
  const values = Array.from({ length: 2000 }, () => random.fraction());
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThan(1);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean).toBeGreaterThan(0.45);
  expect(mean).toBeLessThan(0.55);
});
