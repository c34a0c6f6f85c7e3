// createApp: puts the parts together and mounts the routes. It never listens and binds no global.
import { createPersistence } from "./account/persistence.ts";
import type { KeeperStatus } from "./account/keeper.ts";
import type { Persistence, PersistenceDeps } from "./account/persistence.ts";
import { createAccountStore } from "./account/store.ts";
import type { AccountStore } from "./account/store.ts";
import { createFleet } from "./balance/fleet.ts";
import { createPlan } from "./balance/plan.ts";
import { createTrackRecord } from "./balance/track-record.ts";
import type { Config } from "./config/config.ts";
import { createLiveConfig } from "./config/live.ts";
import type { ReloadResult } from "./config/live.ts";
import type { ParseResult } from "./config/parse.ts";
import { createReload } from "./config/reload.ts";
import { wordsOf } from "./core/language.ts";
import type { Language } from "./core/language.ts";
import { createNetworkWatch } from "./core/network-watch.ts";
import type { Announce, Clock, Fetch, Log, Random } from "./core/ports.ts";
import { repeat } from "./core/repeat.ts";
import { shareTimers } from "./core/shared-timers.ts";
import { createWakeWatch } from "./core/wake.ts";
import { accountWait } from "./http/cooldowns.ts";
import { createDoor, SOMEBODY } from "./http/door.ts";
import type { Caller } from "./http/door.ts";
import { createEntrance } from "./http/entrance.ts";
import type { LimitIdle } from "./http/entrance.ts";
import { createObservedTraces } from "./http/observed-traces.ts";
import { createRequestIds } from "./http/request-id.ts";
import { createRequestEvents } from "./http/request-events.ts";
import { createRoutes } from "./http/routes.ts";
import { createTranslator } from "./http/translate.ts";
import { createLoopLag } from "./metrics/loop-lag.ts";
import { createMeter } from "./metrics/meter.ts";
import { timeVault } from "./metrics/timed-vault.ts";
import { createAlerts } from "./notify/alerts.ts";
import type { DesktopPorts } from "./notify/desktop.ts";
import type { Route } from "./oauth/client.ts";
import { createOAuthStack } from "./oauth/stack.ts";
import { createConnections } from "./relay/connections.ts";
import { createRelayStack } from "./relay/stack.ts";
import { createUsage } from "./usage/usage.ts";
import type { UsageDeps } from "./usage/usage.ts";
import type { Journal } from "./vault/journal.ts";
import type { Vault } from "./vault/vault.ts";

/** How often the machine is looked at for sleep, and every third time for another network, milliseconds. */
const WATCH_MS = 5_000;

/** Proxy and authorities for an address; `proxy` is the provider's own, if any. */
export type RouteOf = (url: string, proxy: Config["providers"][number]["proxy"]) => ReturnType<Route>;

export interface AppDeps extends Pick<PersistenceDeps, "onDamaged" | "setAsideOf"> {
  /** What is in force at the start. */
  readonly config: Config;
  /** Reads the configuration again. */
  readonly load: () => Promise<ParseResult>;
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** For what goes on while nobody asks for anything. */
  readonly houseClock: Pick<Clock, "after" | "monotonic">;
  readonly random: Random;
  readonly log: Log;
  readonly announce: Announce;
  /** null: everything stays in memory. */
  readonly vault: Vault | null;
  /** Keeps what is on its way into the vault; null: memory alone does. */
  readonly journal: Journal | null;
  /** Where the sums of the usage are kept; null: memory alone does. */
  readonly usageFiles: UsageDeps["files"];
  /** Bytes of memory that the process holds. */
  readonly residentBytes: () => number;
  /** Gives back memory that is not needed at rest; takes some milliseconds, and what comes next a few more. */
  readonly releaseMemory: () => void;
  readonly desktop: DesktopPorts;
  /** Settles the ways out for the authorities of a configuration. */
  readonly routing: (caFile: string | null) => RouteOf;
  /** A fingerprint of the machine's own addresses. */
  readonly network: () => string;
  /** What curl is told of ccb's own address, with the port in force; known once it listens. */
  readonly publicUrl: () => string;
  /** Where a browser on this machine comes back to after a sign-in; null: ccb listens nowhere that it could. */
  readonly callbackUrl: () => string | null;
  /** The command that signs in at this ccb. */
  readonly loginCommand: string;
  /** The console's language. */
  readonly language: Language;
  readonly onPersistence: (status: KeeperStatus) => void;
  /** Another configuration is in force. */
  readonly onConfig: (config: Config) => void;
}

export interface App {
  handle(request: Request, limitIdle: LimitIdle, caller?: Caller): Promise<Response>;
  readonly store: AccountStore;
  readonly persistence: Persistence;
  /** Opens the vault and begins to watch the clock. */
  start(): void;
  /** Loads the configuration again; a bad one changes nothing. What came of it is on the console and in the log. */
  reload(): Promise<ReloadResult>;
  /** Ends replies that would never end by themselves; call it before waiting for those that are open. */
  drain(): void;
  /** Ends what would go on by itself; waits for refreshes in flight and for the vault, bounded. */
  stop(): Promise<void>;
}

