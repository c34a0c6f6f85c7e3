// Asks the person to sign in: through the 401 that their client shows, and once per pending login on the console.
import type { AccountStore } from "../account/store.ts";
import { CcbError } from "../core/errors.ts";
import type { Announce } from "../core/ports.ts";
import type { Words } from "../core/words/en.ts";
import type { PendingLogins } from "./pending.ts";

export interface LoginPromptDeps {
  readonly pending: PendingLogins;
  readonly store: AccountStore;
  readonly announce: Announce;
  /** The console's words. */
  readonly words: Words;
  readonly exchangeUrl: () => string;
  /** The command that signs in at this ccb. */
  readonly command: string;
}

export interface LoginPrompt {
  /** The error for a request that needs an account of this provider. Requests share a pending login, and its block is printed once. */
  required(provider: string): CcbError;
  /** Says once that an account is lost until its owner signs in again, even while others serve. */
  lost(accountId: string, reason: string, said?: string | null): void;
}

/** Creates the prompt. */
export function createLoginPrompt({
  pending,
  store,
  announce,
  words,
  exchangeUrl,
  command,
}: LoginPromptDeps): LoginPrompt {
  const announced = new Set<string>();
  let termsSaid = false;

  return {
    required(provider) {
      const login = pending.shared();
      const { url } = login;
      if (!login.announced) {
        login.announced = true;
        if (!termsSaid && store.all().length === 0) announce(words.login.terms);
        termsSaid = true;
        announce(words.signIn.byCommand({ command }));
        announce(words.login.block({ provider, url, exchangeUrl: exchangeUrl() }));
      }
      return new CcbError("login_required", (reader) =>
        reader.login.requiredMessage({ url, exchangeUrl: exchangeUrl(), command }),
      );
    },
    lost(accountId, reason, said = null) {
      const account = store.byId(accountId);
      // The same tokens are lost once; after a new sign-in they are others.
      const key =
        reason === "invalid_grant" ? `${accountId}:${account?.tokens.obtainedAt ?? 0}` : `${accountId}:${reason}`;
      if (account === undefined || announced.has(key)) return;
      announced.add(key);
      announce(words.login.lost({ account: account.name, reason: said === null ? reason : `${reason}: ${said}` }));
    },
  };
}
