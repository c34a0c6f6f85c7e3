// The target that comes first without a look at the others, for fleets so large that the look would cost more than the
// request. Pure. Where it says nothing, choose.ts looks at all of them.
import type { Target } from "../provider/target.ts";
import { exclusionOf, guessedOf, isPaid } from "./availability.ts";
import type { ChoiceRequest, ChoiceState } from "./choosable.ts";
import type { Candidate } from "./choose.ts";
import type { Strategy } from "./load.ts";

/** Up to here all of them are looked at, and told of in the trace. */
const SMALL_FLEET = 16;

interface Front {
  readonly byId: ReadonlyMap<string, Target>;
  /** Those of the first priority, in their order. */
  readonly first: readonly Target[];
  /** They weigh the same. */
  readonly equal: boolean;
}

/** Made once for each list of targets: one lasts until an account comes or goes, or the file changes. */
const fronts = new WeakMap<readonly Target[], Front>();

function frontOf(targets: readonly Target[]): Front {
  const known = fronts.get(targets);
  if (known !== undefined) return known;
  const priority = targets.reduce((least, target) => Math.min(least, target.priority), Infinity);
  const first = targets.filter((target) => target.priority === priority);
  const made = {
    byId: new Map(targets.map((target) => [target.id, target])),
    first,
    equal: first.every(({ weight }) => weight === first[0]?.weight),
  };
  fronts.set(targets, made);
  return made;
}

/** Available, with plan quota, and without a guess against it. */
function isOpen(target: Target, request: ChoiceRequest, state: ChoiceState<Target>, now: number): boolean {
  const record = state.target(target.id);
  const name = target.model ?? request.model;
  const sight = {
    target,
    record,
    provider: state.provider(target.providerName),
    model: name === null ? undefined : record?.models.get(name),
    counting: request.countTokens ? record?.countTokens : undefined,
  };
  if (isPaid(target, record, now)) return false;
  return exclusionOf(sight, request, null, state, now) === null && guessedOf(sight, now) === null;
}

/**
 * The session's own target, or the one whose turn it is, where nobody can come before it: it is open, and of the first
 * priority. null: all have to be looked at.
 */
export function frontRunner(
  targets: readonly Target[],
  request: ChoiceRequest,
  state: ChoiceState<Target>,
  strategy: Strategy,
  now: number,
  turn: number,
): Candidate<Target> | null {
  if (targets.length <= SMALL_FLEET || request.pinned !== null) return null;
  const { byId, first, equal } = frontOf(targets);
  if (strategy === "session" && request.sessionId !== null) {
    const home = byId.get(state.sessionOn(request.sessionId) ?? "");
    if (home === undefined || home.priority !== first[0]?.priority || !isOpen(home, request, state, now)) return null;
    return { target: home, reason: "session", detail: null };
  }
  if ((strategy !== "session" && strategy !== "round_robin") || !equal) return null;
  const next = first[turn % first.length];
  if (next === undefined || !isOpen(next, request, state, now)) return null;
  return { target: next, reason: "turn", detail: null };
}
