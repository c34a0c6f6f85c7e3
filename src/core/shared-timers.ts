// A clock whose timers share a few real ones: a request sets several and cancels nearly all, and each real timer that
// is made and cancelled costs more than the rest of the bookkeeping.
import type { Clock } from "./ports.ts";

/**
 * A timer in the list of its length. A list and not a Set: adding to one and deleting from it again with every request
 * makes the garbage collector look at all of its table each time, and cost a fifth of the relay.
 */
class Waiting {
  before: Waiting = this;
  after: Waiting = this;
  readonly due: number;
  readonly callback: () => void;

  constructor(due: number, callback: () => void) {
    this.due = due;
    this.callback = callback;
  }

  /** Out of its list; once more does nothing. */
  leave(): void {
    this.before.after = this.after;
    this.after.before = this.before;
    this.before = this;
    this.after = this;
  }
}

/**
 * Of so many lengths at once: those of the configuration and of the program are fewer. What is left of some time is a
 * length that comes but once, and its line would keep a real timer when nobody waits any more.
 */
const MOST_LINES = 32;

/** The timers of one length, in the order in which they fall due, as a ring with an end of its own. */
class Line {
  readonly length: number;
  private readonly end = new Waiting(Infinity, () => {});
  /** A real timer is set. */
  armed = false;

  constructor(length: number) {
    this.length = length;
  }

  add(timer: Waiting): void {
    const { end } = this;
    timer.before = end.before;
    timer.after = end;
    end.before.after = timer;
    end.before = timer;
  }

  /** Due at Infinity: there is none. */
  get first(): Waiting {
    return this.end.after;
  }
}

/**
 * Wraps a clock. Timers of one length fall due in the order in which they were set, so one real timer for the first of
 * them serves all: it is set again only when it fires. They fire as exactly as the clock's own.
 */
export function shareTimers(clock: Clock): Clock {
  const byLength = new Map<number, Line>();

  function arm(line: Line, delay: number): void {
    line.armed = true;
    clock.after(delay, () => {
      const now = clock.monotonic();
      const due: Waiting[] = [];
      for (let timer = line.first; timer.due <= now; timer = line.first) {
        due.push(timer);
        timer.leave();
      }
      // Before the callbacks: one that throws, or sets a timer of this length, finds everything in order.
      const next = line.first;
      line.armed = next.due !== Infinity;
      if (line.armed) arm(line, next.due - now);
      else byLength.delete(line.length);
      for (const timer of due) timer.callback();
    });
  }

  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    turn: () => clock.turn(),
    after(milliseconds, callback) {
      let line = byLength.get(milliseconds);
      if (line === undefined) {
        if (!Number.isInteger(milliseconds) || byLength.size >= MOST_LINES) return clock.after(milliseconds, callback);
        line = new Line(milliseconds);
        byLength.set(milliseconds, line);
      }
      const timer = new Waiting(clock.monotonic() + milliseconds, callback);
      line.add(timer);
      if (!line.armed) arm(line, milliseconds);
      return () => timer.leave();
    },
  };
}
