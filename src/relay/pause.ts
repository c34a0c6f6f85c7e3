// A wait on the client's behalf, which ends at once when the client leaves.
import type { Clock } from "../core/ports.ts";
import { clientGone } from "./client-gone.ts";

/** Waits `milliseconds`. Rejects with `client_gone` as soon as the signal says so. */
export function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      cancel();
      reject(clientGone());
    };
    const cancel = clock.after(milliseconds, () => {
      signal.removeEventListener("abort", leave);
      resolve();
    });
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  });
}
