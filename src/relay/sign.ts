// The credential of a target, ready to sign: for an account that means a token that is good now.
import { CcbError } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";
import type { Refresher } from "../oauth/refresh.ts";
import type { Signature } from "../provider/prepare.ts";
import type { Target } from "../provider/target.ts";

/**
 * The signature for a target. With `rejected`, the token that the upstream has just refused, an account's token is
 * renewed first. Rejects with `login_required` or `token_unavailable`.
 */
export async function signatureFor(target: Target, refresher: Refresher, rejected: Secret | null): Promise<Signature> {
  switch (target.kind) {
    case "account": {
      const token =
        rejected === null ? await refresher.token(target.account) : await refresher.renew(target.account, rejected);
      return { kind: "oauth", token };
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
