// The candidates of one request, or the error that says why there is none.
import type { Persistence } from "../account/persistence.ts";
import { assertReadable } from "../account/readable.ts";
import type { AccountStore } from "../account/store.ts";
import type { Config } from "../config/config.ts";
import { CcbError } from "../core/errors.ts";
import type { Target } from "../provider/target.ts";
import { choose } from "./choose.ts";
import type { Choice } from "./choose.ts";

export interface AvailableDeps {
  readonly config: Config;
  readonly store: AccountStore;
  readonly persistence: Persistence;
  readonly targets: () => readonly Target[];
  readonly loginRequired: (provider: string) => CcbError;
}

/**
 * The targets that may serve, best first, at least one. Rejects with `login_required`, `keyring_unreadable`,
 * `credential_not_allowed_there` or `no_provider`. Waits only where accounts may still come out of the keyring.
 */
export async function availableTargets(
  deps: AvailableDeps,
  claudeToken: boolean,
  turn: number,
): Promise<readonly Target[]> {
  const pick = (): Choice =>
    choose({ targets: deps.targets(), health: (id) => deps.store.health(id), claudeToken, turn });
  const choice = pick();
  if (choice.candidates.length > 0) return choice.candidates;
  const wantsAccount = deps.config.providers.find(
    (provider) => provider.enabled && provider.credential.kind === "oauth",
  );
  if (wantsAccount !== undefined && deps.store.all().length === 0) {
    // Not a login prompt while the accounts are there, behind a lock.
    await assertReadable(deps.persistence).catch((error: unknown) => {
      if (deps.store.all().length === 0) throw error;
    });
    const later = pick();
    if (later.candidates.length > 0) return later.candidates;
  }
  if (wantsAccount !== undefined) throw deps.loginRequired(wantsAccount.name);
  if (choice.excluded.length > 0) {
    throw new CcbError("credential_not_allowed_there", (words) => words.relay.claudeTokenElsewhere);
  }
  throw new CcbError("no_provider", (words) => words.relay.noProvider);
}
