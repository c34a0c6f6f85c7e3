// A clock whose timers share a few real ones: a request sets several and cancels nearly all, and each real timer that
// is made and cancelled costs more than the rest of the bookkeeping.
import type { Clock } from "./ports.ts";

interface Waiting {
  readonly due: number;
  readonly callback: () => void;
}

/**
 * Wraps a clock. Timers of one length fall due in the order in which they were set, so one real timer for the first of
 * them serves all: it is set again only when it fires. They fire as exactly as the clock's own.
 */
export function shareTimers(clock: Clock): Clock {
  const byLength = new Map<number, Set<Waiting>>();

  function arm(length: number, waiting: Set<Waiting>, delay: number): void {
    clock.after(delay, () => {
      const now = clock.monotonic();
      const due: Waiting[] = [];
      for (const timer of waiting) {
        if (timer.due > now) break;
        due.push(timer);
        waiting.delete(timer);
      }
      // Before the callbacks: one that throws, or sets a timer of this length, finds everything in order.
      const [next] = waiting;
      if (next === undefined) byLength.delete(length);
      else arm(length, waiting, next.due - now);
      for (const timer of due) timer.callback();
    });
  }

  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after(milliseconds, callback) {
      const timer = { due: clock.monotonic() + milliseconds, callback };
      const same = byLength.get(milliseconds);
      if (same !== undefined) {
        same.add(timer);
        return () => void same.delete(timer);
      }
      const waiting = new Set([timer]);
      byLength.set(milliseconds, waiting);
      arm(milliseconds, waiting, milliseconds);
      return () => void waiting.delete(timer);
    },
  };
}
