// createApp: puts the parts together and mounts the routes. It never listens and binds no global.
import { Elysia } from "elysia";
import { createPersistence } from "./account/persistence.ts";
import type { KeeperStatus } from "./account/keeper.ts";
import type { Persistence } from "./account/persistence.ts";
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
import { codeOf } from "./core/errors.ts";
import { acceptedLanguage, wordsOf } from "./core/language.ts";
import type { Language } from "./core/language.ts";
import type { Announce, Clock, Fetch, Log, Random } from "./core/ports.ts";
import { shareTimers } from "./core/shared-timers.ts";
import { createWakeWatch } from "./core/wake.ts";
import { accountWait } from "./http/cooldowns.ts";
import { createDocsRoutes, DOCS_PATH, DOCS_POLICY } from "./http/docs.ts";
import { createDoor } from "./http/door.ts";
import type { Caller } from "./http/door.ts";
import { createEntrance } from "./http/entrance.ts";
import type { LimitIdle } from "./http/entrance.ts";
import { createErrorHook } from "./http/entry.ts";
import { toErrorResponse } from "./http/errors.ts";
import { createOAuthRoutes } from "./http/oauth.ts";
import { createProxyRoutes, pathOf } from "./http/proxy.ts";
import { createRequestId } from "./http/request-id.ts";
import { createProvidersRoutes } from "./http/providers.ts";
import { createRequestsRoutes } from "./http/requests.ts";
import { createServiceRoutes } from "./http/service.ts";
import type { Route } from "./oauth/client.ts";
import { liveOAuthClient, oauthProxy } from "./oauth/live-client.ts";
import { createLostAccounts } from "./oauth/lost-accounts.ts";
import { createLoginPrompt } from "./oauth/login-prompt.ts";
import { createPendingLogins } from "./oauth/pending.ts";
import { createRefresher } from "./oauth/refresh.ts";
import { createSchedule } from "./oauth/schedule.ts";
import { signIn } from "./oauth/sign-in.ts";
import { signOut } from "./oauth/sign-out.ts";
import { createConnections } from "./relay/connections.ts";
import { createRelayStack } from "./relay/stack.ts";
import { createTraces } from "./relay/trace.ts";
import type { Journal } from "./vault/journal.ts";
import type { Vault } from "./vault/vault.ts";

/** How often the machine is looked at for sleep and for another network, milliseconds. */
const WATCH_MS = 5_000;

/** Proxy and authorities for an address; `proxy` is the provider's own, if any. */
export type RouteOf = (url: string, proxy: Config["providers"][number]["proxy"]) => ReturnType<Route>;

export interface AppDeps {
  /** What is in force at the start. */
  readonly config: Config;
  /** Reads the configuration again. */
  readonly load: () => Promise<ParseResult>;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly announce: Announce;
  /** null: everything stays in memory. */
  readonly vault: Vault | null;
  /** Keeps what is on its way into the vault; null: memory alone does. */
  readonly journal: Journal | null;
  /** Settles the ways out for the authorities of a configuration. */
  readonly routing: (caFile: string | null) => RouteOf;
  /** A fingerprint of the machine's own addresses. */
  readonly network: () => string;
  /** What curl is told of ccb's own address, with the port in force; known once it listens. */
  readonly publicUrl: () => string;
  /** The console's language. */
  readonly language: Language;
  readonly onPersistence: (status: KeeperStatus) => void;
  /** Another configuration is in force. */
  readonly onConfig: (config: Config) => void;
}

/** A caller of which nothing is known but that it came over the network. */
const SOMEBODY: Caller = { socket: false, peer: () => null };

export interface App {
  handle(request: Request, limitIdle: LimitIdle, caller?: Caller): Promise<Response>;
  readonly store: AccountStore;
  readonly persistence: Persistence;
  /** Opens the vault and begins to watch the clock. */
  start(): void;
  /** Loads the configuration again; a bad one changes nothing. What came of it is on the console and in the log. */
  reload(): Promise<ReloadResult>;
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
  const connections = createConnections(clock, wake, deps.network);
  const exchangeUrl = (): string => `${deps.publicUrl()}/oauth/exchange-code`;

  let routeOf = deps.routing(deps.config.settings.ca_file);
  const client = liveOAuthClient(() => live.current());
  const endpoint = { fetch: deps.fetch, clock, route: (url: string) => routeOf(url, oauthProxy(live.current())) };

