// One provider as GET /providers shows it: how it and its targets stand.
import type { Static } from "@sinclair/typebox";
import type { AccountStore } from "../account/store.ts";
import type { Fleet } from "../balance/fleet.ts";
import type { Unusable } from "../balance/choosable.ts";
import type { Limits } from "../balance/windows.ts";
import type { TrackRecord } from "../balance/track-record.ts";
import type { Provider } from "../config/config.ts";
import type { Target } from "../provider/target.ts";
import { cooldownsOf, longestOf, targetWait, toSecondsAhead, waitsOf } from "./cooldowns.ts";
import type { Wait } from "./cooldowns.ts";
import type { ProvidersSchema } from "./providers-schema.ts";

type ProviderView = Static<typeof ProvidersSchema>["providers"][number];
type TargetView = ProviderView["targets"][number];
type Condition = Pick<TargetView, "state" | "reason" | "detail" | "cooldown_until">;

export interface ProviderViewDeps {
  readonly fleet: Fleet;
  readonly trackRecord: Pick<TrackRecord, "of">;
  readonly store: Pick<AccountStore, "health">;
}

function toWindows({ windows }: Limits, now: number): TargetView["windows"] {
  return windows
    .filter(({ until }) => until > now)
    .map(({ name, model, utilization, until, resets }) => ({
      name,
      model,
      utilization,
      resets_at: resets ? toSecondsAhead(until) : null,
    }));
}

/** In the order in which they keep the target out: nobody can use it, it waits, or its account says. */
function conditionOf(
  store: ProviderViewDeps["store"],
  target: Target,
  unusable: Unusable | null,
  wait: Wait | null,
): Condition {
  const health = target.kind === "account" ? store.health(target.account.id) : null;
  const cooldown_until = wait === null ? null : toSecondsAhead(wait.until);
  if (unusable === "login_required" && health !== null)
    return { state: unusable, reason: health.reason, detail: health.said, cooldown_until };
  if (unusable !== null) return { state: unusable, reason: null, detail: null, cooldown_until };
  if (wait !== null) return { state: "cooldown", reason: wait.reason, detail: null, cooldown_until };
  return {
    state: health?.state ?? "ready",
    reason: health?.reason ?? null,
    detail: health?.said ?? null,
    cooldown_until,
  };
}

function toTargetView({ fleet, trackRecord, store }: ProviderViewDeps, target: Target, now: number): TargetView {
  // A client's own credentials have limits of their own, each under an id of its own: they are nobody else's business.
  const record = fleet.state.target(target.id);
  const provider = fleet.state.provider(target.providerName);
  const waits = [targetWait(target, record, now), ...waitsOf(provider, now)].filter((wait) => wait !== null);
  const overageUntil = record?.limits.overageUntil ?? 0;
  return {
    id: target.id,
    kind: target.kind,
    account: target.shown.account,
    priority: target.priority,
    weight: target.weight,
    reserve_percent: target.reservePercent,
    ...conditionOf(store, target, fleet.unusable(target), longestOf(waits)),
    cooldowns: cooldownsOf(record, provider, now).map((cooldown) => ({
      ...cooldown,
      until: toSecondsAhead(cooldown.until),
    })),
    windows: record === undefined ? [] : toWindows(record.limits, now),
    overage_until: overageUntil > now ? toSecondsAhead(overageUntil) : null,
    in_flight: record?.inFlight ?? 0,
    sessions: fleet.sessions.count(target.id),
    ...trackRecord.of(target.id),
  };
}

/** How a provider stands. `now`: wall clock, milliseconds. */
export function toProviderView(
  deps: ProviderViewDeps,
  provider: Provider,
  targets: readonly Target[],
  now: number,
): ProviderView {
  const { name, type, base_url, credential, priority, weight, extra_usage } = provider;
  const enabled = deps.fleet.enabled(provider);
  const wait = longestOf(waitsOf(deps.fleet.state.provider(name), now));
  return {
    name,
    type,
    base_url,
    enabled,
    auth: credential.kind,
    priority,
    weight,
    extra_usage,
    state: !enabled ? "disabled" : wait === null ? "ready" : "cooldown",
    cooldown: wait === null ? null : { ...wait, until: toSecondsAhead(wait.until) },
    targets: targets.filter((target) => target.providerName === name).map((target) => toTargetView(deps, target, now)),
  };
}
