// Which turns of which conditions are told: each once until it is over, and not too often.
import type { Condition, NotifyStatus } from "./condition.ts";

/** An event that comes and goes is told of one account at most so often, milliseconds. */
const PAUSE_MS = 600_000;

interface Turn {
  readonly condition: Condition;
  readonly status: NotifyStatus;
}

export interface ConditionWatch {
  /** Those that somebody was told of and that are not over. */
  told(): readonly Condition[];
  /** Which turns are to be told now. What vanished without an end is forgotten. `now`: monotonic milliseconds. */
  turns(conditions: readonly Condition[], now: number): readonly Turn[];
  /** Nobody is told any more: what holds is news to whoever is told next. */
  forget(): void;
}

export function createConditionWatch(): ConditionWatch {
  const told = new Map<string, Condition>();
  /** By event, status and account: when it was told last. */
  const lastAt = new Map<string, number>();

  function mayTell({ event, account }: Condition, status: NotifyStatus, now: number): boolean {
    const kind = `${event}\n${status}\n${account?.id ?? ""}`;
    if (lastAt.has(kind)) return false;
    lastAt.set(kind, now);
    return true;
  }

  return {
    told: () => [...told.values()],
    turns(conditions, now) {
      for (const [kind, at] of lastAt) if (now - at >= PAUSE_MS) lastAt.delete(kind);
      const keys = new Set(conditions.map(({ key }) => key));
      for (const key of told.keys()) if (!keys.has(key)) told.delete(key);
      const turns: Turn[] = [];
      for (const condition of conditions) {
        const { key, holds } = condition;
        if (holds === null || holds === told.has(key)) continue;
        const status = holds ? "firing" : "resolved";
        if (!mayTell(condition, status, now)) continue;
        if (holds) told.set(key, condition);
        else told.delete(key);
        turns.push({ condition, status });
      }
      return turns;
    },
    forget() {
      told.clear();
      lastAt.clear();
    },
  };
}
