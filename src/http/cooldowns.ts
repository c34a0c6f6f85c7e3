// What keeps a target, a provider or an account waiting now, and until when: for people who ask. Pure.
import type { TargetRecord } from "../balance/choosable.ts";
import type { Standing } from "../balance/standing.ts";
import { reservedUntil } from "../balance/windows.ts";
import type { Target } from "../provider/target.ts";

/** One reason to wait. */
export interface Wait {
  /** Wall clock, milliseconds; Infinity: until it is cleared. */
  readonly until: number;
  /** A stable code or the name of a window. */
  readonly reason: string;
  /** The upstream named it; else ccb's own guess or its owner's wish. */
  readonly official: boolean;
}

/** A bench that is still ahead, and what it keeps waiting. */
export interface Cooldown extends Wait {
  readonly scope: "target" | "provider" | "model" | "count_tokens";
  readonly model: string | null;
}

/** Unix seconds of a time ahead, rounded up: a reset is never shown early. null: not by itself. */
export function toSecondsAhead(milliseconds: number): number | null {
  return Number.isFinite(milliseconds) ? Math.ceil(milliseconds / 1000) : null;
}

/** The benches of one standing that are still ahead, the official one first. */
export function waitsOf(standing: Readonly<Standing> | undefined, now: number): readonly Wait[] {
  return [standing?.official, standing?.guess].flatMap((bench) =>
    bench === undefined || bench === null || bench.until <= now
      ? []
      : [{ until: bench.until, reason: bench.reason, official: bench.official }],
  );
}

/** The one that lasts longest; null: there is none. */
export function longestOf<Of extends Wait>(waits: readonly Of[]): Of | null {
  return waits.reduce<Of | null>(
    (longest, wait) => (longest === null || wait.until > longest.until ? wait : longest),
    null,
  );
}

/** Every bench of a target that is still ahead, its provider's too. */
export function cooldownsOf(
  record: TargetRecord | undefined,
  provider: Readonly<Standing> | undefined,
  now: number,
): readonly Cooldown[] {
  const placed = (scope: Cooldown["scope"], standing: Readonly<Standing> | undefined, model: string | null = null) =>
    waitsOf(standing, now).map((wait): Cooldown => ({ ...wait, scope, model }));
  return [
    ...placed("target", record),
    ...placed("provider", provider),
    ...[...(record?.models ?? [])].flatMap(([model, standing]) => placed("model", standing, model)),
    ...placed("count_tokens", record?.countTokens),
  ];
}

/** What its owner keeps a target from, whatever the model: the rest of a window, or what would be paid for. */
function ownersWaits(target: Target, record: TargetRecord | undefined, now: number): readonly Wait[] {
  if (record === undefined) return [];
  const { overageUntil } = record.limits;
  const waits: Wait[] = [];
  const reserved = reservedUntil(record.limits, target.reservePercent, null, now);
  if (reserved > now) waits.push({ until: reserved, reason: "reserve", official: false });
  if (target.extraUsage === "never" && overageUntil > now)
    waits.push({ until: overageUntil, reason: "extra_usage", official: false });
  return waits;
}

/** What keeps the target itself from every model; null: nothing. A provider's bench is none of it. */
export function targetWait(target: Target, record: TargetRecord | undefined, now: number): Wait | null {
  return longestOf([...waitsOf(record, now), ...ownersWaits(target, record, now)]);
}

/**
 * What an account waits for: it signs for every provider that has it, so the first of its targets to be free again
 * counts; null as soon as one of them is.
 */
export function accountWait(
  targets: readonly Target[],
  recordOf: (targetId: string) => TargetRecord | undefined,
  accountId: string,
  now: number,
): Wait | null {
  const own = targets.filter((target) => target.kind === "account" && target.account.id === accountId);
  let first: Wait | null = null;
  for (const target of own) {
    const wait = targetWait(target, recordOf(target.id), now);
    if (wait === null) return null;
    if (first === null || wait.until < first.until) first = wait;
  }
  return first;
}
