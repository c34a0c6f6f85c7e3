// Notices on their way out by one channel: one at a time, a bounded queue, one more try.
import type { Clock } from "../core/ports.ts";
import type { Notice } from "./condition.ts";

/** The oldest goes where there are more. */
const LONGEST_QUEUE = 32;
/** A notice is tried once more after this, milliseconds. */
const RETRY_MS = 12_000;

/** again: a second try may help. `code`: for the log; it names no address. */
export type Delivery = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly again: boolean };
export type OutboxResult = "delivered" | "failed" | "dropped";

export interface OutboxDeps {
  readonly clock: Pick<Clock, "after">;
  /** Never rejects; ends soon after the signal. */
  readonly deliver: (notice: Notice, signal: AbortSignal) => Promise<Delivery>;
  readonly onResult: (result: OutboxResult, code: string | null) => void;
}

export interface Outbox {
  /** Returns at once. */
  put(notice: Notice): void;
  /** Nothing more goes out. */
  stop(): void;
}

export function createOutbox({ clock, deliver, onResult }: OutboxDeps): Outbox {
  const queue: Notice[] = [];
  const stopped = new AbortController();
  let sending = false;

  let endPause = (): void => {};

  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.after(RETRY_MS, resolve);
      endPause = () => {
        cancel();
        resolve();
      };
    });

  async function send(notice: Notice): Promise<void> {
    let delivery = await deliver(notice, stopped.signal);
    if (!delivery.ok && delivery.again && !stopped.signal.aborted) {
      await pause();
      if (!stopped.signal.aborted) delivery = await deliver(notice, stopped.signal);
    }
    if (!stopped.signal.aborted) onResult(delivery.ok ? "delivered" : "failed", delivery.ok ? null : delivery.code);
  }

  async function pump(): Promise<void> {
    if (sending) return;
    sending = true;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await send(next);
    sending = false;
  }

  return {
    put(notice) {
      if (stopped.signal.aborted) return;
      queue.push(notice);
      if (queue.length > LONGEST_QUEUE) {
        queue.shift();
        onResult("dropped", null);
      }
      void pump();
    },
    stop() {
      queue.length = 0;
      stopped.abort();
      endPause();
    },
  };
}
