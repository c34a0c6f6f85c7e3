// All targets together: how they stand, what their owner switched off, where the conversations are, and the choice for
// one request. It survives a reload of the configuration.
import type { AccountStore } from "../account/store.ts";
import type { Provider } from "../config/config.ts";
import type { Clock, Random } from "../core/ports.ts";
import type { Target } from "../provider/target.ts";
import { createAffinity } from "./affinity.ts";
import type { Affinity } from "./affinity.ts";
import type { ChoiceRequest, ChoiceState, Forbidden, Unusable } from "./choosable.ts";
import { choose } from "./choose.ts";
import type { Candidate, Choice } from "./choose.ts";
import { frontRunner } from "./front.ts";
import type { Plan } from "./plan.ts";
import { createSessions } from "./sessions.ts";
import type { Sessions } from "./sessions.ts";
import { createBalanceState } from "./target-state.ts";
import type { BalanceState, Flight } from "./target-state.ts";

/** What the choice is asked for one request. */
export interface Asked extends ChoiceRequest {
  /** Tells clients' own credentials apart: their limits are not each other's. */
  readonly clientDigest: string;
  /** It asks for a message: only that gives a conversation its place. */
  readonly message: boolean;
  /** The server keeps the state of this request (affinity.ts). */
  readonly thread: boolean;
  /** From `nextTurn`. */
  readonly turn: number;
  /** Why the caller may not have a target; null: it may. Itself null: it may have all. */
  readonly forbids: ((target: Target) => Forbidden | null) | null;
}

/** What a request has learnt on its way. */
interface Experience {
  /** Not again. */
  readonly skip: (target: Target) => boolean;
  /** Providers that come after the others, as they have just failed. */
  readonly avoided: ReadonlySet<string>;
}

export interface Begun {
  readonly target: Target;
  readonly flight: Flight;
}

export interface Fleet {
  readonly state: BalanceState;
  readonly sessions: Sessions;
  readonly affinity: Affinity;
  /** Counts requests: the turn decides among equals. */
  nextTurn(): number;
  /** Chooses and, in the same turn, begins at the best candidate and takes the session there. `begun` null: nobody may serve now. */
  pick(
    plan: Plan,
    asked: Asked,
    experience: Experience,
  ): { readonly choice: Choice<Target>; readonly begun: Begun | null };
  /** The choice alone: nothing begins. */
  choose(plan: Plan, asked: Asked): Choice<Target>;
  /** Once more at the same target, or null where it may not be. */
  again(target: Target, asked: Asked): Begun | null;
  /** The session is where it was served. */
  settle(target: Target, asked: Asked): void;
  /** The id of the session's target; null: it has none, or is none. */
  homeOf(asked: Asked): string | null;
  /** Nobody served the request, which was last begun at `tried`: its session is where it was before. */
  unsettle(asked: Asked, home: string | null, tried: Target): void;
  /** Its limit has been met since it was chosen. */
  limited(target: Target, asked: Asked): boolean;
  unusable(target: Target): Unusable | null;
  enabled(provider: Provider): boolean;
  /** Until a restart; switching on also forgets the provider's cooldowns. */
  setEnabled(plan: Plan, provider: string, enabled: boolean): void;
  paused(accountId: string): boolean;
  /** Until a restart; resuming also forgets the account's cooldowns. */
  setPaused(plan: Plan, accountId: string, paused: boolean): void;
  /** The upstream refused this key: it is left out until a reload, but for when there is nobody else. True: that is news. */
  refuseKey(targetId: string): boolean;
  /** Another configuration is in force: refused keys may be tried again, and a provider with another key or address begins anew. */
  replaced(before: Plan, after: Plan): void;
}

export interface FleetDeps {
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
  readonly store: Pick<AccountStore, "health">;
  readonly sessionTtlMs: () => number;
}

/** The targets that a request sees: with a client's own credential, it is that credential that is benched. */
function ownTargets(targets: readonly Target[], digest: string): readonly Target[] {
  return targets.map((target) => (target.kind === "client" ? { ...target, id: `${target.id}:${digest}` } : target));
}

/** A refused key is tried where there is nobody else, and nobody to wait for: it may have been put right at its server. */
function lastResort({ excluded }: Choice<Target>): readonly { readonly target: Target }[] {
  if (excluded.some(({ until }) => until !== null)) return [];
  return excluded.filter(({ reason }) => reason === "key_refused");
}

/**
 * The candidates without those that would be paid for, while a plan has quota left: one that has just failed, or lets
 * only a few in for a second, is no reason for a bill.
 */
function unpaid({ candidates, excluded }: Choice<Target>): readonly Candidate<Target>[] {
  // They stand last.
  if (candidates.at(-1)?.reason !== "extra_usage") return candidates;
  const ofPlans = candidates.filter(({ reason }) => reason !== "extra_usage");
  return ofPlans.length > 0 || excluded.some(({ reason }) => reason === "ramp") ? ofPlans : candidates;
}

/** Providers that have just failed come after the others. */
function ordered(candidates: readonly Candidate<Target>[], avoided: ReadonlySet<string>): readonly Candidate<Target>[] {
  if (avoided.size === 0) return candidates;
  const rank = ({ target }: Candidate<Target>): number => (avoided.has(target.providerName) ? 1 : 0);
  return candidates.toSorted((a, b) => rank(a) - rank(b));
}

