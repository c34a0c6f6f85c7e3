// Something that is done again and again.
import type { Cancel, Clock } from "./ports.ts";

/** Calls `look` at once, and again every so many milliseconds. Returns the end of it. */
export function repeat(clock: Pick<Clock, "after">, milliseconds: number, look: () => void): Cancel {
  let cancel: Cancel;
  function turn(): void {
    look();
    cancel = clock.after(milliseconds, turn);
  }
  turn();
  return () => cancel();
}
