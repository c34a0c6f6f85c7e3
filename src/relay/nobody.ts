// Why no target may serve a request now, as an error that says what to do.
import type { Excluded } from "../balance/availability.ts";
import type { Choice } from "../balance/choose.ts";
import { JITTER_MS } from "../balance/standing.ts";
import { CcbError } from "../core/errors.ts";
import { PATIENCE_SECONDS } from "../core/patience.ts";
import type { Target } from "../provider/target.ts";

/** Exclusions that end by themselves, at a known time. */
const PASSING = new Set(["limit", "ramp", "reserve", "extra_usage"]);

type Until = Excluded<Target> & { readonly until: number };

const hasEnd = (excluded: Excluded<Target>): excluded is Until => excluded.until !== null;

function soonest(excluded: readonly Until[]): Until | null {
  let first: Until | null = null;
  for (const one of excluded) if (first === null || one.until < first.until) first = one;
  return first;
}

/** The first target that its limit or its ramp lets in again; null: nothing of the kind is in the way, or somebody may serve. */
export function firstToOpen({ candidates, excluded }: Choice<Target>): Until | null {
  if (candidates.length > 0) return null;
  return soonest(excluded.filter(hasEnd).filter(({ reason }) => PASSING.has(reason)));
}

/** When the first target that ramps up lets another one in; null: none does. */
export function firstOfRamp({ excluded }: Choice<Target>, skip: (target: Target) => boolean): number | null {
  const ramping = excluded.filter(hasEnd).filter(({ reason, target }) => reason === "ramp" && !skip(target));
  return soonest(ramping)?.until ?? null;
}

/** `rate_limited`: names the window that opens first, and when. `now`: wall clock, milliseconds. */
export function allLimited(first: Until, now: number): CcbError {
  const { target, detail, reason, until } = first;
  const window = reason === "ramp" || detail === "retry-after" ? null : (detail ?? reason);
  const seconds = (until - now) / 1000;
  // Only the jitter is beyond what the client waits for: told a little less it still comes late enough.
  const patient = seconds > PATIENCE_SECONDS && seconds <= PATIENCE_SECONDS + JITTER_MS / 1000;
  return new CcbError(
    "rate_limited",
    (words) => words.relay.allLimited({ provider: target.providerName, window, at: new Date(until).toISOString() }),
    { retryAfterSeconds: patient ? PATIENCE_SECONDS : seconds },
  );
}

/**
 * Why nobody may serve, where it is no limit: `credential_not_allowed_there`, `switched_off`, `key_for_upstream`,
 * `key_target` or `no_provider`; null: a sign-in would help.
 */
export function whyNobody({ candidates, excluded }: Choice<Target>, wantsAccount: boolean): CcbError | null {
  const has = (reason: Excluded<Target>["reason"]): boolean => excluded.some((one) => one.reason === reason);
  if (has("login_required")) return null;
  const off = has("paused") || (has("disabled") && has("pinned_elsewhere"));
  if (off && candidates.length === 0) return new CcbError("switched_off", (words) => words.relay.switchedOff);
  const outOfReach = new CcbError("key_target", (words) => words.access.targetRefused);
  // What holds the thing that the request names is there, and not for this caller: nobody's sign-in would help.
  if (has("not_allowed") && has("pinned_elsewhere")) return outOfReach;
  if (wantsAccount) return null;
  if (has("claude_token_not_allowed_there"))
    return new CcbError("credential_not_allowed_there", (words) => words.relay.claudeTokenElsewhere);
  if (has("own_key")) return new CcbError("key_for_upstream", (words) => words.access.keyToUpstream);
  if (has("not_allowed")) return outOfReach;
  return new CcbError("no_provider", (words) => words.relay.noProvider);
}
