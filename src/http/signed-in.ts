// The reply that says whose tokens are good now, and what the person should know about that.
import type { Static } from "@sinclair/typebox";
import type { Persistence } from "../account/persistence.ts";
import type { Words } from "../core/words/en.ts";
import type { SignedIn } from "../oauth/sign-in.ts";
import type { SignedInSchema } from "./oauth-schemas.ts";
import { toSeconds } from "./oauth-status.ts";
import { toPersistenceStatus } from "./persistence-status.ts";

/** The body of a reply to a sign-in. */
export function toSignedIn(
  persistence: Persistence,
  { account, durable, typedOther }: SignedIn,
  words: Words,
): Static<typeof SignedInSchema> {
  const notices: string[] = [];
  if (typedOther !== null) notices.push(words.login.emailDiffers({ typed: typedOther, actual: account.name }));
  if (!durable) notices.push(toPersistenceStatus(persistence, words).detail);
  return {
    status: "success",
    account_email: account.name,
    expires_at: toSeconds(account.tokens.expiresAt),
    scopes: [...account.tokens.scopes],
    durable,
    notices,
  };
}
