// Removing an account: from memory, schedule and vault at once, then its token at the server, best effort.
import type { Account } from "../account/account.ts";
import type { Persistence } from "../account/persistence.ts";
import type { AccountStore } from "../account/store.ts";
import { codeOf } from "../core/errors.ts";
import type { Log } from "../core/ports.ts";
import { postJson } from "./client.ts";
import type { EndpointDeps, OAuthClient } from "./client.ts";
import { toRevocationRequest } from "./endpoint.ts";
import type { Schedule } from "./schedule.ts";

export interface SignOutDeps extends EndpointDeps {
  readonly client: OAuthClient;
  readonly store: AccountStore;
  readonly persistence: Persistence;
  readonly schedule: Schedule;
  readonly log: Log;
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

async function revoke(deps: SignOutDeps, account: Account): Promise<void> {
  const { access, refresh } = account.tokens;
  // Revoking the refresh token ends the access tokens made from it (RFC 7009 §2.1).
  const request = toRevocationRequest(deps.client, refresh ?? access, refresh === null ? "access_token" : "refresh_token");
  try {
    const reply = await postJson(deps, `${deps.client.token_url}/revoke`, request);
    deps.log.debug("oauth_revocation_answered", { account: account.id, status: reply.status });
  } catch (error) {
    deps.log.warning("oauth_revocation_failed", { account: account.id, error: codeOf(error) });
  }
}
