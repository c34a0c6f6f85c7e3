// A wait for something that goes on by itself: the request gives it up after a while, or when its client leaves.
import type { CcbError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import { clientGone } from "./client-gone.ts";

/** What `work` resolves with; rejects with `late()` after `milliseconds`, and with `client_gone` when the signal says so. */
export function within<Result>(
  work: Promise<Result>,
  {
    clock,
    milliseconds,
    late,
    signal,
  }: {
    readonly clock: Clock;
    readonly milliseconds: number;
    readonly late: () => CcbError;
    readonly signal: AbortSignal;
  },
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      cancel();
      reject(clientGone());
    };
    const end = (): void => {
      cancel();
      signal.removeEventListener("abort", leave);
    };
    const cancel = clock.after(milliseconds, () => {
      signal.removeEventListener("abort", leave);
      reject(late());
    });
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    work.then(resolve, reject).finally(end);
  });
}
