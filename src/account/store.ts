// The accounts and their state in memory: the only truth while ccb runs. The vault follows it, never leads.
import type { Account } from "./account.ts";

type AccountState = "ready" | "refreshing" | "login_required";

export interface AccountHealth {
  readonly state: AccountState;
  /** Why, as a stable code; for `login_required` and for a refresh that failed. */
  readonly reason: string | null;
  /** The upstream's own words, for its owner; null: none. */
  readonly said: string | null;
}

export interface AccountStore {
  all(): readonly Account[];
  byId(id: string): Account | undefined;
  /** By name, email or alias, whatever the case. A name wins over an email, an email over an alias. */
  find(name: string): Account | undefined;
  /** Adds the account or replaces the one of the same id. */
  save(account: Account): void;
  remove(id: string): void;
  health(id: string): AccountHealth;
  setHealth(id: string, health: AccountHealth): void;
}

export const READY: AccountHealth = { state: "ready", reason: null, said: null };

/** Creates an empty store. */
export function createAccountStore(): AccountStore {
  const accounts = new Map<string, Account>();
  const healths = new Map<string, AccountHealth>();
  let list: readonly Account[] = [];

  return {
    all: () => list,
    byId: (id) => accounts.get(id),
    find(name) {
      const wanted = name.toLowerCase();
      return (
        list.find((account) => account.name.toLowerCase() === wanted) ??
        list.find((account) => account.email.toLowerCase() === wanted) ??
        list.find((account) => account.aliases.some((alias) => alias.toLowerCase() === wanted))
      );
    },
    save(account) {
      accounts.set(account.id, account);
      list = [...accounts.values()];
    },
    remove(id) {
      accounts.delete(id);
      healths.delete(id);
      list = [...accounts.values()];
    },
    health: (id) => healths.get(id) ?? READY,
    setHealth(id, health) {
      if (accounts.has(id)) healths.set(id, health);
    },
  };
}
