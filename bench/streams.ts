// How the upstream sends event streams: with gaps on a common clock, or as fast as the sockets take them.
import type { WireReply } from "./wire-server.ts";

export const GAP_MS = 5;

/**
 * `message_start` and the first `content_block_start`: the API sends them together. ccb holds the former back until the
 * latter, so that a gap between them would count as its delay.
 */
const OPENING = 2;

interface Running {
  next: number;
  readonly reply: WireReply;
}

export interface Gaps {
  /** Sends the opening now, and each further event GAP_MS after the one before. */
  add(reply: WireReply): void;
}

/**
 * One timer for all streams, since the upstream must not be what is measured. It ticks every millisecond and serves the
 * streams that began in that fifth of the gap, so that streams do not all send at the same instant, as real ones do not.
 */
export function startGaps(events: readonly Buffer[]): Gaps {
  const slots = Array.from({ length: GAP_MS }, () => new Set<Running>());
  const now = (): number => Math.floor(performance.now());
  let served = now();

  /** Whether more is to come. */
  function send(stream: Running): boolean {
    const event = events[stream.next++];
    if (event !== undefined) stream.reply.write(event);
    return stream.next < events.length && !stream.reply.gone;
  }

  setInterval(() => {
    const until = now();
    // After a delay each stream gets one event, not all that it has missed.
    for (let at = Math.max(served + 1, until - GAP_MS + 1); at <= until; at++) {
      const slot = slots[at % GAP_MS];
      for (const stream of slot ?? []) if (!send(stream)) slot?.delete(stream);
    }
    served = until;
  }, 1);
  return {
    add(reply) {
      const stream = { next: 0, reply };
      while (stream.next < OPENING) send(stream);
      slots[served % GAP_MS]?.add(stream);
    },
  };
}

/** As fast as it goes, each event in a write of its own. How many of them the reader finds at once is up to its own speed. */
export function sendBurst(reply: WireReply, events: readonly Buffer[]): void {
  for (const event of events) reply.write(event);
}
