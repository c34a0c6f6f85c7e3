// A clock that stands still until a test moves it.
import type { Cancel, Clock } from "../../src/core/ports.ts";

export interface TestClock extends Clock {
  /**
   * Moves both clocks by `milliseconds` and fires each timer that falls due, in order of time, then of creation,
   * each at its own moment. Before the first and after each timer promises settle, so that a timer armed by
   * the code under test on the way counts too.
   */
  advance(milliseconds: number): Promise<void>;
  /** A laptop asleep, or a clock set anew: the wall clock jumps, the monotonic one and the timers do not. */
  sleep(milliseconds: number): void;
  /** Milliseconds until each armed timer, the nearest first. Empty: nothing is armed. */
  timers(): readonly number[];
}

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** One turn of the event loop: everything that waits on promises alone has run afterwards. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A clock at `startMs` (milliseconds since 1970). Its monotonic part starts at 0. */
export function createTestClock(startMs = Date.UTC(2026, 0, 15, 12)): TestClock {
  let monotonic = 0;
  let wallAhead = startMs;
  const armed = new Set<Timer>(); // in order of creation

  const nextUpTo = (end: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of armed) {
      if (timer.due <= end && (next === undefined || timer.due < next.due)) next = timer;
    }
    return next;
  };

  return {
    now: () => wallAhead + monotonic,
    monotonic: () => monotonic,
    turn: settle,
    after(milliseconds, callback): Cancel {
      const timer = { due: monotonic + Math.max(0, milliseconds), callback };
      armed.add(timer);
      return () => {
        armed.delete(timer);
      };
    },
    async advance(milliseconds) {
      const end = monotonic + milliseconds;
      await settle();
      for (let timer = nextUpTo(end); timer !== undefined; timer = nextUpTo(end)) {
        armed.delete(timer);
        monotonic = Math.max(monotonic, timer.due);
        timer.callback();
        await settle();
      }
      monotonic = end;
    },
    sleep(milliseconds) {
      wallAhead += milliseconds;
    },
    timers: () => [...armed].map((timer) => timer.due - monotonic).toSorted((a, b) => a - b),
  };
}
