// Ends a wait that lasts too long, with one timer for a whole stream instead of one per chunk.
import type { Clock } from "./ports.ts";

export interface IdleTimer {
  /** A wait begins. */
  begin(): void;
  /** The wait is over: something came. */
  end(): void;
  stop(): void;
}

const NEVER: IdleTimer = { begin: () => {}, end: () => {}, stop: () => {} };

/** Calls `expire` once when one wait lasts `milliseconds` (0: never). The time between waits does not count. */
export function createIdleTimer(clock: Clock, milliseconds: number, expire: () => void): IdleTimer {
  if (milliseconds <= 0) return NEVER;
  let waitingSince: number | null = null;
  let cancel = (): void => {};
  let armed = false;

  function arm(delay: number): void {
    armed = true;
    cancel = clock.after(delay, () => {
      armed = false;
      if (waitingSince === null) return;
      const left = waitingSince + milliseconds - clock.monotonic();
      if (left > 0) arm(left);
      else expire();
    });
  }

  return {
    begin() {
      waitingSince = clock.monotonic();
      if (!armed) arm(milliseconds);
    },
    end() {
      waitingSince = null;
    },
    stop() {
      waitingSince = null;
      cancel();
      armed = false;
    },
  };
}
