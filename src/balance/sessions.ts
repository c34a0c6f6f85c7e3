// Which target each conversation is on, so that its prompt cache stays warm.
import type { Clock } from "../core/ports.ts";
import { createRecentMap } from "./recent-map.ts";

export interface SessionsOptions {
  readonly clock: Pick<Clock, "now">;
  /** From the last request of a session, milliseconds. */
  readonly ttlMs: () => number;
  /** The session that has been quiet longest goes first. */
  readonly limit?: number;
}

export interface Sessions {
  /** The id of the session's target, or null. */
  targetOf(sessionId: string): string | null;
  /**
   * The session is served by this target from now on: its first one, the same again, or another after an outage, where
   * it stays. To be called in the same turn as choose(), or sessions that begin at once all see the same empty target.
   */
  place(sessionId: string, targetId: string): void;
  /** The session has not been served after all. */
  forget(sessionId: string): void;
  /** Sessions on a target now. */
  count(targetId: string): number;
  /** The same as of the last other call: for a choice, which asks about every target after it has asked for its own. */
  countAsOfLast(targetId: string): number;
  readonly size: number;
}

/** Creates an empty memory of sessions; `limit` is 10,000 by default. */
export function createSessions({ clock, ttlMs, limit = 10_000 }: SessionsOptions): Sessions {
  const counts = new Map<string, number>();

  function add(targetId: string, change: 1 | -1): void {
    const count = (counts.get(targetId) ?? 0) + change;
    if (count === 0) counts.delete(targetId);
    else counts.set(targetId, count);
  }

  const sessions = createRecentMap<string>({ clock, ttlMs, limit, onDrop: (targetId) => add(targetId, -1) });

  const countAsOfLast = (targetId: string): number => counts.get(targetId) ?? 0;

  return {
    targetOf: (sessionId) => sessions.get(sessionId),
    place(sessionId, targetId) {
      if (sessions.set(sessionId, targetId)) add(targetId, 1);
    },
    forget: (sessionId) => sessions.delete(sessionId),
    count(targetId) {
      sessions.expire();
      return countAsOfLast(targetId);
    },
    countAsOfLast,
    get size() {
      return sessions.size;
    },
  };
}
