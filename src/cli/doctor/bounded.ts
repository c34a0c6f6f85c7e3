// No check may keep the doctor waiting.
import type { Clock } from "../../core/ports.ts";

/** Each look at the network or the keyring has this long, milliseconds. */
export const CHECK_MS = 5_000;
export const CHECK_SECONDS = CHECK_MS / 1000;

/** What `work` resolves or rejects with, or `late` after `milliseconds`; then it is not waited for any more. */
export async function bounded<T, L>(
  clock: Pick<Clock, "after">,
  milliseconds: number,
  work: Promise<T>,
  late: L,
): Promise<T | L> {
  const { promise, resolve } = Promise.withResolvers<L>();
  const cancel = clock.after(milliseconds, () => resolve(late));
  try {
    return await Promise.race([work, promise]);
  } finally {
    cancel();
    // Nobody hears of it when it fails later.
    work.catch(() => {});
  }
}
