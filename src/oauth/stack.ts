// Signing in and staying signed in, put together.
import type { Persistence } from "../account/persistence.ts";
import type { AccountStore } from "../account/store.ts";
import type { Config } from "../config/config.ts";
import type { Words } from "../core/words/en.ts";
import type { Announce, Clock, Fetch, Log, Random } from "../core/ports.ts";
import type { Route } from "./client.ts";
import { liveOAuthClient, oauthProxy } from "./live-client.ts";
import { createLoginOutcomes } from "./login-outcomes.ts";
import { createLoginPrompt } from "./login-prompt.ts";
import { createLostAccounts } from "./lost-accounts.ts";
import { createPendingLogins } from "./pending.ts";
import { createRefresher } from "./refresh.ts";
import type { RefreshResult } from "./refresh.ts";
import { createSchedule } from "./schedule.ts";
import { signOut } from "./sign-out.ts";

export interface OAuthStackDeps {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly announce: Announce;
  readonly words: Words;
  /** In force now. */
  readonly config: () => Config;
  /** The way out to an address, through a proxy or not. */
  readonly routeOf: (url: string, proxy: ReturnType<typeof oauthProxy>) => ReturnType<Route>;
  readonly store: AccountStore;
  readonly persistence: Persistence;
  readonly exchangeUrl: () => string;
  /** The command that signs in at this ccb. */
  readonly loginCommand: string;
  readonly onRefreshed: (outcome: RefreshResult["outcome"]) => void;
}

/** Creates what signs accounts in and out and keeps their tokens fresh. */
export function createOAuthStack(deps: OAuthStackDeps) {
  const { clock, random, log, store, persistence, config } = deps;
  const client = liveOAuthClient(config);
  const endpoint = { fetch: deps.fetch, clock, route: (url: string) => deps.routeOf(url, oauthProxy(config())) };
  const pending = createPendingLogins(client, clock, random);
  const prompt = createLoginPrompt({ ...deps, pending, command: deps.loginCommand });
  const refresher = createRefresher({
    ...endpoint,
    client,
    store,
    persistence,
    log,
    onResult(id, result) {
      deps.onRefreshed(result.outcome);
      if (result.outcome === "login_required") prompt.lost(id, result.reason);
      schedule.arm(id);
    },
  });
  const schedule = createSchedule({
    store,
    refresher,
    clock,
    random,
    enabled: () => config().settings.oauth.enable_auto_refresh,
  });
  const parts = { ...endpoint, client, pending, outcomes: createLoginOutcomes(clock), store, persistence, log };

  return {
    /** What the controllers of the sign-in work with. */
    signIn: { ...parts, onSignedIn: ({ id }: { readonly id: string }) => schedule.arm(id) },
    signOut: (account: Parameters<typeof signOut>[1]) => signOut({ ...parts, schedule }, account),
    prompt,
    refresher,
    schedule,
    lost: createLostAccounts({ store, clock, prompt }),
    /** The error that asks for a sign-in, for the provider that takes accounts. */
    loginRequired: () =>
      prompt.required(config().providers.find(({ credential }) => credential.kind === "oauth")?.name ?? "ccb"),
    /** What failed before a sleep or on another network says nothing about now. */
    startOver() {
      refresher.forgive();
      schedule.wake();
    },
  };
}
