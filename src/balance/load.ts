// The order among equals, by strategy. Pure.
import type { ChoiceRequest, ChoiceState, ChoosableTarget, TargetRecord } from "./choosable.ts";
import { firstReset, headroomOf } from "./windows.ts";

/**
 * `session`: a conversation stays where it is; a new one goes where most is left of the limits, else where fewest
 * sessions are; a request of no session takes turns. `round_robin`: strict turns. `weighted`: turns in proportion to
 * the weights. `least_used`: where most is left, else where the least is under way. `drain`: first the window that
 * begins anew soonest.
 */
export type Strategy = "session" | "round_robin" | "least_used" | "weighted" | "drain";

/** What decided: `most_headroom` and `first_reset` where the limits are known, else what stands in for them. */
export type LoadReason = "most_headroom" | "fewest_sessions" | "least_in_flight" | "first_reset" | "turn" | "weight";

export interface Entry {
  readonly target: ChoosableTarget;
  readonly record: TargetRecord | undefined;
}

export interface LoadInput {
  readonly strategy: Strategy;
  readonly request: ChoiceRequest;
  /** The target that the session is on. */
  readonly home: string | null;
  readonly now: number;
  readonly turn: number;
  readonly state: Pick<ChoiceState, "sessionsOn">;
}

/** Headroom within this counts as the same: upstreams round it, and then fewest sessions say more. */
const STEP = 0.05;
/** What a request under way is taken to use, until its reply says: else all that begin at once go to one target. */
const IN_FLIGHT_COST = 0.01;
/** So many are put in order of their load; who is tried after them goes by turn. A request is tried four times. */
const SORTED = 8;
/** Steps of it cover a circle evenly, whichever turns are looked at. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Takes the targets of a group one by one, best first. */
type Take<Of> = (entry: Of, reason: LoadReason) => void;

/** Hands over the targets of one group, all equally available and of one priority, in the order of their load. */
export function byLoad<Of extends Entry>(group: readonly Of[], input: LoadInput, take: Take<Of>): void {
  switch (input.strategy) {
    case "round_robin":
      return rotated(group, input.turn % group.length, "turn", take);
    case "weighted":
      return inTurn(group, input.turn, take);
    case "session":
      return input.request.sessionId === null ? inTurn(group, input.turn, take) : scored(group, input, take);
    case "least_used":
    case "drain":
      return scored(group, input, take);
  }
}

function rotated<Of>(group: readonly Of[], start: number, reason: LoadReason, take: Take<Of>): void {
  for (let offset = 0; offset < group.length; offset += 1) {
    const entry = group[(start + offset) % group.length];
    if (entry !== undefined) take(entry, reason);
  }
}

function weighSame(group: readonly Entry[]): boolean {
  for (const { target } of group) if (target.weight !== group[0]?.target.weight) return false;
  return true;
}

/** Strict turns where all weigh the same, else shares in proportion to the weights. */
function inTurn<Of extends Entry>(group: readonly Of[], turn: number, take: Take<Of>): void {
  if (weighSame(group)) return rotated(group, turn % group.length, "turn", take);
  let point = ((turn * GOLDEN) % 1) * group.reduce((sum, { target }) => sum + target.weight, 0);
  const start = group.findIndex(({ target }) => (point -= target.weight) < 0);
  return rotated(group, Math.max(0, start), "weight", take);
}

/** Lower first; where equal, the next. */
interface Scored<Of> {
  readonly entry: Of;
  readonly reason: LoadReason;
  readonly first: number;
  readonly second: number;
  readonly third: number;
}

function scored<Of extends Entry>(group: readonly Of[], input: LoadInput, take: Take<Of>): void {
  const { request, now } = input;
  // Who has not said anything yet counts like the best: it is neither preferred for that nor left aside.
  let best: number | null = null;
  const known: (number | null)[] = [];
  for (const { target, record } of group) {
    const headroom = record === undefined ? null : headroomOf(record.limits, target.model ?? request.model, now);
    known.push(headroom);
    if (headroom !== null && (best === null || headroom > best)) best = headroom;
  }
  const front: Scored<Of>[] = [];
  const rest: Scored<Of>[] = [];
  const start = input.turn % group.length;
  for (let offset = 0; offset < group.length; offset += 1) {
    const index = (start + offset) % group.length;
    const entry = group[index];
    if (entry === undefined) continue;
    const one = score(entry, known[index] ?? null, best, input);
    // Found from behind, so that equals stay in turn.
    let place = front.length;
    for (let other = front[place - 1]; other !== undefined && precedes(one, other); other = front[place - 1])
      place -= 1;
    if (place < SORTED) front.splice(place, 0, one);
    else rest.push(one);
    const pushedOut = front.length > SORTED ? front.pop() : undefined;
    if (pushedOut !== undefined) rest.push(pushedOut);
  }
  for (const { entry, reason } of front) take(entry, reason);
  for (const { entry, reason } of rest) take(entry, reason);
}

function score<Of extends Entry>(
  entry: Of,
  headroom: number | null,
  best: number | null,
  input: LoadInput,
): Scored<Of> {
  const { target, record } = entry;
  const busy = record === undefined ? 0 : record.inFlight / target.weight;
  const used = best === null ? 0 : -Math.round(((headroom ?? best) - busy * IN_FLIGHT_COST) / STEP);
  if (input.strategy === "drain") {
    const first =
      record === undefined ? Infinity : firstReset(record.limits, target.model ?? input.request.model, input.now);
    return { entry, reason: first === Infinity ? "least_in_flight" : "first_reset", first, second: used, third: busy };
  }
  if (input.strategy === "least_used") {
    return {
      entry,
      reason: headroom === null ? "least_in_flight" : "most_headroom",
      first: used,
      second: busy,
      third: 0,
    };
  }
  const reason = headroom === null ? "fewest_sessions" : "most_headroom";
  const first = target.id === input.home ? -Infinity : used;
  return { entry, reason, first, second: input.state.sessionsOn(target.id) / target.weight, third: busy };
}

function precedes(a: Scored<unknown>, b: Scored<unknown>): boolean {
  if (a.first !== b.first) return a.first < b.first;
  return a.second === b.second ? a.third < b.third : a.second < b.second;
}
