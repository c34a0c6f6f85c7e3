// The sign-in from a pasted code to a kept account (RFC 6749 §4.1.3).
import type { Account } from "../account/account.ts";
import { CcbError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import { postJson } from "./client.ts";
import type { EndpointDeps, OAuthClient } from "./client.ts";
import { isRefusal, processTokenReply, toError, toExchangeRequest } from "./endpoint.ts";
import type { TokenReply } from "./endpoint.ts";
import { identify } from "./identity.ts";
import { keepAccount } from "./keep-account.ts";
import type { KeepAccountDeps } from "./keep-account.ts";
import type { LoginOutcomes } from "./login-outcomes.ts";
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
  /** The email that was typed, where it is another than the one that signed in. */
  readonly typedOther: string | null;
}

export interface SignInDeps extends EndpointDeps, KeepAccountDeps {
  readonly client: OAuthClient;
  readonly pending: PendingLogins;
  readonly outcomes: LoginOutcomes;
  readonly clock: Clock;
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
    toExchangeRequest(
      { client_id: deps.client.client_id, redirect_uri: login.redirectUri },
      code,
      login.state,
      login.verifier,
    ),
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

async function take(deps: SignInDeps, login: PendingLogin, reply: TokenReply, email: string | null): Promise<SignedIn> {
  const typed = email ?? login.typed;
  const identified = identify(deps.store, reply, typed, deps.client.scopes.split(" "), deps.clock.now());
  if (identified === null) throw new CcbError("login_email_needed", (words) => words.login.emailNeeded);
  const partner = login.partner === null ? undefined : deps.pending.byState(login.partner);
  let durable: boolean;
  try {
    // The first one wins.
    if (partner !== undefined) partner.busy = true;
    durable = await keepAccount(deps, identified);
    deps.pending.complete(login);
  } finally {
    if (partner !== undefined) partner.busy = false;
  }
  const signedIn = { account: identified.account, durable, typedOther: identified.differs ? typed : null };
  deps.outcomes.settle(login.state, { kind: "signed_in", signedIn });
  return signedIn;
}

/** Completes a login whose code was taken and whose reply named nobody. Rejects with `login_state_unknown`. */
export async function nameSignIn(deps: SignInDeps, state: string, email: string): Promise<SignedIn> {
  const login = deps.pending.byState(state);
  if (login === undefined || login.taken === null)
    throw new CcbError("login_state_unknown", (words) => words.login.stateUnknown);
  if (login.busy) throw new CcbError("login_in_progress", (words) => words.login.inProgress);
  login.busy = true;
  try {
    return await take(deps, login, login.taken.reply, email);
  } finally {
    login.busy = false;
  }
}
