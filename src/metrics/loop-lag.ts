// How late timers fire: what keeps the event loop busy delays every stream. Measured only while somebody reads it.
import type { Cancel, Clock } from "../core/ports.ts";

const EVERY_MS = 1_000;
/** Longer than anybody waits between two looks, milliseconds. */
const WANTED_MS = 300_000;

export interface LoopLag {
  /** Somebody has asked: it is measured for the next five minutes. */
  wanted(): void;
  stop(): void;
}

/** `observe`: seconds. */
export function createLoopLag(clock: Pick<Clock, "monotonic" | "after">, observe: (seconds: number) => void): LoopLag {
  let wantedUntil = 0;
  let cancel: Cancel | null = null;

  function arm(): void {
    const due = clock.monotonic() + EVERY_MS;
    cancel = clock.after(EVERY_MS, () => {
      const now = clock.monotonic();
      observe(Math.max(0, now - due) / 1000);
      if (now < wantedUntil) arm();
      else cancel = null;
    });
  }

  return {
    wanted() {
      wantedUntil = clock.monotonic() + WANTED_MS;
      if (cancel === null) arm();
    },
    stop() {
      wantedUntil = 0;
      cancel?.();
      cancel = null;
    },
  };
}
