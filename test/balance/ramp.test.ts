// A target that returns from an official bench lets in a few new sessions at first.
import { describe, expect, test } from "bun:test";
import { createBalanceState } from "../../src/balance/target-state.ts";
import { createTestRandom } from "../support/random.ts";
import { START, createHandClock, request, target } from "./_world.ts";

const A = target("a");
const OF_A = { scope: "target", targetId: "a" } as const;

describe("the ramp after an official bench", () => {
  function returned() {
    const clock = createHandClock();
    const state = createBalanceState({ clock, random: createTestRandom(7) });
    state.bench(OF_A, { until: START + 10_000, reason: "five_hour", official: true });
    clock.move(3_600_000);
    return { clock, state };
  }
  const enter = (state: ReturnType<typeof returned>["state"], ids: readonly (string | null)[]): number =>
    ids.filter((id) => state.begin(A, request({ sessionId: id })).admitted).length;
  const crowd = (of: string): string[] => Array.from({ length: 100 }, (_, index) => `${of}${index}`);

  test("1, 2, 4, 8, 16, 32 new sessions a second, counted from the first, then any number", () => {
    const { clock, state } = returned();
    const letIn = Array.from({ length: 7 }, (_, second) => {
      const count = enter(state, crowd(`s${second}-`));
      clock.move(1000);
      return count;
    });
    expect(letIn).toEqual([1, 2, 4, 8, 16, 32, 100]);
  });

  test("a session that was let in goes on as it likes; nobody's sessions count each time", () => {
    const { state } = returned();
    expect(enter(state, ["one", "one", "one", null, "two", null])).toBe(3);
  });

  test("the refusal says when the next place opens", () => {
    const { clock, state } = returned();
    enter(state, ["one"]);
    clock.move(400);
    expect(state.begin(A, request({ sessionId: "two" }))).toMatchObject({
      admitted: false,
      bar: { reason: "ramp", until: clock.now() + 600 },
    });
  });

  test("a limit met on the way begins it anew", () => {
    const { clock, state } = returned();
    enter(state, ["one"]);
    clock.move(5000);
    state.bench(OF_A, { until: clock.now() + 10_000, reason: "five_hour", official: true });
    expect(enter(state, ["one"])).toBe(0);
    clock.move(12_001);
    expect(enter(state, ["one", "two"])).toBe(1);
  });

  test("a clock set back does not close the door", () => {
    const { clock, state } = returned();
    enter(state, ["one"]);
    clock.move(-1000);
    expect(enter(state, ["two", "three"])).toBe(2);
  });
});