/** Creates the application. */
export function createApp(deps: AppDeps): App {
  const { clock, random, log } = deps;
  const live = createLiveConfig(deps.config, deps.load);
  const words = wordsOf(deps.language);
  const reload = createReload({ live, log, announce: deps.announce, words });
  const store = createAccountStore();
  const wake = createWakeWatch(clock);
  const network = createNetworkWatch(clock, deps.network);
  const meter = createMeter();
  const connections = createConnections(clock, wake, network);
  const exchangeUrl = (): string => `${deps.publicUrl()}/oauth/exchange-code`;

  let routeOf = deps.routing(deps.config.settings.ca_file);
  const persistence = createPersistence({
    ...deps,
    store,
    vault:
      deps.vault === null ? null : timeVault(deps.vault, clock, (seconds, ...call) => meter.vault.at(...call)(seconds)),
    onStatus: deps.onPersistence,
    onLoaded: ({ id }) => oauth.schedule.arm(id),
  });
  const oauth = createOAuthStack({
    ...deps,
    words,
    config: () => live.current(),
    routeOf: (url, proxy) => routeOf(url, proxy),
    store,
    persistence,
    exchangeUrl,
    onRefreshed: (outcome) => (meter.refreshes.at(outcome).value += 1),
  });
  const { schedule, prompt, refresher, lost } = oauth;
  wake.onWake(() => oauth.startOver());
  network.onMove(() => oauth.startOver());

  const fleet = createFleet({
    clock,
    random,
    store,
    sessionTtlMs: () => live.current().settings.balancing.session_ttl_seconds * 1000,
  });
  wake.onWake((gapMs) => {
    if (gapMs < 0) fleet.state.setBack(-gapMs);
  });
  let plan = createPlan(live.current(), store);
  live.onChange((config) => {
    const before = plan;
    plan = createPlan(config, store);
    fleet.replaced(before, plan);
    door.replace(config.settings);
    routeOf = deps.routing(config.settings.ca_file);
    // What was scheduled by the old settings is looked at again.
    for (const { id } of store.all()) schedule.arm(id);
    // Who may no longer listen is asked for its key again.
    requestEvents.endAll();
    deps.onConfig(config);
  });
  const enabledTargets = () => plan.targets().filter(({ provider }) => fleet.enabled(provider));
  const usage = createUsage({
    ...deps,
    words,
    settings: () => live.current().settings.usage,
    files: deps.usageFiles,
  });
  const requestEvents = createRequestEvents({ clock });
  const traces = createObservedTraces({ ...deps, meter, usage, requestEvents });
  const trackRecord = createTrackRecord();

  const watched = { clock, store, persistence, fleet, plan: () => plan };
  const alerts = createAlerts({
    ...deps,
    ...watched,
    words,
    route: (url) => routeOf(url, null),
    settings: () => live.current().settings.notify,
  });
  const lag = createLoopLag(clock, meter.lag.at());

  const relay = createRelayStack({
    fetch: deps.fetch,
    clock: shareTimers(clock),
    random,
    log,
    fleet,
    plan: () => plan,
    store,
    persistence,
    refresher,
    connections,
    traces,
    trackRecord,
    routeOf: (provider) => routeOf(provider.base_url, provider.proxy),
    loginRequired: (provider) => prompt.required(provider),
    onEnding: (request) => entrance.onEnding(request),
    onLost: (id, { reason, said }) => (reason === "account_refused" ? lost.shutOut(id, said) : lost.refused(id)),
    onKeyRefused: (provider) => deps.announce(words.relay.keyRefused({ provider })),
  });

  const newId = createRequestIds(random);
  const { languageOf, toResponse } = createTranslator(deps.language, newId, log);
  const { host, tls } = deps.config.settings;
  const door = createDoor(deps.config.settings, { host, tls: tls !== null }, () =>
    plan.config.providers.some((provider) => provider.credential.kind === "passthrough" && fleet.enabled(provider)),
  );
  const entrance = createEntrance({ clock, log, door, toResponse });
  const routes = createRoutes({
    ...watched,
    startedAt: clock.monotonic(),
    log,
    languageOf,
    toResponse,
    newId,
    relay: entrance.guarded(relay),
    signIn: {
      parts: oauth.signIn,
      callbackUrl: deps.callbackUrl,
      refresher,
      schedule,
      signOut: oauth.signOut,
      loginRequired: oauth.loginRequired,
      exchangeUrl,
      paused: (id) => fleet.paused(id),
      setPaused(id, paused) {
        log.info(paused ? "account_paused" : "account_resumed", { account: id });
        fleet.setPaused(plan, id, paused);
        if (!paused) lost.forgive(id);
      },
      cooldownOf: (id) => accountWait(enabledTargets(), (target) => fleet.state.target(target), id, clock.now()),
    },
    trackRecord,
    reload,
    requestEvents,
    traces,
    usage,
    meter,
    lag,
    alerts,
    residentBytes: deps.residentBytes,
    isTrusted: entrance.isTrusted,
  });

  let endWatch = (): void => {};

  return {
    store,
    persistence,
    reload,
    handle: (request, limitIdle, caller = SOMEBODY) => entrance.handle(request, limitIdle, caller, routes),
    start() {
      persistence.start();
      usage.start();
      endWatch = repeat(deps.houseClock, WATCH_MS, () => {
        wake.check();
        network.check(2.5 * WATCH_MS);
        alerts.look();
      });
    },
    drain: () => requestEvents.close(),
    async stop() {
      requestEvents.close();
      endWatch();
      usage.stop();
      lag.stop();
      alerts.stop();
      schedule.stop();
      // A refresh in flight has spent the old token: its answer must be kept, or the account is lost.
      await refresher.stop();
      await persistence.close(5_000);
    },
  };
}
