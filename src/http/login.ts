// /oauth/login*: a sign-in that somebody waits for while the browser does its part, and tokens that need no sign-in.
import { Elysia } from "elysia";
import type { Static } from "@sinclair/typebox";
import type { Persistence } from "../account/persistence.ts";
import type { AccountStore } from "../account/store.ts";
import { CcbError } from "../core/errors.ts";
import { wordsOf } from "../core/language.ts";
import type { Language } from "../core/language.ts";
import type { Clock } from "../core/ports.ts";
import type { LoginOutcomes } from "../oauth/login-outcomes.ts";
import { PENDING_SECONDS } from "../oauth/pending.ts";
import type { PendingLogins } from "../oauth/pending.ts";
import type { SignedIn } from "../oauth/sign-in.ts";
import { loginDocs } from "./docs-login.ts";
import { readJson } from "./json-body.ts";
import { BeginLoginSchema, NameLoginSchema, SetupTokenRequestSchema, WaitLoginSchema } from "./oauth-schemas.ts";
import type { LoginBegunSchema, LoginWaitedSchema, SignedInSchema } from "./oauth-schemas.ts";
import { toSignedIn } from "./signed-in.ts";

/** How long a reply waits for the browser, seconds: shorter than any time-out on the way. */
const WAIT_SECONDS = 25;
/** The keyring says who is signed in already; a sign-in begins without it, too. */
const KEYRING_WAIT_MS = 1_000;

export interface LoginRouteDeps {
  readonly clock: Clock;
  readonly store: Pick<AccountStore, "all">;
  readonly persistence: Persistence;
  readonly pending: PendingLogins;
  readonly outcomes: LoginOutcomes;
  readonly nameSignIn: (state: string, email: string) => Promise<SignedIn>;
  readonly keepSetupToken: (token: string, name: string | null) => Promise<SignedIn>;
  /** Where a browser on this machine finds ccb's own callback; null: nowhere. */
  readonly callbackUrl: () => string | null;
  readonly languageOf: (request: Request) => Language;
}

const stateUnknown = (): CcbError => new CcbError("login_state_unknown", (words) => words.login.stateUnknown);

/** Creates the controller. The state of a sign-in is in bodies alone: never in an address, which may be logged. */
export function createLoginRoutes(deps: LoginRouteDeps) {
  const { clock, pending, outcomes, persistence } = deps;

  async function begin(request: Request): Promise<Static<typeof LoginBegunSchema>> {
    const { account_email, redirect_port } = await readJson(request, BeginLoginSchema, clock);
    await persistence.settled(KEYRING_WAIT_MS);
    const redirectUri = redirect_port === undefined ? deps.callbackUrl() : `http://localhost:${redirect_port}/callback`;
    const pair = pending.createPair(redirectUri, account_email ?? null);
    outcomes.watch(pair);
    const { browser, paste } = pair;
    return {
      browser: browser === null ? null : { login_url: browser.url, state: browser.state },
      paste: { login_url: paste.url, state: paste.state },
      expires_in_seconds: PENDING_SECONDS,
      notice: deps.store.all().length > 0 ? null : wordsOf(deps.languageOf(request)).login.terms,
    };
  }

  async function wait(request: Request): Promise<Static<typeof LoginWaitedSchema>> {
    const { state, seconds } = await readJson(request, WaitLoginSchema, clock);
    const outcome = await outcomes.wait(state, (seconds ?? WAIT_SECONDS) * 1000, request.signal);
    const words = wordsOf(deps.languageOf(request));
    if (outcome === null) throw stateUnknown();
    if (outcome === "pending") {
      // Neither way is left: it was refused, pushed out by others, or its ten minutes are over.
      if (pending.byState(state) === undefined) throw stateUnknown();
      return { status: "pending" };
    }
    if (outcome.kind === "email_needed") return { status: "email_needed" };
    if (outcome.kind === "failed") return { status: "failed", message: outcome.error.say(words) };
    return toSignedIn(persistence, outcome.signedIn, words);
  }

  return new Elysia({ name: "login", prefix: "/oauth" })
    .post("/login", ({ request }) => begin(request), { parse: "none", detail: loginDocs.begin })
    .post("/login/wait", ({ request }) => wait(request), { parse: "none", detail: loginDocs.wait })
    .post(
      "/login/name",
      async ({ request }): Promise<Static<typeof SignedInSchema>> => {
        const { state, account_email } = await readJson(request, NameLoginSchema, clock);
        const signedIn = await deps.nameSignIn(state, account_email);
        return toSignedIn(persistence, signedIn, wordsOf(deps.languageOf(request)));
      },
      { parse: "none", detail: loginDocs.name },
    )
    .post(
      "/setup-token",
      async ({ request }): Promise<Static<typeof SignedInSchema>> => {
        const { token, account_email } = await readJson(request, SetupTokenRequestSchema, clock);
        const signedIn = await deps.keepSetupToken(token, account_email ?? null);
        return toSignedIn(persistence, signedIn, wordsOf(deps.languageOf(request)));
      },
      { parse: "none", detail: loginDocs.setupToken },
    );
}
