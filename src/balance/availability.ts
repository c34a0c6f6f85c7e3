// Whether a target may serve a request now, and if not, why and until when. Pure.
import type { ChoiceRequest, ChoiceState, ChoosableTarget, Forbidden, TargetRecord, Unusable } from "./choosable.ts";
import { barOf, easeOf } from "./standing.ts";
import type { Bar, Standing } from "./standing.ts";
import { reservedUntil } from "./windows.ts";

/**
 * Why a target is left out: `limit`, an official bench; `ramp`, it has just returned and lets in a few; `reserve`, the
 * rest of a window is its owner's; `extra_usage`, it would be paid for and never may be; `pinned_elsewhere`, another
 * target holds what the request names.
 */
type ExclusionReason =
  | Unusable
  | Forbidden
  | "claude_token_not_allowed_there"
  | "limit"
  | "ramp"
  | "reserve"
  | "extra_usage"
  | "pinned_elsewhere";

export interface Excluded<Target> {
  readonly target: Target;
  readonly reason: ExclusionReason;
  readonly detail: string | null;
  /** Wall clock, milliseconds; null: not by itself. */
  readonly until: number | null;
}

/** A target with what is known of it. */
export interface Sight<Target> {
  readonly target: Target;
  readonly record: TargetRecord | undefined;
  readonly provider: Readonly<Standing> | undefined;
  /** The request's model on this target. */
  readonly model: Readonly<Standing> | undefined;
  /** count_tokens on this target, where that is asked for. */
  readonly counting: Readonly<Standing> | undefined;
}

/** Would be paid for beyond the plan, and stands last for that. */
export const isPaid = ({ extraUsage }: ChoosableTarget, record: TargetRecord | undefined, now: number): boolean =>
  extraUsage === "last" && record !== undefined && record.limits.overageUntil > now;

/** Why a target is left out, or null. `pinned`: the id of the only target that may serve. */
export function exclusionOf<Target extends ChoosableTarget>(
  sight: Sight<Target>,
  request: ChoiceRequest,
  pinned: string | null,
  state: Pick<ChoiceState<Target>, "unusable">,
  now: number,
): Excluded<Target> | null {
  const { target, record } = sight;
  if (pinned !== null && target.id !== pinned) return { target, reason: "pinned_elsewhere", detail: null, until: null };
  const unusable = state.unusable(target);
  if (unusable !== null) return { target, reason: unusable, detail: null, until: null };
  if (target.kind === "client" && request.claudeToken && !target.claudeTokensAllowed) {
    return { target, reason: "claude_token_not_allowed_there", detail: null, until: null };
  }
  const bar = longestBar(sight, request.sessionId, now);
  if (bar !== null) return { target, reason: bar.reason, detail: bar.detail, until: bar.until };
  if (record === undefined) return null;
  if (target.extraUsage === "never" && record.limits.overageUntil > now) {
    return { target, reason: "extra_usage", detail: null, until: record.limits.overageUntil };
  }
  const until = reservedUntil(record.limits, target.reservePercent, target.model ?? request.model, now);
  return until > 0 ? { target, reason: "reserve", detail: null, until } : null;
}

/** The bar that lasts longest: all that the request needs have to be open. */
function longestBar(
  { record, provider, model, counting }: Sight<unknown>,
  sessionId: string | null,
  now: number,
): Bar | null {
  let longest: Bar | null = record === undefined ? null : barOf(record, sessionId, now);
  if (provider !== undefined) longest = later(longest, barOf(provider, sessionId, now));
  if (model !== undefined) longest = later(longest, barOf(model, sessionId, now));
  if (counting !== undefined) longest = later(longest, barOf(counting, sessionId, now));
  return longest;
}

const later = (a: Bar | null, b: Bar | null): Bar | null => (a === null || (b !== null && b.until > a.until) ? b : a);

/** The standing whose guess counts: one that holds before one that may be tried; null: there is no guess. */
export function guessedOf(
  { record, provider, model, counting }: Sight<unknown>,
  now: number,
): Readonly<Standing> | null {
  return worse(worse(worse(worse(null, record, now), provider, now), model, now), counting, now);
}

function worse(
  found: Readonly<Standing> | null,
  other: Readonly<Standing> | undefined,
  now: number,
): Readonly<Standing> | null {
  if (other === undefined || other.guess === null) return found;
  return found === null || easeOf(found, now) === "probe" ? other : found;
}
