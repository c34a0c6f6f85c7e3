// Accounts that an upstream refuses although their tokens can be renewed: out of the choice until that is over.
import { READY } from "../account/store.ts";
import type { AccountHealth, AccountStore } from "../account/store.ts";
import type { Clock } from "../core/ports.ts";
import type { LoginPrompt } from "./login-prompt.ts";

/** One whose renewed token was refused is left out of the choice this long, milliseconds. */
const REFUSED_MS = 120_000;

export interface LostAccountsDeps {
  readonly store: AccountStore;
  readonly clock: Clock;
  readonly prompt: Pick<LoginPrompt, "lost">;
}

export interface LostAccounts {
  /**
   * The upstream refused even a token that was renewed a moment ago. The refresh works, so this may be the upstream's
   * trouble and not the account's: it is tried again later.
   */
  refused(accountId: string): void;
  /** The account itself is shut out; `said`: the upstream's own words. Only its owner can help. */
  shutOut(accountId: string, said: string | null): void;
  /** Its owner says that it may be tried again. */
  forgive(accountId: string): void;
}

export function createLostAccounts({ store, clock, prompt }: LostAccountsDeps): LostAccounts {
  function lose(accountId: string, reason: string, said: string | null): AccountHealth {
    const health = { state: "login_required", reason, said } as const;
    store.setHealth(accountId, health);
    prompt.lost(accountId, reason, said);
    return health;
  }

  return {
    refused(accountId) {
      // Without its words: what refuses a token may quote it.
      const health = lose(accountId, "refused_after_refresh", null);
      clock.after(REFUSED_MS, () => {
        if (store.health(accountId) === health) store.setHealth(accountId, READY);
      });
    },
    shutOut: (accountId, said) => void lose(accountId, "account_refused", said),
    forgive(accountId) {
      const { state, reason } = store.health(accountId);
      const expiresAt = store.byId(accountId)?.tokens.expiresAt ?? 0;
      // One without a usable refresh token is not helped by a wish, unless it never needed one and was refused before its time.
      const may =
        reason === "refused_after_refresh" ||
        reason === "account_refused" ||
        (reason === "no_refresh_token" && expiresAt > clock.now());
      if (state === "login_required" && may) store.setHealth(accountId, READY);
    },
  };
}
