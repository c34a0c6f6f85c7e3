// What one request has been through: whom it has tried, what they answered, and the time that took.
import type { CcbError } from "../core/errors.ts";
import type { Target } from "../provider/target.ts";
import type { Tried } from "./trial.ts";

export type Answered = Extract<Tried, { kind: "answer" }>;

export interface Run {
  /** By target and model. */
  tried: ReadonlySet<string>;
  /** Those of `tried` that named a reset: after a wait for it they may be asked again. */
  limited: ReadonlySet<string>;
  /** Providers that come after the others. */
  avoided: ReadonlySet<string>;
  /** Providers that are overloaded: not again in this request. */
  overloaded: ReadonlySet<string>;
  /** Tries that count against `max_attempts`. */
  counted: number;
  /** The one hop that a throttle allows has been made. */
  hoppedOnce: boolean;
  retriedHere: boolean;
  /** Monotonic milliseconds of the first failure, later by what was waited since; null: none yet. */
  failedAt: number | null;
  /** Waited for windows and for ramps, milliseconds. */
  heldMs: number;
  rampedMs: number;
  keyringAsked: boolean;
  /** Where the session was before; null: nowhere. */
  readonly home: string | null;
  /** Where it was begun last. */
  last: Target | null;
  /** One that is overloaded, and what it said of a wait: where there is nobody else, it is asked once more. */
  overload: Answered | null;
  /** The answer that tells most so far. */
  best: Answered | null;
  errors: readonly CcbError[];
}

/** Nearly every request is served by the first that it tries. */
const NONE: ReadonlySet<string> = new Set();
const NO_ERRORS: readonly CcbError[] = [];

export const createRun = (home: string | null): Run => ({
  tried: NONE,
  limited: NONE,
  avoided: NONE,
  overloaded: NONE,
  counted: 0,
  hoppedOnce: false,
  retriedHere: false,
  failedAt: null,
  heldMs: 0,
  rampedMs: 0,
  keyringAsked: false,
  home,
  last: null,
  overload: null,
  best: null,
  errors: NO_ERRORS,
});

const including = (set: ReadonlySet<string>, one: string): ReadonlySet<string> => set.union(new Set([one]));
const without = (set: ReadonlySet<string>, one: string): ReadonlySet<string> => set.difference(new Set([one]));

/** A route may name one target with several models. */
export const keyOf = ({ id, model }: Target): string => `${id}\n${model ?? ""}`;

/** A wait for their reset is over: whoever named one may be asked again. */
export function forgetLimited(run: Run): void {
  run.tried = run.tried.difference(run.limited);
  run.limited = NONE;
}

function letGo({ answer, begun }: Answered): void {
  answer.discard();
  begun.flight.end();
}

/** Keeps the answer that tells most; the first of equals, as it is the preferred target's. */
function keep(run: Run, answered: Answered): void {
  if (answered.verdict.telling <= (run.best?.verdict.telling ?? 0)) {
    letGo(answered);
    return;
  }
  drop(run);
  run.best = answered;
}

/** Lets the kept answer go. */
export function drop(run: Run): void {
  if (run.best !== null) letGo(run.best);
  run.best = null;
}

/** Notes what came of a target. Monotonic milliseconds. */
export function note(run: Run, target: Target, tried: Tried, beganMs: number, nowMs: number): void {
  run.tried = including(run.tried, keyOf(target));
  if (tried.kind === "unsigned") {
    // The wait for a token is part of the failover's time: a fleet of them would make it endless.
    run.failedAt ??= beganMs;
    if (tried.sent) run.counted += 1;
    run.errors = [...run.errors, tried.error];
    return;
  }
  if (tried.kind === "barred") {
    run.limited = including(run.limited, keyOf(target));
    return;
  }
  const { verdict } = tried;
  run.failedAt ??= nowMs;
  if (verdict.counts) run.counted += 1;
  else run.limited = including(run.limited, keyOf(target));
  if (verdict.to === "other_provider_first") run.avoided = including(run.avoided, target.providerName);
  if (verdict.to === "other_provider") run.overloaded = including(run.overloaded, target.providerName);
  // What is not too busy any more may answer for another of its accounts.
  else run.overloaded = without(run.overloaded, target.providerName);
  if (verdict.otherwise === "retry_here" && tried.kind === "answer") run.overload = tried;
  if (tried.kind === "answer") keep(run, tried);
  else run.errors = [...run.errors, tried.error];
}
