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
  readonly load: Load;
}

/** What decides over the place of an entry: lower first; where equal, the next. Filled in as it becomes known. */
export interface Load {
  /** What is left of its limits; null: they are not known. */
  headroom: number | null;
  reason: LoadReason;
  first: number;
  second: number;
  third: number;
}

/** Of an entry that has not been looked at. */
export const createLoad = (): Load => ({ headroom: null, reason: "turn", first: 0, second: 0, third: 0 });

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

function scored<Of extends Entry>(group: readonly Of[], input: LoadInput, take: Take<Of>): void {
  const { request, now } = input;
  // Who has not said anything yet counts like the best: it is neither preferred for that nor left aside.
  let best: number | null = null;
  for (const { target, record, load } of group) {
    if (record === undefined) continue;
    const headroom = headroomOf(record.limits, target.model ?? request.model, now);
    load.headroom = headroom;
    if (headroom !== null && (best === null || headroom > best)) best = headroom;
  }
  const front: Of[] = [];
  const rest: Of[] = [];
  const start = input.turn % group.length;
  for (let offset = 0; offset < group.length; offset += 1) {
    const entry = group[(start + offset) % group.length];
    if (entry === undefined) continue;
    score(entry, best, input);
    const pushedOut = insert(front, entry);
    if (pushedOut !== null) rest.push(pushedOut);
  }
  for (const entry of front) take(entry, entry.load.reason);
  for (const entry of rest) take(entry, entry.load.reason);
}

/** Puts an entry in its place, behind its equals, so that they stay in turn. Gives back who is one too many. */
function insert<Of extends Entry>(front: Of[], entry: Of): Of | null {
  front.push(entry);
  for (let place = front.length - 1; place > 0; place -= 1) {
    const before = front[place - 1];
    if (before === undefined || !precedes(entry.load, before.load)) break;
    front[place] = before;
    front[place - 1] = entry;
  }
  return front.length > SORTED ? (front.pop() ?? null) : null;
}

function score({ target, record, load }: Entry, best: number | null, input: LoadInput): void {
  const { headroom } = load;
  const busy = record === undefined ? 0 : record.inFlight / target.weight;
  const used = best === null ? 0 : -Math.round(((headroom ?? best) - busy * IN_FLIGHT_COST) / STEP);
  if (input.strategy === "drain") {
    load.first =
      record === undefined ? Infinity : firstReset(record.limits, target.model ?? input.request.model, input.now);
    load.second = used;
    load.third = busy;
    load.reason = load.first === Infinity ? "least_in_flight" : "first_reset";
    return;
  }
  if (input.strategy === "least_used") {
    load.first = used;
    load.second = busy;
    load.reason = headroom === null ? "least_in_flight" : "most_headroom";
    return;
  }
  load.first = target.id === input.home ? -Infinity : used;
  load.second = input.state.sessionsOn(target.id) / target.weight;
  load.third = busy;
  load.reason = headroom === null ? "fewest_sessions" : "most_headroom";
}

function precedes(a: Load, b: Load): boolean {
  if (a.first !== b.first) return a.first < b.first;
  return a.second === b.second ? a.third < b.third : a.second < b.second;
}
