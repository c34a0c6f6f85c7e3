// Keeps access tokens usable: one refresh in flight per account whoever asks, durable before the new token is used.
import { isNewer } from "../account/account.ts";
import type { Account, TokenSet } from "../account/account.ts";
import type { Persistence } from "../account/persistence.ts";
import { READY } from "../account/store.ts";
import type { AccountStore } from "../account/store.ts";
import { CcbError, codeOf } from "../core/errors.ts";
import type { Clock, Log } from "../core/ports.ts";
import type { Secret } from "../core/secret.ts";
import { createSingleFlight } from "../core/single-flight.ts";
import { askForRefresh } from "./ask-for-refresh.ts";
import type { EndpointDeps, OAuthClient } from "./client.ts";
import { isRefusal } from "./endpoint.ts";
import type { TokenRefusal } from "./endpoint.ts";
import { toTokens } from "./identity.ts";
import { createRefreshFailures, tokenUnavailable } from "./refresh-failures.ts";
import { revoke } from "./revoke.ts";

/** A token with less than this left, or a tenth of its life where that is less, is refreshed before it signs, milliseconds. */
const ABOUT_TO_EXPIRE_MS = 30_000;
const ABOUT_TO_EXPIRE_SHARE = 0.1;
/**
 * fresh: the account has a usable token; failed: not now, the old token may still serve, again after `retryAt`;
 * login_required: only a new sign-in helps.
 */
export type RefreshResult =
  | { readonly outcome: "fresh"; readonly account: Account; readonly durable: boolean }
  | { readonly outcome: "failed"; readonly reason: string; readonly retryAt: number }
  | { readonly outcome: "login_required"; readonly reason: string };

export interface Refresher {
  /** The account's token where it can sign at once; null: ask for it with `token`. */
  ready(account: Account): Secret | null;
  /** A token that can sign now, refreshed first when it is about to expire. Rejects with `token_unavailable` or `login_required`. */
  token(account: Account): Promise<Secret>;
  /** After an upstream refused `rejected`: a newer token, refreshed unless another request already did. Rejects like `token`. */
  renew(account: Account, rejected: Secret): Promise<Secret>;
  /** Refreshes now, whatever the token's age and whatever failed before. */
  refresh(id: string): Promise<RefreshResult>;
  /** When a failed refresh may be tried again, wall clock milliseconds; 0 where nothing failed. */
  retryAt(id: string): number;
  /** Forgets failures: the network is another one now, or the machine has slept. */
  forgive(): void;
  /** No further tries; resolves when no refresh is in flight, after one time-out of the endpoint at the latest. */
  stop(): Promise<void>;
}

export interface RefresherDeps extends EndpointDeps {
  readonly client: OAuthClient;
  readonly store: AccountStore;
  readonly persistence: Persistence;
  readonly clock: Clock;
  readonly log: Log;
  /** A refresh ended: schedule the next. */
  readonly onResult: (id: string, result: RefreshResult) => void;
}

/** How long the tokens still sign without a refresh, milliseconds; negative: refresh first. */
function slack({ expiresAt, obtainedAt }: TokenSet, nowMs: number): number {
  return expiresAt - nowMs - Math.min(ABOUT_TO_EXPIRE_MS, (expiresAt - obtainedAt) * ABOUT_TO_EXPIRE_SHARE);
}

