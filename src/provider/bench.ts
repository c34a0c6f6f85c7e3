// What a reply takes out of the choice, and for how long: by an official reset, or by ccb's own guess. Pure.
import type { BackoffKind } from "./backoff.ts";
import { isPlain } from "./limit-windows.ts";
import type { LimitReport } from "./limits.ts";
import { modelRejectedUntil, rejectedUntil, rejects } from "./limits.ts";
import type { PathKind } from "./path-kind.ts";

/**
 * target: this provider with this credential; provider: all its targets; model: the request's model on this target;
 * key: this target until the configuration is loaded again; count_tokens: only that path on this target.
 */
export type BenchScope = "target" | "provider" | "model" | "key" | "count_tokens";

export interface Bench {
  readonly scope: BenchScope;
  /** Official: never shortened. Milliseconds since 1970. */
  readonly until?: number;
  /** A guess: `coolDownMs` says how long. */
  readonly backoff?: BackoffKind;
  readonly official: boolean;
}

export interface BenchInput {
  readonly limits: LimitReport;
  readonly model: string | null;
  readonly kind: PathKind;
  readonly now: number;
}

export const guess = (scope: BenchScope, backoff: BackoffKind): Bench => ({ scope, backoff, official: false });
const official = (scope: BenchScope, until: number): Bench => ({ scope, until, official: true });

/** The latest of them that is still ahead; null: none is. */
function latest(now: number, ...times: readonly (number | null)[]): number | null {
  const ahead = times.flatMap((time) => (time !== null && time > now ? [time] : []));
  return ahead.length === 0 ? null : Math.max(...ahead);
}

/**
 * The benches of a refusal: the account until the latest reset of its spent windows, the model likewise, each on its
 * own, as one may open days before the other. `retry-after` is about the narrowest of them: with a model's window spent
 * it is the model's wait, not the account's.
 */
export function benchesOfRefusal({ limits, model, kind, now }: BenchInput): readonly Bench[] {
  const ofModel = rejects(limits, "model");
  // Of files, batches and the like: messages have nothing to do with it.
  if (kind === "other") return [];
  if (kind === "count_tokens") {
    // It has limits of its own: messages go on (issue "Balance and fail over", 3).
    const until = latest(now, rejectedUntil(limits), modelRejectedUntil(limits), limits.retryAt);
    return until === null ? [] : [official("count_tokens", until)];
  }
  const benches: Bench[] = [];
  const accountUntil = latest(now, rejectedUntil(limits), ofModel ? null : limits.retryAt);
  if (accountUntil !== null) benches.push(official("target", accountUntil));
  // Spent, but nobody says until when: a short guess, so that the next request does not run into it at once.
  else if (rejects(limits, "account")) benches.push(guess("target", "overload"));
  if (ofModel && model !== null) {
    const until = latest(now, modelRejectedUntil(limits), limits.retryAt);
    benches.push(until === null ? guess("model", "overload") : official("model", until));
  }
  return benches;
}

/**
 * The bench of a reply that served although a window that all models share is spent: this was the last one, unless
 * paid overage carries on. A spent window of a model is another model's, as this one was served.
 */
export function benchesOfService({ limits, kind, now }: BenchInput): readonly Bench[] {
  if (kind !== "messages" || limits.overageInUse || !limits.windows.some(({ status }) => status === "rejected"))
    return [];
  // A key's windows fill up all the time, and their reset is when they are full again: empty now may be enough in a second.
  const windows = limits.windows.filter(({ name }) => !isPlain(name));
  const until = latest(now, rejectedUntil({ ...limits, windows }));
  return until === null ? [] : [official("target", until)];
}

/** Credit for a model is spent: until the official time where one is named, else by guess. */
export function benchesOfCredit({ limits, model, kind, now }: BenchInput): readonly Bench[] {
  if (kind !== "messages" || model === null) return [];
  const until = latest(now, modelRejectedUntil(limits), limits.retryAt);
  return [until === null ? guess("model", "credit") : official("model", until)];
}
