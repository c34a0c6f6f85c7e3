// /oauth/*: sign in, see, refresh and remove accounts.
import { Elysia } from "elysia";
import type { Static } from "@sinclair/typebox";
import type { Account } from "../account/account.ts";
import type { Persistence } from "../account/persistence.ts";
import { assertReadable } from "../account/readable.ts";
import type { AccountStore } from "../account/store.ts";
import { CcbError } from "../core/errors.ts";
import { relativeTime, wordsOf } from "../core/language.ts";
import type { Language } from "../core/language.ts";
import type { Clock } from "../core/ports.ts";
import { PENDING_SECONDS } from "../oauth/pending.ts";
import type { PendingLogins } from "../oauth/pending.ts";
import { tokenUnavailable } from "../oauth/refresh-failures.ts";
import type { Refresher } from "../oauth/refresh.ts";
import type { Schedule } from "../oauth/schedule.ts";
import type { SignedIn, SignInInput } from "../oauth/sign-in.ts";
import { oauthDocs } from "./docs-oauth.ts";
import { readJson } from "./json-body.ts";
import { ExchangeRequestSchema } from "./oauth-schemas.ts";
import type { LoginUrlSchema, RemovedSchema, SignedInSchema, StatusSchema } from "./oauth-schemas.ts";
import { toPersistenceStatus } from "./persistence-status.ts";

export interface OAuthRouteDeps {
  readonly clock: Clock;
  readonly store: AccountStore;
  readonly persistence: Persistence;
  readonly pending: PendingLogins;
  readonly refresher: Refresher;
  readonly schedule: Schedule;
  readonly signIn: (input: SignInInput) => Promise<SignedIn>;
  /** True: the removal is durable. */
  readonly signOut: (account: Account) => Promise<boolean>;
  readonly loginRequired: () => CcbError;
  readonly languageOf: (request: Request) => Language;
  /** Where codes go, with the port in force. */
  readonly exchangeUrl: () => string;
}

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);

/** One row of GET /oauth/status. */
function toTokenStatus(
  deps: OAuthRouteDeps,
  account: Account,
  language: Language,
): Static<typeof StatusSchema>["tokens"][number] {
  const now = deps.clock.now();
  const { state, reason } = deps.store.health(account.id);
  const usage = deps.persistence.statistics.of(account.id);
  const nextAt = deps.schedule.nextAt(account.id);
  const { expiresAt, refresh, scopes } = account.tokens;
  return {
    account_email: account.name,
    account_id: account.id,
    organization: account.organizationName,
    expires_in_minutes: Math.round(((expiresAt - now) / 60_000) * 10) / 10,
    is_healthy: state !== "login_required" && (expiresAt > now || refresh !== null),
    state,
    reason,
    usage_count: usage.usage_count,
    last_used: usage.last_used === null ? null : relativeTime(usage.last_used, now / 1000, language),
    last_used_timestamp: usage.last_used,
    created_at: account.createdAt,
    expires_at: seconds(expiresAt),
    next_refresh_at: nextAt === null ? null : seconds(nextAt),
    scopes: [...scopes],
  };
}

/** The reply that says whose tokens are good now. */
function toSignedIn(account: Account, durable: boolean, notices: string[]): Static<typeof SignedInSchema> {
  return {
    status: "success",
    account_email: account.name,
    expires_at: seconds(account.tokens.expiresAt),
    scopes: [...account.tokens.scopes],
    durable,
    notices,
  };
}

/** What the person should know about a sign-in, in their language. */
function noticesOf(
  deps: OAuthRouteDeps,
  input: SignInInput,
  { account, durable, differs }: SignedIn,
  language: Language,
): string[] {
  const words = wordsOf(language);
  const notices: string[] = [];
  if (differs && input.accountEmail !== null)
    notices.push(words.login.emailDiffers({ typed: input.accountEmail, actual: account.name }));
  if (!durable) notices.push(toPersistenceStatus(deps.persistence, words).detail);
  return notices;
}

/** Creates the controller of the sign-in endpoints. */
export function createOAuthRoutes(deps: OAuthRouteDeps) {
  const { clock, store } = deps;

  /** Elysia has decoded the name; null where the path's escapes are no UTF-8, whatever its types say. */
  async function accountOf(name: string | null): Promise<Account> {
    if (name === null) throw new CcbError("invalid_request", (words) => words.http.badPath);
    const known = store.find(name);
    if (known !== undefined) return known;
    await assertReadable(deps.persistence);
    const loaded = store.find(name);
    if (loaded === undefined) throw new CcbError("account_unknown", (words) => words.login.accountUnknown);
    return loaded;
  }

  async function remove(accounts: readonly Account[]): Promise<Static<typeof RemovedSchema>> {
    const durable = await Promise.all(accounts.map((account) => deps.signOut(account)));
    return { status: "success", removed: accounts.map((account) => account.name), durable: durable.every(Boolean) };
  }

  return new Elysia({ name: "oauth", prefix: "/oauth" })
    .get(
      "/generate-url",
      ({ request }): Static<typeof LoginUrlSchema> => {
        const login = deps.pending.create();
        const words = wordsOf(deps.languageOf(request));
        return {
          login_url: login.url,
          state: login.state,
          expires_in_seconds: PENDING_SECONDS,
          instructions: words.login.instructions({ exchangeUrl: deps.exchangeUrl() }),
          notice: words.login.terms,
        };
      },
      { detail: oauthDocs.generateUrl },
    )
    .post(
      "/exchange-code",
      async ({ request }): Promise<Static<typeof SignedInSchema>> => {
        const body = await readJson(request, ExchangeRequestSchema, clock);
        const input = { code: body.code, accountEmail: body.account_email ?? null, state: body.state ?? null };
        const signedIn = await deps.signIn(input);
        const notices = noticesOf(deps, input, signedIn, deps.languageOf(request));
        return toSignedIn(signedIn.account, signedIn.durable, notices);
      },
      { parse: "none", detail: oauthDocs.exchangeCode },
    )
    .get(
      "/status",
      ({ request }): Static<typeof StatusSchema> => {
        const language = deps.languageOf(request);
        const tokens = store.all().map((account) => toTokenStatus(deps, account, language));
        return {
          total_tokens: tokens.length,
          tokens,
          persistence: toPersistenceStatus(deps.persistence, wordsOf(language)),
        };
      },
      { detail: oauthDocs.status },
    )
    .post(
      "/refresh/:account_email",
      async ({ params, request }): Promise<Static<typeof SignedInSchema>> => {
        const { id } = await accountOf(params.account_email);
        const result = await deps.refresher.refresh(id);
        if (result.outcome === "login_required") throw deps.loginRequired();
        if (result.outcome === "failed") throw tokenUnavailable(result.reason, result.retryAt, clock.now());
        const { account, durable } = result;
        const words = wordsOf(deps.languageOf(request));
        return toSignedIn(account, durable, durable ? [] : [toPersistenceStatus(deps.persistence, words).detail]);
      },
      { parse: "none", detail: oauthDocs.refresh },
    )
    .delete("/tokens/:account_email", async ({ params }) => remove([await accountOf(params.account_email)]), {
      parse: "none",
      detail: oauthDocs.removeOne,
    })
    .delete(
      "/tokens",
      async () => {
        // "All" includes those that a closed keyring still holds.
        await assertReadable(deps.persistence);
        return remove(store.all());
      },
      { parse: "none", detail: oauthDocs.removeAll },
    );
}
