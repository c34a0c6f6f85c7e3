// The verdict over one try at an upstream: the row of the failure table, filled up and with the upstream's own words.
import { toShown } from "./error-envelope.ts";
import type { Reason, Ruling } from "./failure-table.ts";
import { rowOf } from "./failure-table.ts";
import type { JudgeContext, Outcome } from "./outcome.ts";
import { see } from "./outcome.ts";

export interface Verdict extends Ruling {
  readonly reason: Reason;
  /** False: the hop is off a target that named its reset, and does not count against `max_attempts`. */
  readonly counts: boolean;
  /** The upstream's own words, for people; null: none. */
  readonly said: string | null;
}

const NO_BENCHES: Ruling["benches"] = [];

/**
 * Judges an outcome. Never throws. The caller applies `benches` (with `coolDownMs` where `until` is missing),
 * whatever the action: a reply that is relayed may have announced a limit.
 */
export function judge(outcome: Outcome, context: JudgeContext): Verdict {
  const seen = see(outcome, context);
  const row = rowOf(seen);
  const ruling = row.rule(seen);
  const benches = ruling.benches ?? NO_BENCHES;
  return {
    reason: row.reason,
    action: ruling.action ?? "relay",
    to: ruling.to ?? "any",
    otherwise: ruling.otherwise ?? "relay",
    once: ruling.once ?? false,
    benches,
    counts: !benches.some(({ official }) => official),
    loginRequired: ruling.loginRequired ?? false,
    replay: ruling.replay ?? null,
    telling: ruling.telling ?? 0,
    said: seen.status < 400 ? null : toShown(seen.message),
  };
}
