// Telling the server that a token is no longer wanted (RFC 7009), best effort.
import type { Account } from "../account/account.ts";
import { codeOf } from "../core/errors.ts";
import type { Log } from "../core/ports.ts";
import { postJson } from "./client.ts";
import type { EndpointDeps, OAuthClient } from "./client.ts";
import { toRevocationRequest } from "./endpoint.ts";

export interface RevokeDeps extends EndpointDeps {
  readonly client: OAuthClient;
  readonly log: Log;
}

/** Revokes an account's token. Never rejects: a failure is logged and that is all. */
export async function revoke(deps: RevokeDeps, { id, tokens }: Pick<Account, "id" | "tokens">): Promise<void> {
  const { access, refresh } = tokens;
  // Revoking the refresh token ends the access tokens made from it (RFC 7009 §2.1).
  const request = toRevocationRequest(
    deps.client,
    refresh ?? access,
    refresh === null ? "access_token" : "refresh_token",
  );
  try {
    const reply = await postJson(deps, `${deps.client.token_url}/revoke`, request);
    deps.log.debug("oauth_revocation_answered", { account: id, status: reply.status });
  } catch (error) {
    deps.log.warning("oauth_revocation_failed", { account: id, error: codeOf(error) });
  }
}
