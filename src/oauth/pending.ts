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
  /** Both steps have to name the same one (RFC 6749 §4.1.3). */
  readonly redirectUri: string;
  /** The browser brings the code back by itself: nobody pastes it bare. */
  readonly loopback: boolean;
  /** Whose account it is to be, where the server does not say. */
  readonly typed: string | null;
  /** The state of the other way to do the same sign-in: the first one wins. */
  partner: string | null;
  /** Wall clock, milliseconds. */
  readonly expiresAt: number;
  /** The console has shown it. */
  announced: boolean;
  /** An exchange is under way. */
  busy: boolean;
  /** The code was taken but the reply named nobody: the tokens wait here for an `account_email`. */
  taken: { readonly code: Secret; readonly reply: TokenReply } | null;
}

/** One sign-in that can be completed in two ways. */
export interface LoginPair {
  /** null: no browser can bring the code back. */
  readonly browser: PendingLogin | null;
  /** The page shows a code to copy. */
  readonly paste: PendingLogin;
}

export interface PendingLogins {
  create(): PendingLogin;
  /** `redirectUri`: where the browser goes (RFC 8252 §7.3); null: there is no such place. */
  createPair(redirectUri: string | null, typed: string | null): LoginPair;
  byState(state: string): PendingLogin | undefined;
  /** The newest login for a pasted code that is worth showing, or a new one. */
  shared(): PendingLogin;
  /**
   * The login that a code belongs to: by its state, else the one that took this code already, else the newest whose code is
   * pasted. Rejects with `login_state_unknown` or `login_in_progress`.
   */
  match(state: string | null, code: Secret): PendingLogin;
  remove(login: PendingLogin): void;
  /** It is done, and so is its partner. */
  complete(login: PendingLogin): void;
}

/** Query of RFC 6749 §4.1.1 and RFC 7636 §4.3, in the order of facts A. */
function authorizationUrl(client: OAuthClient, redirectUri: string, challenge: string, state: string): string {
  const url = new URL(client.authorize_url);
  url.searchParams.set("code", "true");
  url.searchParams.set("client_id", client.client_id);
  url.searchParams.set("response_type", "code");
  url.searchParams.set("redirect_uri", redirectUri);
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
    return [...logins.values()].findLast(({ loopback }) => !loopback);
  }

  function add(redirectUri: string | null, typed: string | null): PendingLogin {
    prune();
    const oldest = logins.keys().next();
    if (logins.size >= PENDING_LIMIT && oldest.done === false) logins.delete(oldest.value);
    const { verifier, challenge, state } = createChallenge(random);
    const target = redirectUri ?? client.redirect_uri;
    const login: PendingLogin = {
      state,
      verifier,
      url: authorizationUrl(client, target, challenge, state),
      redirectUri: target,
      loopback: redirectUri !== null,
      typed,
      partner: null,
      expiresAt: clock.now() + PENDING_SECONDS * 1000,
      announced: false,
      busy: false,
      taken: null,
    };
    logins.set(state, login);
    return login;
  }

  const create = (): PendingLogin => add(null, null);

  return {
    create,
    createPair(redirectUri, typed) {
      // The pasted one last: it is what a bare code belongs to.
      const browser = redirectUri === null ? null : add(redirectUri, typed);
      const paste = add(null, typed);
      if (browser !== null) {
        browser.partner = paste.state;
        paste.partner = browser.state;
      }
      return { browser, paste };
    },
    byState(state) {
      prune();
      return logins.get(state);
    },
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
    complete({ state, partner }) {
      logins.delete(state);
      if (partner !== null) logins.delete(partner);
    },
  };
}
