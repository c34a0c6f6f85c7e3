// Removing an account: from memory, schedule and vault at once, then its token at the server, best effort.
import type { Account } from "../account/account.ts";
import type { Persistence } from "../account/persistence.ts";
import type { AccountStore } from "../account/store.ts";
import { revoke } from "./revoke.ts";
import type { RevokeDeps } from "./revoke.ts";
import type { Schedule } from "./schedule.ts";

export interface SignOutDeps extends RevokeDeps {
  readonly store: AccountStore;
  readonly persistence: Persistence;
  readonly schedule: Schedule;
}

/** Removes an account. Resolves true once that is durable; the revocation (RFC 7009) goes on behind it and is never waited for. */
export async function signOut(deps: SignOutDeps, account: Account): Promise<boolean> {
  deps.schedule.disarm(account.id);
  deps.store.remove(account.id);
  const durable = await deps.persistence.forget(account.id);
  deps.log.info("account_removed", { account: account.id, durable });
  void revoke(deps, account);
  return durable;
}
