// How much a key may ask for, on a clock of the test's own.
import { describe, expect, test } from "bun:test";
import type { ClientKey } from "../../src/config/config.ts";
import { CcbError } from "../../src/core/errors.ts";
import { Secret } from "../../src/core/secret.ts";
import { createThrottle } from "../../src/http/throttle.ts";

const key = (limits: Partial<ClientKey>): ClientKey => ({
  name: "a",
  secret: { kind: "key", text: new Secret("x") },
  role: "client",
  allow: null,
  requests_per_minute: null,
  max_concurrent: null,
  ...limits,
});

function created() {
  let now = 0;
  const throttle = createThrottle({ monotonic: () => now });
  return {
    move: (ms: number) => {
      now += ms;
    },
    enter: (of: ClientKey | null): (() => void) | string => {
      try {
        return throttle.enter(of);
      } catch (error) {
        if (!(error instanceof CcbError)) throw error;
        return `${error.code} ${error.retryAfterSeconds}`;
      }
    },
  };
}

describe("requests_per_minute", () => {
  test("counts the last minute, and says when there is room again", () => {
    const { enter, move } = created();
    const two = key({ requests_per_minute: 2 });
    expect(enter(two)).toBeFunction();
    move(10_000);
    expect(enter(two)).toBeFunction();
    expect(enter(two)).toBe("key_rate 50");
    move(49_999);
    expect(enter(two)).toBe("key_rate 0.001");
    move(1);
    expect(enter(two)).toBeFunction();
    expect(enter(two)).toBe("key_rate 10");
  });

  test("what was turned away counts for nothing, and other keys count apart", () => {
    const { enter, move } = created();
    const one = key({ requests_per_minute: 1 });
    enter(one);
    for (let index = 0; index < 100; index += 1) expect(enter(one)).toBeString();
    expect(enter(key({ name: "b", requests_per_minute: 1 }))).toBeFunction();
    move(60_000);
    expect(enter(one)).toBeFunction();
  });

  test("a lower limit holds at once, a higher one too", () => {
    const { enter, move } = created();
    for (let index = 0; index < 5; index += 1) {
      enter(key({ requests_per_minute: 5 }));
      move(1_000);
    }
    // The fourth of the five has to leave before two in a minute are fewer than two.
    expect(enter(key({ requests_per_minute: 2 }))).toBe("key_rate 58");
    expect(enter(key({ requests_per_minute: 6 }))).toBeFunction();
  });

  test("never lets more through in any minute, whatever comes", () => {
    const { enter, move } = created();
    const limited = key({ requests_per_minute: 7 });
    const let_in: number[] = [];
    for (let now = 0; now < 600_000; now += 613) {
      if (typeof enter(limited) === "function") let_in.push(now);
      move(613);
    }
    for (const from of let_in) expect(let_in.filter((at) => at >= from && at < from + 60_000).length).toBeLessThan(8);
    expect(let_in.length).toBeGreaterThan(60);
  });
});

describe("max_concurrent", () => {
  test("a slot is free once its request has ended, and only once", () => {
    const { enter } = created();
    const two = key({ max_concurrent: 2 });
    const first = enter(two);
    enter(two);
    expect(enter(two)).toBe("key_busy 1");
    if (typeof first === "function") first();
    if (typeof first === "function") first();
    expect(enter(two)).toBeFunction();
    expect(enter(two)).toBe("key_busy 1");
  });

  test("one that is turned away for it costs nothing of the minute", () => {
    const { enter } = created();
    const both = key({ max_concurrent: 1, requests_per_minute: 2 });
    const first = enter(both);
    expect(enter(both)).toBe("key_busy 1");
    if (typeof first === "function") first();
    expect(enter(both)).toBeFunction();
  });
});

test("without a key or without limits nothing is counted", () => {
  const { enter } = created();
  for (let index = 0; index < 1_000; index += 1) {
    expect(enter(null)).toBeFunction();
    expect(enter(key({}))).toBeFunction();
  }
});
