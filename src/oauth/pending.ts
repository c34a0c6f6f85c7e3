// The logins that wait for their code: each keyed by its state, single use, ten minutes, a bounded number.
import { CcbError } from "../core/errors.ts";
import type { Clock, Random } from "../core/ports.ts";
import type { Secret } from "../core/secret.ts";
import type { OAuthClient } from "./client.ts";
import type { TokenReply } from "./endpoint.ts";
import { createChallenge } from "./pkce.ts";

/** RFC 6749 §4.1.2 recommends at most ten minutes for a code; a login that waits longer is forgotten. */
export const PENDING_SECONDS = 600;
const PENDING_LIMIT = 32;
/** Requests that need a login share the newest one while at least this much of it remains. */
const SHARE_REMAINING_MS = 120_000;

export interface PendingLogin {
  readonly state: string;
  readonly verifier: Secret;
  readonly url: string;
  /** Wall clock, milliseconds. */
  readonly expiresAt: number;
  /** The console has shown it. */
  announced: boolean;
  /** An exchange is under way. */
  busy: boolean;
  /** The code was taken but the reply named nobody: the tokens wait here for an `account_email`. */
  taken: { readonly code: Secret; readonly reply: TokenReply } | null;
}

export interface PendingLogins {
  create(): PendingLogin;
  /** The newest login that is worth showing, or a new one. */
  shared(): PendingLogin;
  /**
   * The login that a code belongs to: by its state, else the one that took this code already, else the newest.
   * Rejects with `login_state_unknown` or `login_in_progress`.
   */
  match(state: string | null, code: Secret): PendingLogin;
  remove(login: PendingLogin): void;
}

/** Query of RFC 6749 §4.1.1 and RFC 7636 §4.3, in the order of facts A. */
function authorizationUrl(client: OAuthClient, challenge: string, state: string): string {
  const url = new URL(client.authorize_url);
  url.searchParams.set("code", "true");
  url.searchParams.set("client_id", client.client_id);
  url.searchParams.set("response_type", "code");
  url.searchParams.set("redirect_uri", client.redirect_uri);
  url.searchParams.set("scope", client.scopes);
  url.searchParams.set("code_challenge", challenge);
  url.searchParams.set("code_challenge_method", "S256");
  url.searchParams.set("state", state);
  return url.href;
}

/** Creates the list of pending logins. The 33rd pushes out the oldest. */
export function createPendingLogins(client: OAuthClient, clock: Clock, random: Random): PendingLogins {
  /** Oldest first: a Map keeps the order of insertion. */
  const logins = new Map<string, PendingLogin>();

  function prune(): void {
    const now = clock.now();
    for (const [state, login] of logins) if (login.expiresAt <= now && !login.busy) logins.delete(state);
  }

  function newest(): PendingLogin | undefined {
    prune();
    return [...logins.values()].at(-1);
  }

  function create(): PendingLogin {
    prune();
    const oldest = logins.keys().next();
    if (logins.size >= PENDING_LIMIT && oldest.done === false) logins.delete(oldest.value);
    const { verifier, challenge, state } = createChallenge(random);
    const login: PendingLogin = {
      state,
      verifier,
      url: authorizationUrl(client, challenge, state),
      expiresAt: clock.now() + PENDING_SECONDS * 1000,
      announced: false,
      busy: false,
      taken: null,
    };
    logins.set(state, login);
    return login;
  }

  return {
    create,
    shared() {
      const login = newest();
      return login !== undefined && login.taken === null && login.expiresAt - clock.now() >= SHARE_REMAINING_MS
        ? login
        : create();
    },
    match(state, code) {
      prune();
      const taker = [...logins.values()].find(({ taken }) => taken?.code.equals(code) === true);
      const login = state === null ? (taker ?? newest()) : logins.get(state);
      if (login === undefined) throw new CcbError("login_state_unknown", (words) => words.login.stateUnknown);
      if (login.busy) throw new CcbError("login_in_progress", (words) => words.login.inProgress);
      return login;
    },
    remove: (login) => void logins.delete(login.state),
  };
}
