// Ends a wait that lasts too long, with one timer for a whole stream instead of one per chunk.
import type { Cancel, Clock } from "./ports.ts";

export interface IdleTimer {
  /** A wait begins. */
  begin(): void;
  /** The wait is over: something came. */
  end(): void;
  /** For good: a wait that begins afterwards has no limit, and holds on to nothing. */
  stop(): void;
}

const NEVER: IdleTimer = { begin: () => {}, end: () => {}, stop: () => {} };

/** A class, as every request makes two: closures of their own would be half of what it costs. */
class Idle implements IdleTimer {
  private waitingSince: number | null = null;
  private cancel: Cancel | null = null;
  private stopped = false;
  private readonly clock: Pick<Clock, "after" | "monotonic">;
  private readonly milliseconds: number;
  private readonly expire: () => void;

  constructor(clock: Pick<Clock, "after" | "monotonic">, milliseconds: number, expire: () => void) {
    this.clock = clock;
    this.milliseconds = milliseconds;
    this.expire = expire;
  }

  private arm(delay: number): void {
    this.cancel = this.clock.after(delay, () => {
      this.cancel = null;
      if (this.waitingSince === null) return;
      const left = this.waitingSince + this.milliseconds - this.clock.monotonic();
      if (left > 0) this.arm(left);
      else this.expire();
    });
  }

  begin(): void {
    if (this.stopped) return;
    this.waitingSince = this.clock.monotonic();
    if (this.cancel === null) this.arm(this.milliseconds);
  }

  end(): void {
    this.waitingSince = null;
  }

  stop(): void {
    this.stopped = true;
    this.waitingSince = null;
    this.cancel?.();
    this.cancel = null;
  }
}

/** Calls `expire` once when one wait lasts `milliseconds` (0: never). The time between waits does not count. */
export function createIdleTimer(
  clock: Pick<Clock, "after" | "monotonic">,
  milliseconds: number,
  expire: () => void,
): IdleTimer {
  return milliseconds <= 0 ? NEVER : new Idle(clock, milliseconds, expire);
}
