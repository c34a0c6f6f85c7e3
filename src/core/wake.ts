// Notices that the machine slept: the wall clock went on and the monotonic one did not.
import type { Clock } from "./ports.ts";

/** The clocks may drift this far apart between two looks before it counts as sleep. */
const GAP_MS = 2_000;

export interface WakeWatch {
  /** Looks now; calls the listeners when there was a gap since the last look. Cheap enough for every request. */
  check(): void;
  onWake(listener: () => void): void;
}

/** Creates a watch. It looks only when asked: someone must ask now and then. */
export function createWakeWatch(clock: Clock): WakeWatch {
  const listeners: (() => void)[] = [];
  let ahead = clock.now() - clock.monotonic();
  return {
    check() {
      const current = clock.now() - clock.monotonic();
      const gap = Math.abs(current - ahead);
      ahead = current;
      if (gap > GAP_MS) for (const listener of listeners) listener();
    },
    onWake: (listener) => void listeners.push(listener),
  };
}
