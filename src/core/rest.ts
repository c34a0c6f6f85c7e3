// When nothing has been done for a while: the time for what would be in the way of work.
import type { Clock } from "./ports.ts";

export interface RestOptions {
  readonly clock: Pick<Clock, "after" | "monotonic">;
  readonly milliseconds: number;
  /** Something is under way: it is no rest, however long that takes. */
  readonly busy: () => boolean;
  /** Once for each rest. */
  readonly onRest: () => void;
}

/**
 * Gives back what is to be called whenever something ends. No timer runs before the first call, nor between a rest and the
 * next one.
 */
export function watchRest({ clock, milliseconds, busy, onRest }: RestOptions): () => void {
  let endedAt = 0;
  let waiting = false;

  function wait(left: number): void {
    waiting = true;
    clock.after(left, () => {
      const more = endedAt + milliseconds - clock.monotonic();
      if (more > 0) {
        wait(more);
        return;
      }
      waiting = false;
      // What is under way ends later, and that is when the next wait begins.
      if (!busy()) onRest();
    });
  }

  return () => {
    endedAt = clock.monotonic();
    if (!waiting) wait(milliseconds);
  };
}
