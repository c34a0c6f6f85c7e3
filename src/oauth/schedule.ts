// When each account is refreshed: one timer per account, early enough, clamped, set anew after a sleep.
import type { Account } from "../account/account.ts";
import type { AccountStore } from "../account/store.ts";
import type { Cancel, Clock, Random } from "../core/ports.ts";
import type { Refresher } from "./refresh.ts";

/** Refresh this early, or at a tenth of the lifetime where that is less (design.md), milliseconds. */
const EARLY_MS = 300_000;
const EARLY_SHARE = 0.1;
/** At most this much earlier still, as a share, so that accounts signed in together do not refresh together. */
const JITTER_SHARE = 0.1;
/** Not sooner than this after the tokens came: a server that gives tokens of no life is not to be asked in a loop. */
const LEAST_WAIT_MS = 5_000;
/** setTimeout overflows past 2^31-1 ms and then fires at once (facts/bun): longer waits are taken in pieces. */
const TIMER_LIMIT_MS = 2 ** 31 - 1;

export interface Schedule {
  /** Sets the account's timer by its tokens and its last failure. */
  arm(id: string): void;
  disarm(id: string): void;
  /** Looks at all accounts again: after a sleep the timers are late, since time asleep does not count. */
  wake(): void;
  /** When the account is refreshed next, wall clock milliseconds; null where it is not scheduled. */
  nextAt(id: string): number | null;
  stop(): void;
}

export interface ScheduleDeps {
  readonly store: AccountStore;
  readonly refresher: Refresher;
  readonly clock: Clock;
  readonly random: Random;
  /** False: tokens are refreshed only when a request needs it. */
  readonly enabled: () => boolean;
}

/** The moment to refresh a token set, before jitter. */
export function refreshDueAt({ expiresAt, obtainedAt }: Account["tokens"]): number {
  const lifetime = Math.max(0, expiresAt - obtainedAt);
  return expiresAt - Math.min(EARLY_MS, lifetime * EARLY_SHARE);
}

/** Creates the schedule; it does nothing for accounts that cannot be refreshed. */
export function createSchedule({ store, refresher, clock, random, enabled }: ScheduleDeps): Schedule {
  const timers = new Map<string, { readonly at: number; readonly cancel: Cancel }>();
  let stopped = false;

  function disarm(id: string): void {
    timers.get(id)?.cancel();
    timers.delete(id);
  }

  function dueAt(account: Account): number {
    const { expiresAt, obtainedAt } = account.tokens;
    const due = refreshDueAt(account.tokens);
    const early = (expiresAt - due) * JITTER_SHARE * random.fraction();
    return Math.max(due - early, obtainedAt + LEAST_WAIT_MS, refresher.retryAt(account.id));
  }

  function wait(id: string, at: number): void {
    const milliseconds = Math.min(Math.max(0, at - clock.now()), TIMER_LIMIT_MS);
    const cancel = clock.after(milliseconds, () => {
      // A clamped wait, or a clock that was set back: not due yet.
      if (clock.now() < at) return wait(id, at);
      timers.delete(id);
      void refresher.refresh(id);
    });
    timers.set(id, { at, cancel });
  }

  function arm(id: string): void {
    disarm(id);
    const account = store.byId(id);
    if (stopped || !enabled() || account === undefined || account.tokens.refresh === null) return;
    if (store.health(id).state === "login_required") return;
    wait(id, dueAt(account));
  }

  return {
    arm,
    disarm,
    wake() {
      // A list of its own: arming moves an account to the end of the map.
      for (const id of Array.from(timers.keys())) arm(id);
    },
    nextAt: (id) => timers.get(id)?.at ?? null,
    stop() {
      stopped = true;
      for (const id of timers.keys()) disarm(id);
    },
  };
}
