// Every metric of GET /metrics: what was counted, and how accounts, windows and cooldowns stand at this moment.
import type { Account } from "../account/account.ts";
import type { Persistence } from "../account/persistence.ts";
import type { AccountStore } from "../account/store.ts";
import type { Fleet } from "../balance/fleet.ts";
import type { Plan } from "../balance/plan.ts";
import type { Clock } from "../core/ports.ts";
import { VERSION } from "../core/version.ts";
import { counter, gauge, histogram } from "../metrics/family.ts";
import type { Family } from "../metrics/family.ts";
import type { Meter } from "../metrics/meter.ts";
import { toLabels } from "../metrics/tally.ts";
import type { Sample } from "../metrics/tally.ts";
import type { Alerts } from "../notify/alerts.ts";
import { accountWait, cooldownsOf, toSecondsAhead, waitsOf } from "./cooldowns.ts";
import { conditionOf, toSeconds } from "./oauth-status.ts";

export interface MetricsDeps {
  readonly meter: Meter;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  /** Since when ccb serves, monotonic milliseconds. */
  readonly startedAt: number;
  readonly store: Pick<AccountStore, "all" | "health">;
  readonly persistence: Pick<Persistence, "status" | "backend">;
  readonly fleet: Pick<Fleet, "state" | "enabled" | "paused">;
  /** The one in force. */
  readonly plan: () => Plan;
  readonly alerts: Pick<Alerts, "counts">;
  /** Bytes of memory that the process holds. */
  readonly residentBytes: () => number;
}

const SCOPES = ["target", "provider", "model", "count_tokens"] as const;
const STATES = ["ready", "refreshing", "cooldown", "paused", "login_required"] as const;
const WINDOW_LABELS = ["provider", "account", "window", "model"] as const;

/** Samples of one label set each; where there are several of one, the highest value counts. */
function createSamples(names: readonly string[]) {
  const samples = new Map<string, Sample>();
  return {
    put(value: number, ...values: readonly string[]): void {
      const key = values.join("\0");
      if ((samples.get(key)?.value ?? -Infinity) < value) samples.set(key, { labels: toLabels(names, values), value });
    },
    gauge: (name: string, help: string): Family => ({
      type: "gauge",
      name,
      help,
      labels: names,
      samples: [...samples.values()],
    }),
  };
}

function cooldowns({ fleet, plan, clock }: MetricsDeps): Family {
  const now = clock.now();
  const { config, ...current } = plan();
  const targets = current.targets();
  const samples = createSamples(["provider", "scope"]);
  for (const { name } of config.providers) {
    const benches = targets
      .filter(({ providerName }) => providerName === name)
      .flatMap(({ id }) => cooldownsOf(fleet.state.target(id), undefined, now));
    const counts = { target: 0, provider: waitsOf(fleet.state.provider(name), now).length, model: 0, count_tokens: 0 };
    for (const { scope } of benches) counts[scope] += 1;
    for (const scope of SCOPES) samples.put(counts[scope], name, scope);
  }
  return samples.gauge("ccb_cooldowns_active", "Cooldowns that keep something out of the choice now.");
}

function accounts({ store, fleet, plan, clock }: MetricsDeps): readonly Family[] {
  const now = clock.now();
  const targets = plan()
    .targets()
    .filter(({ provider }) => fleet.enabled(provider));
  const states = createSamples(["account", "state"]);
  const expiries = createSamples(["account"]);
  function stateOf({ id }: Account): string {
    const wait = accountWait(targets, (target) => fleet.state.target(target), id, now);
    return conditionOf(store.health(id), fleet.paused(id), wait).state;
  }
  for (const account of store.all()) {
    const current = stateOf(account);
    for (const state of STATES) states.put(state === current ? 1 : 0, account.id, state);
    expiries.put(toSeconds(account.tokens.expiresAt), account.id);
  }
  return [
    states.gauge("ccb_account_state", "1 for the state that the account is in, 0 for the others."),
    expiries.gauge("ccb_account_token_expiry_timestamp_seconds", "When the account's access token expires."),
  ];
}

/** Clients' own credentials have limits of their own, which are nobody else's business. */
function windows({ meter, fleet, plan, clock }: MetricsDeps): readonly Family[] {
  const now = clock.now();
  const used = createSamples(WINDOW_LABELS);
  const resets = createSamples(WINDOW_LABELS);
  for (const target of plan().targets()) {
    if (target.kind === "client") continue;
    const account = target.shown.account ?? "";
    for (const window of fleet.state.target(target.id)?.limits.windows ?? []) {
      if (window.until <= now) continue;
      const model = window.model === null ? "" : meter.models.label(window.model);
      const labels = [target.providerName, account, window.name, model] as const;
      if (window.utilization !== null) used.put(window.utilization, ...labels);
      const at = window.resets ? toSecondsAhead(window.until) : null;
      if (at !== null) resets.put(at, ...labels);
    }
  }
  return [
    used.gauge("ccb_window_utilization_ratio", "The used part of a limit's window, as the upstream last told."),
    resets.gauge("ccb_window_reset_timestamp_seconds", "When the window begins anew."),
  ];
}

function notices({ alerts }: MetricsDeps): Family {
  const samples = Object.entries(alerts.counts()).flatMap(([channel, results]) =>
    Object.entries(results).map(([result, value]) => ({ labels: { channel, result }, value })),
  );
  const name = "ccb_notifications_total";
  return {
    type: "counter",
    name,
    help: "Notices to the owner, by how they ended.",
    labels: ["channel", "result"],
    samples,
  };
}

/** All of them, as they stand now. */
export function readFamilies(deps: MetricsDeps): readonly Family[] {
  const { meter, clock, persistence, residentBytes } = deps;
  const uptime = (clock.monotonic() - deps.startedAt) / 1000;
  const durable = persistence.status()?.durable === true ? 1 : 0;
  const build = createSamples(["version", "store"]);
  build.put(1, VERSION, persistence.backend);
  return [
    counter("ccb_requests_total", "Requests of clients that have ended.", meter.requests),
    counter("ccb_attempts_total", "Tries at upstreams, by what came of them.", meter.attempts),
    histogram("ccb_first_byte_seconds", "Until the first byte of the reply went to the client.", meter.firstByte),
    histogram("ccb_request_duration_seconds", "Until the last byte of the reply, or the end.", meter.duration),
    gauge("ccb_requests_in_flight", "Requests of clients that have not ended.", meter.inFlight()),
    counter("ccb_tokens_total", "Tokens as the upstreams counted them.", meter.tokens),
    cooldowns(deps),
    counter("ccb_refreshes_total", "Refreshes of access tokens, by result.", meter.refreshes),
    ...accounts(deps),
    ...windows(deps),
    histogram("ccb_vault_operation_seconds", "Calls of the store of accounts.", meter.vault),
    gauge("ccb_persistence_durable", "1 while every account is kept where a restart finds it.", durable),
    notices(deps),
    histogram("ccb_event_loop_lag_seconds", "How late timers fire; measured while this is being read.", meter.lag),
    build.gauge("ccb_build_info", "What runs here; always 1."),
    gauge("ccb_uptime_seconds", "Since ccb started.", uptime),
    gauge("process_start_time_seconds", "When ccb started, Unix time.", clock.now() / 1000 - uptime),
    gauge("process_resident_memory_bytes", "Memory that the process holds.", residentBytes()),
  ];
}
