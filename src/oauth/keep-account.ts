// From tokens whose owner is known to a kept account: durable first, then in use.
import type { Account } from "../account/account.ts";
import type { Persistence } from "../account/persistence.ts";
import { READY } from "../account/store.ts";
import type { AccountStore } from "../account/store.ts";
import type { Log } from "../core/ports.ts";
import type { Identified } from "./identity.ts";

export interface KeepAccountDeps {
  readonly store: AccountStore;
  readonly persistence: Persistence;
  readonly log: Log;
  /** The account's tokens are new: schedule their refresh. */
  readonly onSignedIn: (account: Account) => void;
}

/** Keeps a signed-in account and puts it into use. Resolves true where that is durable. */
export async function keepAccount(deps: KeepAccountDeps, { account, replaces }: Identified): Promise<boolean> {
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
  return durable;
}
