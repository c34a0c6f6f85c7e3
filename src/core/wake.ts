// Notices that the machine slept, or that its clock was set: the wall clock went on and the monotonic one did not.
import type { Clock } from "./ports.ts";

/** The clocks may drift this far apart between two looks before it counts as sleep. */
const GAP_MS = 2_000;

export interface WakeWatch {
  /** Looks now; calls the listeners when there was a gap since the last look. Cheap enough for every request. */
  check(): void;
  /** `gapMs`: how much further the wall clock went than the monotonic one; below 0 where it was set back. */
  onWake(listener: (gapMs: number) => void): void;
}

/** Creates a watch. It looks only when asked: someone must ask now and then. */
export function createWakeWatch(clock: Clock): WakeWatch {
  const listeners: ((gapMs: number) => void)[] = [];
  let ahead = clock.now() - clock.monotonic();
  return {
    check() {
      const current = clock.now() - clock.monotonic();
      const gap = current - ahead;
      ahead = current;
      if (Math.abs(gap) > GAP_MS) for (const listener of listeners) listener(gap);
    },
    onWake: (listener) => void listeners.push(listener),
  };
}
