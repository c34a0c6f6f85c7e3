// The way of one request over the targets, up to the commit point: who is next, for how long, and what the client is
// told where nobody serves.
import type { Persistence } from "../account/persistence.ts";
import { assertReadable } from "../account/readable.ts";
import type { AccountStore } from "../account/store.ts";
import type { Begun, Fleet } from "../balance/fleet.ts";
import type { Choice } from "../balance/choose.ts";
import type { Provider } from "../config/config.ts";
import { CcbError } from "../core/errors.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { Clock, Random } from "../core/ports.ts";
import type { Target } from "../provider/target.ts";
import { mayUseProvider } from "./access.ts";
import { SHORT_ANSWER_TOKENS } from "./connections.ts";
import type { Exchange } from "./exchange.ts";
import { allLimited, firstOfRamp, firstToOpen, whyNobody } from "./nobody.ts";
import { pause } from "./pause.ts";
import { isRepeatable } from "./repeatable.ts";
import { createRun, drop, forgetLimited, keyOf, note } from "./run.ts";
import type { Answered, Run } from "./run.ts";
import type { Tried, Try, TryLimits } from "./trial.ts";

export interface FailoverDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly fleet: Fleet;
  readonly store: AccountStore;
  readonly persistence: Persistence;
  readonly attempt: Try;
  /** The error that asks the person to sign in; it also says so on the console. */
  readonly loginRequired: (provider: string) => CcbError;
}

/** Before the one retry at an overloaded provider, milliseconds; half as much again at random, so that clients part. */
const OVERLOAD_PAUSE_MS = 1_000;
/** One that asks for longer than this is taken at its word: the client waits, not ccb. */
const OVERLOAD_PATIENCE_MS = 5_000;
/** `when_exhausted: hold` waits so long at most; clients give up after six minutes (facts/claude-code). */
const HOLD_MOST_MS = 240_000;
/** A ramp is over by then. */
const RAMP_MOST_MS = 10_000;
/** For a token that is being renewed: the token endpoint's own time-out. The renewal goes on, the request does not wait. */
const SIGN_MS = 30_000;
/** While nobody is let in, it is looked again this often: somebody may have signed in, or been switched on. */
const LOOK_MS = 5_000;

/** Which error tells most where no upstream gave a reply: what may pass by itself comes first. */
const TELLING: readonly ErrorCode[] = [
  "upstream_unreachable",
  "upstream_lost",
  "upstream_timeout",
  "token_unavailable",
  "login_required",
];