/** Creates the refresher of all accounts. */
export function createRefresher(deps: RefresherDeps): Refresher {
  const { store, clock, log } = deps;
  const flights = createSingleFlight<RefreshResult>();
  const failures = createRefreshFailures(clock);
  let stopping = false;

  /** What an answer about `account` is worth if the account was removed, or signed in anew, while it was under way. */
  function overtaken(account: Account): RefreshResult | null {
    const current = store.byId(account.id);
    if (current === undefined) return { outcome: "login_required", reason: "removed" };
    if (current.tokens === account.tokens) return null;
    return { outcome: "fresh", account: current, durable: deps.persistence.status()?.durable ?? false };
  }

  /** Keeps a rotated token set, then uses it: in this order, or a crash between the two loses the account. */
  async function adopt(account: Account, tokens: TokenSet): Promise<RefreshResult> {
    const next: Account = { ...account, tokens };
    const before = overtaken(account);
    const durable = before === null && (await deps.persistence.keep(next));
    const late = before ?? overtaken(account);
    if (late === null) {
      // The account as it is now: an opened keyring may have brought other names for it meanwhile.
      const adopted = { ...(store.byId(account.id) ?? next), tokens };
      store.save(adopted);
      return { outcome: "fresh", account: adopted, durable };
    }
    if (late.outcome !== "fresh") {
      // Nobody wants these tokens: the entry that was just written must go, and so must they.
      if (before === null) await deps.persistence.forget(account.id);
      void revoke(deps, next);
    } else if (before === null) {
      // A new sign-in is newer than any refresh of the tokens before it.
      await deps.persistence.keep(late.account);
    }
    return late;
  }

  /** The refresh token is spent. A crash or another program may have left a newer one in the vault (design.md). */
  async function reread(account: Account): Promise<Account | null> {
    const stored = await deps.persistence.reread(account.id);
    // An older one is there where the vault could not be written: it is spent, and showing it again could end the chain.
    if (stored === undefined || !isNewer(stored.tokens, account.tokens)) return null;
    return stored.tokens.refresh === null ? null : stored;
  }

  async function run(account: Account, mayReread: boolean): Promise<RefreshResult> {
    const { refresh } = account.tokens;
    if (refresh === null) return { outcome: "login_required", reason: "no_refresh_token" };
    log.debug("oauth_refresh_sent", { account: account.id });
    const reply = await askForRefresh(deps, refresh, () => stopping);
    if (!(reply instanceof CcbError) && !isRefusal(reply)) {
      log.debug("oauth_refresh_answered", {
        account: account.id,
        rotated: reply.refresh !== null,
        expires_in: reply.expiresIn,
      });
      return adopt(account, toTokens(reply, account.tokens, account.tokens.scopes, clock.now()));
    }
    const refused = !(reply instanceof CcbError) && reply.refusal === "invalid_grant";
    const newer = refused && mayReread ? await reread(account) : null;
    const late = overtaken(account);
    if (late !== null) return late;
    if (reply instanceof CcbError) return failed(account, codeOf(reply.cause ?? reply), null);
    if (!refused) return failed(account, reply.refusal, reply);
    if (newer === null) return { outcome: "login_required", reason: "invalid_grant" };
    log.info("oauth_newer_token_found", { account: account.id });
    const adopted = { ...account, tokens: newer.tokens };
    store.save(adopted);
    return slack(adopted.tokens, clock.now()) > 0
      ? { outcome: "fresh", account: adopted, durable: true }
      : run(adopted, false);
  }

  function failed(account: Account, reason: string, refusal: TokenRefusal | null): RefreshResult {
    const { retryAt } = failures.add(account, reason, refusal);
    return { outcome: "failed", reason, retryAt };
  }

  async function flight(id: string): Promise<RefreshResult> {
    const account = store.byId(id);
    if (account === undefined) return { outcome: "login_required", reason: "removed" };
    const before = store.health(id);
    store.setHealth(id, { ...before, state: "refreshing" });
    let result: RefreshResult;
    try {
      result = await run(account, true);
    } catch (error) {
      log.error("oauth_refresh_broke", { account: id, error: codeOf(error) });
      result = failed(account, "internal", null);
    }
    if (result.outcome === "fresh") {
      failures.forgive(id);
      store.setHealth(id, READY);
      log.info("oauth_refreshed", { account: id, durable: result.durable });
    } else if (result.outcome === "failed") {
      store.setHealth(id, {
        state: before.state === "login_required" ? "login_required" : "ready",
        reason: result.reason,
        said: null,
      });
      log.warning("oauth_refresh_failed", {
        account: id,
        reason: result.reason,
        retry_in_s: Math.round((result.retryAt - clock.now()) / 1000),
      });
    } else {
      store.setHealth(id, { state: "login_required", reason: result.reason, said: null });
      if (result.reason !== "removed") log.error("login_required", { account: id, reason: result.reason });
    }
    deps.onResult(id, result);
    return result;
  }

  const refresh = (id: string): Promise<RefreshResult> => flights.run(id, () => flight(id));

  /**
   * Refreshes for a request. A recent failure is not repeated by every request that comes along; `dead` says that there
   * is no old token to serve with, so that waiting out the whole back-off would only lengthen an outage.
   */
  async function refreshed(account: Account, dead: boolean): Promise<Secret> {
    const failure = failures.of(account);
    const again = dead ? failure?.askAt : failure?.retryAt;
    if (failure !== undefined && again !== undefined && again > clock.now() && !flights.running(account.id))
      throw tokenUnavailable(failure.reason, again, clock.now());
    const result = await refresh(account.id);
    if (result.outcome === "fresh") return result.account.tokens.access;
    if (result.outcome === "failed") {
      throw tokenUnavailable(result.reason, failures.of(account)?.askAt ?? result.retryAt, clock.now());
    }
    throw new CcbError("login_required", (words) => words.login.required);
  }

  function ready({ tokens }: Account): Secret | null {
    if (slack(tokens, clock.now()) > 0) return tokens.access;
    return tokens.refresh === null && tokens.expiresAt > clock.now() ? tokens.access : null;
  }

  return {
    ready,
    async token(account) {
      const { expiresAt, access } = account.tokens;
      const now = ready(account);
      if (now !== null) return now;
      try {
        return await refreshed(account, expiresAt <= clock.now());
      } catch (error) {
        // The old token still serves while it lives.
        if (error instanceof CcbError && error.code === "token_unavailable" && expiresAt > clock.now()) return access;
        throw error;
      }
    },
    async renew(account, rejected) {
      const current = store.byId(account.id);
      if (current !== undefined && !current.tokens.access.equals(rejected)) return current.tokens.access;
      return refreshed(account, true);
    },
    refresh,
    retryAt(id) {
      const account = store.byId(id);
      return account === undefined ? 0 : (failures.of(account)?.retryAt ?? 0);
    },
    forgive: () => failures.forgiveAll(),
    stop() {
      stopping = true;
      return flights.idle();
    },
  };
}