/** Creates a fleet of which nothing is known yet. */
export function createFleet({ clock, random, store, sessionTtlMs }: FleetDeps): Fleet {
  const state = createBalanceState({ clock, random });
  const sessions = createSessions({ clock, ttlMs: sessionTtlMs });
  const switched = new Map<string, boolean>();
  const pausedAccounts = new Set<string>();
  const refusedKeys = new Set<string>();
  let turn = 0;

  const enabled = ({ name, enabled }: Pick<Provider, "name" | "enabled">): boolean => switched.get(name) ?? enabled;

  function unusable(target: Target): Unusable | null {
    if (!enabled(target.provider)) return "disabled";
    if (target.kind === "key") return refusedKeys.has(target.id) ? "key_refused" : null;
    if (target.kind === "client") return null;
    if (pausedAccounts.has(target.account.id)) return "paused";
    return store.health(target.account.id).state === "login_required" ? "login_required" : null;
  }

  const view: ChoiceState<Target> = {
    target: (id) => state.target(id),
    provider: (name) => state.provider(name),
    sessionOn: (id) => sessions.targetOf(id),
    sessionsOn: (id) => sessions.countAsOfLast(id),
    unusable,
  };

  /** What is known of the targets, and of what this request may not have. */
  const viewOf = ({ forbids }: Asked): ChoiceState<Target> =>
    forbids === null ? view : { ...view, unusable: (target) => forbids(target) ?? unusable(target) };

  function targetsOf(plan: Plan, { model, clientDigest }: Asked): readonly Target[] {
    const targets = plan.targetsFor(model);
    return plan.passesThrough ? ownTargets(targets, clientDigest) : targets;
  }

  function chosen(plan: Plan, asked: Asked): Choice<Target> {
    const { strategy } = plan.config.settings.balancing;
    return choose(targetsOf(plan, asked), asked, viewOf(asked), { strategy }, clock.now(), asked.turn);
  }

  /** The front runner, begun. */
  function first(plan: Plan, asked: Asked, { skip, avoided }: Experience): ReturnType<Fleet["pick"]> | null {
    if (avoided.size > 0) return null;
    const { strategy } = plan.config.settings.balancing;
    const view = viewOf(asked);
    const candidate = frontRunner(targetsOf(plan, asked), asked, view, strategy, clock.now(), asked.turn);
    const begun = candidate === null || skip(candidate.target) ? null : again(candidate.target, asked);
    return candidate === null || begun === null ? null : { choice: { candidates: [candidate], excluded: [] }, begun };
  }

  function settle(target: Target, { sessionId, message }: Asked): void {
    if (sessionId !== null && message) sessions.place(sessionId, target.id);
  }

  function again(target: Target, asked: Asked): Begun | null {
    const { model, sessionId, countTokens } = asked;
    const admission = state.begin(target, { model: target.model ?? model, sessionId, countTokens });
    if (!admission.admitted) return null;
    settle(target, asked);
    return { target, flight: admission.flight };
  }

  function forgive(plan: Plan, matches: (target: Target) => boolean): void {
    for (const { id, kind } of plan.targets().filter(matches)) {
      refusedKeys.delete(id);
      state.clear({ scope: "target", targetId: id });
      if (kind === "client") state.clearUnder(`${id}:`);
    }
  }

  return {
    state,
    sessions,
    affinity: createAffinity({ clock }),
    nextTurn() {
      const mine = turn;
      turn = (turn + 1) % Number.MAX_SAFE_INTEGER;
      return mine;
    },
    choose: chosen,
    pick(plan, asked, experience) {
      const ahead = first(plan, asked, experience);
      if (ahead !== null) return ahead;
      const { skip, avoided } = experience;
      const choice = chosen(plan, asked);
      const order = choice.candidates.length > 0 ? ordered(unpaid(choice), avoided) : lastResort(choice);
      for (const { target } of order) {
        const begun = skip(target) ? null : again(target, asked);
        if (begun !== null) return { choice, begun };
      }
      return { choice, begun: null };
    },
    again,
    settle,
    homeOf: ({ sessionId }) => (sessionId === null ? null : sessions.targetOf(sessionId)),
    unsettle({ sessionId, message }, home, tried) {
      // Unless another request of the session was served elsewhere meanwhile.
      if (sessionId === null || !message || sessions.targetOf(sessionId) !== tried.id) return;
      if (home === null) sessions.forget(sessionId);
      else sessions.place(sessionId, home);
    },
    limited: (target, { model, countTokens }) => state.limited(target, { model: target.model ?? model, countTokens }),
    unusable,
    enabled,
    setEnabled(plan, provider, on) {
      switched.set(provider, on);
      if (!on) return;
      state.clear({ scope: "provider", provider });
      forgive(plan, (target) => target.providerName === provider);
    },
    paused: (accountId) => pausedAccounts.has(accountId),
    setPaused(plan, accountId, paused) {
      if (paused) {
        pausedAccounts.add(accountId);
        return;
      }
      pausedAccounts.delete(accountId);
      forgive(plan, (target) => target.kind === "account" && target.account.id === accountId);
    },
    refuseKey(targetId) {
      const known = refusedKeys.has(targetId);
      refusedKeys.add(targetId);
      return !known;
    },
    replaced(before, after) {
      refusedKeys.clear();
      const same = (a: Provider, b: Provider): boolean =>
        a.base_url === b.base_url &&
        a.credential.kind === b.credential.kind &&
        (a.credential.kind !== "key" || (b.credential.kind === "key" && a.credential.key.equals(b.credential.key)));
      const kept = (provider: Provider): boolean =>
        before.config.providers.some((old) => old.name === provider.name && same(old, provider));
      for (const { name } of after.config.providers.filter((provider) => !kept(provider))) {
        state.clear({ scope: "provider", provider: name });
        forgive(after, (target) => target.providerName === name);
      }
    },
  };
}
