// What failed refreshes mean for the next: how long the schedule waits, and how soon a request may ask again.
import type { Account, TokenSet } from "../account/account.ts";
import { CcbError } from "../core/errors.ts";
import { PATIENCE_SECONDS } from "../core/patience.ts";
import type { Clock } from "../core/ports.ts";
import type { TokenRefusal } from "./endpoint.ts";

const BACKOFF_FIRST_MS = 30_000;
const BACKOFF_LIMIT_MS = 3_600_000;
/** Where no old token serves, requests ask again this soon after a failure, whatever the back-off, milliseconds. */
const REQUEST_FLOOR_MS = 15_000;

/** A failure counts for the tokens it happened to: those of a later sign-in start without it. */
interface RefreshFailure {
  readonly tokens: TokenSet;
  readonly count: number;
  /** When the schedule tries again, wall clock milliseconds. */
  readonly retryAt: number;
  /** When a request may, that has no other token. */
  readonly askAt: number;
  readonly reason: string;
}

export interface RefreshFailures {
  /** The last failure of the account's present tokens. */
  of(account: Account): RefreshFailure | undefined;
  /** Counts a failure. `refusal`: what the endpoint said, if it answered. */
  add(account: Account, reason: string, refusal: TokenRefusal | null): RefreshFailure;
  forgive(id: string): void;
  forgiveAll(): void;
}

/** The error for a request that needs a token which could not be refreshed; `againAt`: when to ask again, wall clock. */
export function tokenUnavailable(reason: string, againAt: number, nowMs: number): CcbError {
  const retryAfterSeconds = Math.min(PATIENCE_SECONDS, Math.max(1, Math.ceil((againAt - nowMs) / 1000)));
  return new CcbError("token_unavailable", (words) => words.login.tokenUnavailable({ reason }), { retryAfterSeconds });
}

/** Creates an empty record of failures. */
export function createRefreshFailures(clock: Clock): RefreshFailures {
  const failures = new Map<string, RefreshFailure>();

  function of(account: Account): RefreshFailure | undefined {
    const failure = failures.get(account.id);
    return failure?.tokens === account.tokens ? failure : undefined;
  }

  return {
    of,
    add(account, reason, refusal) {
      const count = (of(account)?.count ?? 0) + 1;
      const asked = (refusal?.retryAfterSeconds ?? 0) * 1000;
      const backoff = BACKOFF_FIRST_MS * 2 ** Math.min(count - 1, 10);
      // A refusal that time does not mend is asked about as rarely as can be.
      const wait = refusal?.refusal === "refused" ? BACKOFF_LIMIT_MS : Math.max(backoff, asked);
      const retryAt = clock.now() + Math.min(wait, BACKOFF_LIMIT_MS);
      const askAt = Math.min(clock.now() + Math.max(REQUEST_FLOOR_MS, asked), retryAt);
      const failure = { tokens: account.tokens, count, retryAt, askAt, reason };
      failures.set(account.id, failure);
      return failure;
    },
    forgive: (id) => void failures.delete(id),
    forgiveAll: () => failures.clear(),
  };
}
