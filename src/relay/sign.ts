// The credential of a target, ready to sign: for an account that means a token that is good now.
import type { Account } from "../account/account.ts";
import { CcbError } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";
import type { Refresher } from "../oauth/refresh.ts";
import type { Signature } from "../provider/prepare.ts";
import type { Target } from "../provider/target.ts";

/** The signature for a target that can sign at once; null: its account's token has to be renewed first. */
export function readySignature(target: Target, refresher: Pick<Refresher, "ready">): Signature | null {
  switch (target.kind) {
    case "account": {
      const token = refresher.ready(target.account);
      return token === null ? null : { kind: "oauth", token };
    }
    case "key": {
      const { credential, auth_type } = target.provider;
      if (credential.kind !== "key") throw new CcbError("internal", (words) => words.http.internal);
      return { kind: "key", key: credential.key, header: auth_type };
    }
    case "client":
      return { kind: "client" };
  }
}

/**
 * The signature of an account after its token was renewed: as it is about to expire, or because the upstream has just
 * refused `rejected`. Rejects with `login_required` or `token_unavailable`.
 */
export async function renewedSignature(
  account: Account,
  refresher: Pick<Refresher, "token" | "renew">,
  rejected: Secret | null,
): Promise<Signature> {
  const token = rejected === null ? await refresher.token(account) : await refresher.renew(account, rejected);
  return { kind: "oauth", token };
}
