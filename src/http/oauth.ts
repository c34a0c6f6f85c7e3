// /oauth/*: sign in, see, refresh, pause and remove accounts.
import { Elysia } from "elysia";
import type { Static } from "@sinclair/typebox";
import type { Account } from "../account/account.ts";
import type { Persistence } from "../account/persistence.ts";
import { assertReadable } from "../account/readable.ts";
import type { AccountStore } from "../account/store.ts";
import { CcbError } from "../core/errors.ts";
import { wordsOf } from "../core/language.ts";
import type { Language } from "../core/language.ts";
import type { Clock } from "../core/ports.ts";
import { PENDING_SECONDS } from "../oauth/pending.ts";
import type { PendingLogins } from "../oauth/pending.ts";
import { tokenUnavailable } from "../oauth/refresh-failures.ts";
import type { Refresher } from "../oauth/refresh.ts";
import type { SignedIn, SignInInput } from "../oauth/sign-in.ts";
import { oauthDocs } from "./docs-oauth.ts";
import { readJson } from "./json-body.ts";
import { ExchangeRequestSchema } from "./oauth-schemas.ts";
import type { LoginUrlSchema, PausedSchema, RemovedSchema, SignedInSchema, StatusSchema } from "./oauth-schemas.ts";
import { toTokenStatus } from "./oauth-status.ts";
import type { TokenStatusDeps } from "./oauth-status.ts";
import { assertDecoded } from "./parameter.ts";
import { toPersistenceStatus } from "./persistence-status.ts";
import { toSignedIn } from "./signed-in.ts";

export interface OAuthRouteDeps extends TokenStatusDeps {
  readonly clock: Clock;
  readonly store: AccountStore;
  readonly persistence: Persistence;
  readonly pending: PendingLogins;
  readonly refresher: Refresher;
  readonly signIn: (input: SignInInput) => Promise<SignedIn>;
  /** True: the removal is durable. */
  readonly signOut: (account: Account) => Promise<boolean>;
  readonly loginRequired: () => CcbError;
  /** Until a restart; resuming also clears the account's cooldowns. */
  readonly setPaused: (accountId: string, paused: boolean) => void;
  readonly languageOf: (request: Request) => Language;
  /** Where codes go, with the port in force. */
  readonly exchangeUrl: () => string;
}

/** Creates the controller of the sign-in endpoints. */
export function createOAuthRoutes(deps: OAuthRouteDeps) {
  const { clock, store } = deps;

  async function accountOf(parameter: string | null): Promise<Account> {
    const name = assertDecoded(parameter);
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

  async function pause(parameter: string | null, paused: boolean): Promise<Static<typeof PausedSchema>> {
    const account = await accountOf(parameter);
    deps.setPaused(account.id, paused);
    return { status: "success", account_email: account.name, paused };
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
        return toSignedIn(deps.persistence, await deps.signIn(input), wordsOf(deps.languageOf(request)));
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
        const { id, tokens } = await accountOf(params.account_email);
        if (tokens.refresh === null && tokens.expiresAt > clock.now())
          throw new CcbError("not_renewable", (words) => words.signIn.notRenewable);
        const result = await deps.refresher.refresh(id);
        if (result.outcome === "login_required") throw deps.loginRequired();
        if (result.outcome === "failed") throw tokenUnavailable(result.reason, result.retryAt, clock.now());
        return toSignedIn(deps.persistence, { ...result, typedOther: null }, wordsOf(deps.languageOf(request)));
      },
      { parse: "none", detail: oauthDocs.refresh },
    )
    .post("/tokens/:account_email/pause", async ({ params }) => pause(params.account_email, true), {
      parse: "none",
      detail: oauthDocs.pause,
    })
    .post("/tokens/:account_email/resume", async ({ params }) => pause(params.account_email, false), {
      parse: "none",
      detail: oauthDocs.resume,
    })
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
