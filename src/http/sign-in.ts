// All that has to do with signing in: the controllers of /oauth/* and of the browser's way back, over one set of parts.
import { Elysia } from "elysia";
import { keepSetupToken } from "../oauth/setup-token.ts";
import { nameSignIn, signIn } from "../oauth/sign-in.ts";
import type { SignInDeps, SignInInput } from "../oauth/sign-in.ts";
import { createCallbackRoutes } from "./callback.ts";
import { createLoginRoutes } from "./login.ts";
import type { LoginRouteDeps } from "./login.ts";
import { createOAuthRoutes } from "./oauth.ts";
import type { OAuthRouteDeps } from "./oauth.ts";

type Own = "clock" | "store" | "persistence" | "pending" | "signIn";

export interface SignInRouteDeps extends Omit<OAuthRouteDeps, Own>, Pick<LoginRouteDeps, "callbackUrl"> {
  readonly parts: SignInDeps;
}

/** Creates the controllers. */
export function createSignInRoutes({ parts, callbackUrl, ...deps }: SignInRouteDeps) {
  const { clock, store, persistence, pending, outcomes } = parts;
  const own = { clock, store, persistence, pending, signIn: (input: SignInInput) => signIn(parts, input) };
  return new Elysia({ name: "sign-in" })
    .use(createOAuthRoutes({ ...deps, ...own }))
    .use(
      createLoginRoutes({
        ...own,
        outcomes,
        nameSignIn: (state, email) => nameSignIn(parts, state, email),
        keepSetupToken: (token, name) => keepSetupToken(parts, token, name),
        callbackUrl,
        languageOf: deps.languageOf,
      }),
    )
    .use(createCallbackRoutes({ pending, outcomes, signIn: own.signIn, languageOf: deps.languageOf }));
}
