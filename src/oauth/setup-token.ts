// The one-year token of `claude setup-token`: kept as an account that has no refresh token and needs none.
import type { Account } from "../account/account.ts";
import type { Clock } from "../core/ports.ts";
import { CcbError } from "../core/errors.ts";
import { Secret } from "../core/secret.ts";
import { accountId, freeName } from "./identity.ts";
import { keepAccount } from "./keep-account.ts";
import type { KeepAccountDeps } from "./keep-account.ts";
import type { SignedIn } from "./sign-in.ts";

/** Anthropic's documentation: good for one year, for model requests only (facts A). */
const LIFETIME_MS = 365 * 86_400_000;
const SCOPES = ["user:inference"];
/** Refresh tokens (`sk-ant-ort…`) and API keys (`sk-ant-api…`) begin otherwise. A token goes into a header: visible ASCII. */
const TOKEN = /^sk-ant-oat[\x21-\x7e]{1,4000}$/;
/** What an account is called whose owner is not said: the token names nobody. */
const UNNAMED = "setup-token";

export interface SetupTokenDeps extends KeepAccountDeps {
  readonly clock: Pick<Clock, "now">;
}

/** The account that has this very token. */
const holderOf = (store: KeepAccountDeps["store"], token: Secret): Account | undefined =>
  store.all().find(({ tokens }) => tokens.access.equals(token));

/**
 * Keeps the token under `name`, an email or the name of an account that is signed in, whose tokens it takes the place
 * of; null: under a name that says what it is. One that is kept already keeps its expiry. Rejects with
 * `setup_token_invalid`.
 */
export async function keepSetupToken(deps: SetupTokenDeps, text: string, name: string | null): Promise<SignedIn> {
  const trimmed = text.trim();
  if (!TOKEN.test(trimmed)) throw new CcbError("setup_token_invalid", (words) => words.signIn.tokenMalformed);
  const token = new Secret(trimmed);
  const now = deps.clock.now();
  const same = holderOf(deps.store, token);
  const known = name === null ? same : deps.store.find(name);
  const id = known?.id ?? accountId(name === null ? `setup-token:${trimmed}` : `email:${name.toLowerCase()}`);
  const email = known?.email ?? name ?? UNNAMED;
  const account: Account = {
    id,
    name: known?.name ?? freeName(deps.store, email, id),
    email,
    aliases: known?.aliases ?? [],
    accountUuid: known?.accountUuid ?? null,
    organizationUuid: known?.organizationUuid ?? null,
    organizationName: known?.organizationName ?? null,
    tokens: {
      access: token,
      refresh: null,
      expiresAt: same?.tokens.expiresAt ?? now + LIFETIME_MS,
      obtainedAt: same?.tokens.obtainedAt ?? now,
      scopes: SCOPES,
      rotation: (known?.tokens.rotation ?? 0) + 1,
    },
    createdAt: known?.createdAt ?? Math.floor(now / 1000),
  };
  // The same token under another name: one account, not two that share their limits.
  const replaces = same !== undefined && same.id !== id ? same : null;
  const durable = await keepAccount(deps, { account, replaces, differs: false });
  return { account, durable, typedOther: null };
}
