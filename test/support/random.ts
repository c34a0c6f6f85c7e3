// A Random port that gives the same numbers for the same seed.
import type { Random } from "../../src/core/ports.ts";

/** Deterministic (mulberry32): equal seeds give equal sequences. Fit for tests only. */
export function createTestRandom(seed = 1): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    bytes: (length) => Uint8Array.from({ length }, () => next() & 255),
    fraction: () => next() / 0x1_0000_0000,
  };
}
