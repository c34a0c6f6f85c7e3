// What came of the sign-ins that somebody waits for, say a terminal while the browser does its part.
import type { CcbError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import { PENDING_SECONDS } from "./pending.ts";
import type { LoginPair } from "./pending.ts";
import type { SignedIn } from "./sign-in.ts";

/** As many as there can be logins pending. */
const LIMIT = 32;
/** Remembered a little longer than the login, so that who waits learns of its end, milliseconds. */
const KEPT_MS = (PENDING_SECONDS + 60) * 1000;

/** `email_needed`: the code was taken, and whose account it is has to be said. */
type LoginOutcome =
  | { readonly kind: "signed_in"; readonly signedIn: SignedIn }
  | { readonly kind: "email_needed" }
  | { readonly kind: "failed"; readonly error: CcbError };

export interface LoginOutcomes {
  /** Remembers what comes of a pair, under both of its states. */
  watch(pair: LoginPair): void;
  settle(state: string, outcome: LoginOutcome): void;
  /** The outcome, "pending" after `milliseconds` without one, or null for a state that nobody watches. */
  wait(state: string, milliseconds: number, signal: AbortSignal): Promise<LoginOutcome | "pending" | null>;
}

interface Watched {
  readonly until: number;
  readonly waiters: Set<() => void>;
  outcome: LoginOutcome | null;
}

/** Creates an empty record of outcomes. */
export function createLoginOutcomes(clock: Clock): LoginOutcomes {
  const watched = new Map<string, Watched>();

  function prune(): void {
    for (const [state, { until }] of watched) if (until <= clock.now()) watched.delete(state);
    while (watched.size > 2 * LIMIT) {
      const [oldest] = watched.keys();
      if (oldest === undefined) return;
      watched.delete(oldest);
    }
  }

  return {
    watch({ browser, paste }) {
      const record: Watched = { until: clock.now() + KEPT_MS, waiters: new Set(), outcome: null };
      if (browser !== null) watched.set(browser.state, record);
      watched.set(paste.state, record);
      prune();
    },
    settle(state, outcome) {
      const record = watched.get(state);
      if (record === undefined || record.outcome?.kind === "signed_in") return;
      record.outcome = outcome;
      for (const wake of record.waiters) wake();
    },
    async wait(state, milliseconds, signal) {
      prune();
      const record = watched.get(state);
      if (record === undefined) return null;
      if (record.outcome === null && milliseconds > 0 && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        record.waiters.add(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
        const cancel = clock.after(milliseconds, resolve);
        await promise;
        cancel();
        record.waiters.delete(resolve);
      }
      return record.outcome ?? "pending";
    },
  };
}
