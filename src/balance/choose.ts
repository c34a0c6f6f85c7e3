// Which targets a request may go to, best first, and why each stands where it does. Pure: it reads the state, nothing
// else.
import type { ChoiceRequest, ChoiceState, ChoosableTarget } from "./choosable.ts";
import { exclusionOf, guessedOf, isPaid } from "./availability.ts";
import type { Excluded, Sight } from "./availability.ts";
import { byLoad, createLoad } from "./load.ts";
import type { Load, LoadReason, Strategy } from "./load.ts";
import { easeOf } from "./standing.ts";
import type { Standing } from "./standing.ts";

/**
 * Why a candidate stands where it does: by load (load.ts); `pinned`, it holds what the request names; `session`, the
 * conversation is there; `probe`, its cooldown has run out and this request finds out; `cooling`, our own guess puts it
 * last; `extra_usage`, it would be paid for, so all others come first.
 */
type CandidateReason = LoadReason | "pinned" | "session" | "probe" | "cooling" | "extra_usage";

export interface Candidate<Target> {
  readonly target: Target;
  readonly reason: CandidateReason;
  /** The reason of the cooldown, where there is one. */
  readonly detail: string | null;
}

export interface Choice<Target> {
  /** Best first. */
  readonly candidates: readonly Candidate<Target>[];
  readonly excluded: readonly Excluded<Target>[];
}

// A paid target stands behind every unpaid one, even one that cools: no surprise bill.
const OPEN = 0;
const COOLING = 1;
const PAID = 2;

/** Filled in as it becomes known: one object for a target, as there may be hundreds. */
interface Ranked<Target> extends Sight<Target> {
  tier: number;
  /** The standing whose guess holds, or is to be tried; null: none. */
  guessed: Readonly<Standing> | null;
  readonly load: Load;
}

/**
 * Chooses: available, then `priority`, then the session's own target, then load by the strategy. `now`: wall clock
 * milliseconds. `turn` counts requests: it decides among equals. A cooldown of our own guess orders and never leaves
 * out.
 */
export function choose<Target extends ChoosableTarget>(
  targets: readonly Target[],
  request: ChoiceRequest,
  state: ChoiceState<Target>,
  { strategy }: { readonly strategy: Strategy },
  now: number,
  turn: number,
): Choice<Target> {
  // A pin to a target that is gone is void: whoever answers says best that the thing is not there.
  const pinned = request.pinned !== null && targets.some(({ id }) => id === request.pinned) ? request.pinned : null;
  const home = strategy === "session" && request.sessionId !== null ? state.sessionOn(request.sessionId) : null;
  const excluded: Excluded<Target>[] = [];
  /** Equals, of one tier and priority, by both. */
  const groups = new Map<number, Ranked<Target>[]>();
  // Neighbours in the file are mostly of one provider and equals: each look-up less counts a hundred times.
  let provider: Readonly<Standing> | undefined;
  let providerName: string | null = null;
  let members: Ranked<Target>[] = [];
  let membersKey = -1;
  for (const target of targets) {
    if (target.providerName !== providerName) {
      providerName = target.providerName;
      provider = state.provider(providerName);
    }
    const record = state.target(target.id);
    const models = record?.models;
    const name = target.model ?? request.model;
    const sight: Ranked<Target> = {
      target,
      record,
      provider,
      model: name === null || models === undefined || models.size === 0 ? undefined : models.get(name),
      counting: request.countTokens ? record?.countTokens : undefined,
      tier: OPEN,
      guessed: null,
      load: createLoad(),
    };
    const exclusion = exclusionOf(sight, request, pinned, state, now);
    if (exclusion !== null) {
      excluded.push(exclusion);
      continue;
    }
    sight.guessed = guessedOf(sight, now);
    const paid = isPaid(target, record, now);
    const cooling = sight.guessed !== null && easeOf(sight.guessed, now) === "cooling";
    sight.tier = (paid ? PAID : OPEN) + (cooling ? COOLING : OPEN);
    // Priorities end at a million, and a routed one may have a fraction (plan.ts).
    const key = sight.tier * 1e7 + target.priority;
    if (key !== membersKey) {
      membersKey = key;
      const known = groups.get(key);
      members = known ?? [];
      if (known === undefined) groups.set(key, members);
    }
    members.push(sight);
  }
  const load = { strategy, request, home, now, turn, state };
  const candidates: Candidate<Target>[] = [];
  const take = ({ target, tier, guessed }: Ranked<Target>, reason: LoadReason): void => {
    const detail = guessed?.guess?.reason ?? null;
    // What tells most: one that stands last says why it does, one that is first why it was preferred.
    if (tier !== OPEN) candidates.push({ target, reason: tier >= PAID ? "extra_usage" : "cooling", detail });
    else if (target.id === pinned) candidates.push({ target, reason: "pinned", detail });
    else if (target.id === home) candidates.push({ target, reason: "session", detail });
    else candidates.push({ target, reason: guessed === null ? reason : "probe", detail });
  };
  for (const [, equals] of [...groups].sort(([a], [b]) => a - b)) byLoad(equals, load, take);
  return { candidates, excluded };
}