/** Creates the failover: resolves the answer to relay, or rejects with the error that tells most. */
export function createFailover(deps: FailoverDeps): (exchange: Exchange) => Promise<Answered> {
  const { clock, fleet } = deps;

  /** Milliseconds that are left for further tries; Infinity before the first failure. */
  function left({ plan }: Exchange, { failedAt }: Run): number {
    if (failedAt === null) return Infinity;
    return plan.config.settings.balancing.failover_budget_seconds * 1000 - (clock.monotonic() - failedAt);
  }

  /** How long a try may take, by its own settings and by what is left for all of them. */
  function limitsOf(exchange: Exchange, run: Run): TryLimits {
    const { peeked, plan, asked } = exchange;
    const { first_byte, first_byte_stream } = plan.config.settings.timeouts;
    const own = (peeked.stream ? first_byte_stream : first_byte) * 1000;
    // It may take minutes, and cutting it off would pay for it twice.
    const long = !peeked.stream && !asked.countTokens && (peeked.maxTokens ?? 0) > SHORT_ANSWER_TOKENS;
    const budget = Math.max(1, left(exchange, run));
    const signMs = Math.min(SIGN_MS, budget);
    if (long || budget === Infinity) return { signMs, firstByteMs: own, cut: false };
    return { signMs, firstByteMs: own === 0 ? budget : Math.min(own, budget), cut: own === 0 || budget < own };
  }

  const isTried = (run: Run, target: Target): boolean =>
    run.overloaded.has(target.providerName) || (run.tried.size > 0 && run.tried.has(keyOf(target)));

  /** What is waited on purpose is no time of the failover's. */
  async function wait(exchange: Exchange, run: Run, milliseconds: number): Promise<void> {
    await pause(clock, milliseconds, exchange.request.signal);
    if (run.failedAt !== null) run.failedAt += milliseconds;
  }

  /** Waits for a ramp or a window that lets somebody in; false: there is nothing to wait for. */
  async function waited(exchange: Exchange, run: Run, choice: Choice<Target>): Promise<boolean> {
    const { when_exhausted } = exchange.plan.config.settings.balancing;
    const hold = when_exhausted === "hold" && exchange.body.kind !== "once";
    const ramp = firstOfRamp(choice, (target) => isTried(run, target));
    if (ramp !== null && (hold ? run.heldMs < HOLD_MOST_MS : run.rampedMs < RAMP_MOST_MS)) {
      const milliseconds = Math.max(1, ramp - clock.now());
      run.rampedMs += milliseconds;
      run.heldMs += milliseconds;
      await wait(exchange, run, milliseconds);
      return true;
    }
    const first = firstToOpen(choice);
    if (first === null || !hold) return false;
    const whole = Math.max(1, first.until - clock.now());
    if (run.heldMs + whole > HOLD_MOST_MS) return false;
    const milliseconds = Math.min(whole, LOOK_MS);
    run.heldMs += milliseconds;
    await wait(exchange, run, milliseconds);
    // Until then its limit keeps it out.
    forgetLimited(run);
    return true;
  }

  /** The provider that a sign-in would help, if any. */
  const accountProvider = ({ plan, asked, access }: Exchange): Provider | undefined =>
    plan
      .providersFor(asked.model)
      .filter(({ name }) => mayUseProvider(access, name))
      .find((provider) => provider.credential.kind === "oauth" && fleet.enabled(provider));

  /** True: accounts have come out of the keyring. Not a login prompt while they are there, behind a lock. */
  async function accountsCame(exchange: Exchange, run: Run): Promise<boolean> {
    const known = (): boolean => deps.store.all().length > 0;
    if (run.keyringAsked || run.tried.size > 0 || known() || accountProvider(exchange) === undefined) return false;
    run.keyringAsked = true;
    await assertReadable(deps.persistence).catch((error: unknown) => {
      if (!known()) throw error;
    });
    return known();
  }

  function pick(exchange: Exchange, run: Run): ReturnType<Fleet["pick"]> {
    const skip = (target: Target): boolean => isTried(run, target);
    const picked = fleet.pick(exchange.plan, exchange.asked, { skip, avoided: run.avoided });
    const { candidates, excluded } = picked.choice;
    // The first choice says why somebody was chosen; where nobody is left, the last says why.
    if (run.tried.size === 0 || picked.begun === null) exchange.trace.choice(candidates, excluded);
    return picked;
  }

  /** The next target, begun, where somebody has to be waited for. */
  async function later(exchange: Exchange, run: Run, first: Choice<Target>): Promise<Begun | null> {
    for (let choice = first; ;) {
      if (!(await waited(exchange, run, choice)) && !(await accountsCame(exchange, run))) return null;
      const picked = pick(exchange, run);
      if (picked.begun !== null) return picked.begun;
      choice = picked.choice;
    }
  }

  /** The next target, begun; null: nobody may serve now. */
  function next(exchange: Exchange, run: Run): Begun | Promise<Begun | null> {
    const { choice, begun } = pick(exchange, run);
    return begun ?? later(exchange, run, choice);
  }

  const inBounds = (exchange: Exchange, run: Run): boolean =>
    run.counted < exchange.plan.config.settings.balancing.max_attempts && left(exchange, run) > 0;

  /** Whether another target may be tried after this one. */
  function mayHop(exchange: Exchange, run: Run, tried: Tried): boolean {
    if (tried.kind === "unsigned") return inBounds(exchange, run);
    if (tried.kind === "barred") return true;
    if (tried.verdict.once) {
      if (run.hoppedOnce) return false;
      run.hoppedOnce = true;
    }
    return isRepeatable(exchange, tried) && inBounds(exchange, run);
  }

  /** Waits and begins once more at a provider that is overloaded, where there is no other; null: not this time. */
  async function retryHere(exchange: Exchange, run: Run): Promise<Begun | null> {
    if (run.overload === null || run.retriedHere) return null;
    const { target } = run.overload.begun;
    // Its account may have been lost at another provider meanwhile.
    if (fleet.unusable(target) !== null) return null;
    const { retryAt } = run.overload.limits;
    const asked = retryAt === null ? OVERLOAD_PAUSE_MS : retryAt - clock.now();
    if (asked > OVERLOAD_PATIENCE_MS || asked >= left(exchange, run)) return null;
    run.retriedHere = true;
    await pause(clock, asked * (1 + deps.random.fraction() / 2), exchange.request.signal);
    return fleet.unusable(target) === null ? fleet.again(target, exchange.asked) : null;
  }

  /** Nobody served: a conversation does not lose its place for that. */
  function unsettle({ asked }: Exchange, { home, last }: Run): void {
    if (last !== null) fleet.unsettle(asked, home, last);
  }

  /** Nobody serves: the answer or the error that tells most. */
  function end(exchange: Exchange, run: Run): Answered {
    const choice = fleet.choose(exchange.plan, exchange.asked);
    const first = firstToOpen(choice);
    const { best } = run;
    // Of a single target the upstream's own 429 says it as well, and in the form that the client knows.
    const waiting = choice.excluded.filter(({ until }) => until !== null);
    const alone = waiting.length === 1 && best !== null && best.limits.retryAt !== null;
    if (first !== null && !alone) throw allLimited(first, clock.now());
    const error = TELLING.map((code) => run.errors.find((one) => one.code === code)).find((one) => one !== undefined);
    const passing = error !== undefined && error.code !== "login_required";
    const wanted = accountProvider(exchange);
    // A refused key says less than a sign-in that would help; and what may pass in a moment more than hours to wait.
    const outdone = best?.verdict.reason === "key_refused" && wanted !== undefined;
    if (best !== null && !outdone && !(passing && best.verdict.telling < 3)) return best;
    if (passing) throw error;
    const refusal = error === undefined ? whyNobody(choice, wanted !== undefined) : null;
    throw refusal ?? deps.loginRequired(wanted?.name ?? "");
  }

  return async (exchange) => {
    const run = createRun(fleet.homeOf(exchange.asked));
    try {
      // Nearly always somebody is there at once.
      const first = next(exchange, run);
      let begun = first instanceof Promise ? await first : first;
      while (begun !== null) {
        const current: Begun = begun;
        run.last = current.target;
        const beganAt = clock.monotonic();
        const tried = await deps.attempt(exchange, current, limitsOf(exchange, run));
        if (tried.kind === "answer" && tried.verdict.action !== "next") {
          drop(run);
          return tried;
        }
        note(run, current.target, tried, beganAt, clock.monotonic());
        if (!mayHop(exchange, run, tried)) break;
        begun = (await next(exchange, run)) ?? (await retryHere(exchange, run));
      }
      unsettle(exchange, run);
      return end(exchange, run);
    } catch (error) {
      unsettle(exchange, run);
      drop(run);
      throw error;
    }
  };
}