  const persistence = createPersistence({
    store,
    vault: deps.vault,
    journal: deps.journal,
    clock,
    log,
    onStatus: deps.onPersistence,
    onLoaded: (account) => schedule.arm(account.id),
  });
  const pending = createPendingLogins(client, clock, random);
  const prompt = createLoginPrompt({ pending, store, announce: deps.announce, words, exchangeUrl });
  const refresher = createRefresher({
    ...endpoint,
    client,
    store,
    persistence,
    clock,
    log,
    onResult: (id, result) => {
      if (result.outcome === "login_required") prompt.lost(id, result.reason);
      schedule.arm(id);
    },
  });
  const schedule = createSchedule({
    store,
    refresher,
    clock,
    random,
    enabled: () => live.current().settings.oauth.enable_auto_refresh,
  });
  /** What failed before a sleep or on another network says nothing about now. */
  function startOver(): void {
    refresher.forgive();
    schedule.wake();
  }
  wake.onWake(startOver);

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
    deps.onConfig(config);
  });
  const enabledTargets = () => plan.targets().filter(({ provider }) => fleet.enabled(provider));
  const traces = createTraces();
  const trackRecord = createTrackRecord();
  const lost = createLostAccounts({ store, clock, prompt });

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

  const languageOf = (request: Request): Language =>
    acceptedLanguage(request.headers.get("accept-language"), deps.language);
  const newId = (): string => createRequestId(random);
  function toResponse(error: unknown, request: Request, id = newId()): Response {
    const response = toErrorResponse(error, languageOf(request), id);
    if (response.status === 500) log.error("internal_error", { id, path: pathOf(request.url), error: codeOf(error) });
    return response;
  }
  const { host, tls } = deps.config.settings;
  const door = createDoor(deps.config.settings, { host, tls: tls !== null }, () =>
    plan.config.providers.some((provider) => provider.credential.kind === "passthrough" && fleet.enabled(provider)),
  );
  const entrance = createEntrance({ clock, log, door, toResponse });
  const oauthProvider = (): string =>
    live.current().providers.find(({ credential }) => credential.kind === "oauth")?.name ?? "ccb";
  const signInDeps = {
    ...endpoint,
    client,
    pending,
    store,
    persistence,
    log,
    onSignedIn: (account: { id: string }) => schedule.arm(account.id),
  };

  const routes = new Elysia({ strictPath: true })
    .use(createErrorHook(toResponse))
    .use(createDocsRoutes())
    .use(createProxyRoutes({ relay: entrance.guarded(relay), toResponse, newId }))
    .use(
      createOAuthRoutes({
        clock,
        store,
        persistence,
        pending,
        refresher,
        schedule,
        signIn: (input) => signIn(signInDeps, input),
        signOut: (account) => signOut({ ...endpoint, client, store, persistence, schedule, log }, account),
        loginRequired: () => prompt.required(oauthProvider()),
        languageOf,
        exchangeUrl,
        paused: (id) => fleet.paused(id),
        setPaused(id, paused) {
          log.info(paused ? "account_paused" : "account_resumed", { account: id });
          fleet.setPaused(plan, id, paused);
          if (!paused) lost.forgive(id);
        },
        cooldownOf: (id) => accountWait(enabledTargets(), (target) => fleet.state.target(target), id, clock.now()),
      }),
    )
    .use(createProvidersRoutes({ clock, log, plan: () => plan, fleet, trackRecord, store, reload, languageOf }))
    .use(createRequestsRoutes({ traces }))
    .use(createServiceRoutes({ clock, store, persistence, languageOf, isTrusted: entrance.isTrusted }))
    .compile();
  async function reply(request: Request): Promise<Response> {
    const response = await routes.handle(request);
    // The plugin's page has no hook of its own for headers.
    if (pathOf(request.url) === DOCS_PATH) response.headers.set("content-security-policy", DOCS_POLICY);
    return response;
  }

  let cancelWatch = (): void => {};
  function watch(): void {
    wake.check();
    if (connections.checkNetwork()) startOver();
    cancelWatch = clock.after(WATCH_MS, watch);
  }

  return {
    store,
    persistence,
    reload,
    handle: (request, limitIdle, caller = SOMEBODY) => entrance.handle(request, limitIdle, caller, reply),
    start() {
      persistence.start();
      watch();
    },
    async stop() {
      cancelWatch();
      schedule.stop();
      // A refresh in flight has spent the old token: its answer must be kept, or the account is lost.
      await refresher.stop();
      await persistence.close(5_000);
    },
  };
}
