// How long a cooldown lasts that is only ccb's own guess. It orders the candidates and never empties the list. Pure.

/**
 * network: the provider was not reached; overload: 529, the provider's capacity; unhealthy: it answers with failures;
 * credit: an account's or key's money for a model is spent, and nobody says until when.
 */
export type BackoffKind = "network" | "overload" | "unhealthy" | "credit";

/** The part of `settings.balancing` that decides. */
export interface UnhealthySettings {
  /** Failures in a row before a target is cooled. */
  readonly unhealthy_threshold: number;
  readonly failure_cooldown_seconds: number;
}

const NETWORK_FIRST_MS = 2_000;
const NETWORK_MOST_MS = 60_000;
/** Capacity comes and goes in seconds: never more than 10 s, however often it happens. */
const OVERLOAD_MS = 5_000;
/** Bought credit is seen after this; the target is still tried before then where there is no other. */
const CREDIT_MS = 300_000;

/** Milliseconds to cool after the `failuresInARow`-th failure of this kind (1 is the first); 0: not at all. */
export function coolDownMs(kind: BackoffKind, failuresInARow: number, settings: UnhealthySettings): number {
  const failures = Number.isFinite(failuresInARow) ? Math.max(1, Math.floor(failuresInARow)) : 1;
  switch (kind) {
    case "network":
      return Math.min(NETWORK_FIRST_MS * 2 ** (failures - 1), NETWORK_MOST_MS);
    case "overload":
      return OVERLOAD_MS;
    case "unhealthy":
      return failures < settings.unhealthy_threshold ? 0 : settings.failure_cooldown_seconds * 1000;
    case "credit":
      return CREDIT_MS;
  }
}
