// The sign-in from a pasted code to a kept account (RFC 6749 §4.1.3).
import type { Account } from "../account/account.ts";
import type { Persistence } from "../account/persistence.ts";
import { READY } from "../account/store.ts";
import type { AccountStore } from "../account/store.ts";
import { CcbError } from "../core/errors.ts";
import type { Clock, Log } from "../core/ports.ts";
import { postJson } from "./client.ts";
import type { EndpointDeps, OAuthClient } from "./client.ts";
import { isRefusal, processTokenReply, toError, toExchangeRequest } from "./endpoint.ts";
import type { TokenReply } from "./endpoint.ts";
import { identify } from "./identity.ts";
import { parsePastedCode } from "./pasted-code.ts";
import type { PendingLogin, PendingLogins } from "./pending.ts";

export interface SignInInput {
  readonly code: string;
  readonly accountEmail: string | null;
  readonly state: string | null;
}

export interface SignedIn {
  readonly account: Account;
  /** False: kept in memory alone. */
  readonly durable: boolean;
  /** The email that was typed is another than the one that signed in. */
  readonly differs: boolean;
}

export interface SignInDeps extends EndpointDeps {
  readonly client: OAuthClient;
  readonly pending: PendingLogins;
  readonly store: AccountStore;
  readonly persistence: Persistence;
  readonly clock: Clock;
  readonly log: Log;
  /** The account's tokens are new: schedule their refresh. */
  readonly onSignedIn: (account: Account) => void;
}

/**
 * Exchanges a pasted code. Rejects with a `login_…` error for what the person can mend and an `oauth_…` error for what
 * the server answered. A failure that says nothing about the code leaves the login pending, so the same line works again.
 */
export async function signIn(deps: SignInDeps, input: SignInInput): Promise<SignedIn> {
  const pasted = parsePastedCode(input.code);
  if (pasted.state !== null && input.state !== null && pasted.state !== input.state) {
    throw new CcbError("login_state_unknown", (words) => words.login.statesDiffer);
  }
  const login = deps.pending.match(input.state ?? pasted.state, pasted.code);
  login.busy = true;
  try {
    login.taken ??= { code: pasted.code, reply: await exchange(deps, login, pasted.code) };
    return await take(deps, login, login.taken.reply, input.accountEmail);
  } finally {
    login.busy = false;
  }
}

async function exchange(
  deps: SignInDeps,
  login: PendingLogin,
  code: Parameters<typeof toExchangeRequest>[1],
): Promise<TokenReply> {
  deps.log.debug("oauth_exchange_sent", { grant: "authorization_code" });
  const reply = await postJson(
    deps,
    deps.client.token_url,
    toExchangeRequest(deps.client, code, login.state, login.verifier),
  );
  const tokens = processTokenReply(reply, deps.clock.now());
  if (!isRefusal(tokens)) {
    deps.log.debug("oauth_exchange_answered", { status: reply.status, rotates: tokens.refresh !== null });
    return tokens;
  }
  deps.log.warning("oauth_exchange_refused", { refusal: tokens.refusal, status: tokens.status, error: tokens.error });
  // A spent code stays spent, and a success that cannot be read has spent it.
  if (tokens.refusal === "invalid_grant" || tokens.refusal === "invalid_reply") deps.pending.remove(login);
  throw toError(tokens);
}

async function take(deps: SignInDeps, login: PendingLogin, reply: TokenReply, typed: string | null): Promise<SignedIn> {
  const identified = identify(deps.store, reply, typed, deps.client.scopes.split(" "), deps.clock.now());
  if (identified === null) throw new CcbError("login_email_needed", (words) => words.login.emailNeeded);
  deps.pending.remove(login);
  const { account, replaces, differs } = identified;
  const before = deps.store.byId(account.id)?.tokens;
  let durable = await deps.persistence.keep(account);
  // A refresh of the old tokens was kept meanwhile, perhaps after these: these are to be the last.
  if (deps.store.byId(account.id)?.tokens !== before) durable = await deps.persistence.keep(account);
  deps.store.save(account);
  deps.store.setHealth(account.id, READY);
  if (replaces !== null) {
    deps.persistence.statistics.restore(new Map([[account.id, deps.persistence.statistics.of(replaces.id)]]));
    deps.store.remove(replaces.id);
    await deps.persistence.forget(replaces.id);
  }
  deps.onSignedIn(account);
  deps.log.info("account_signed_in", { account: account.id, durable, new: replaces === null });
  return { account, durable, differs };
}
