// GET /callback: the browser brings the code of a sign-in back (RFC 8252 §7.3). Authorised by the single-use state.
import { Elysia, NotFoundError } from "elysia";
import { CcbError, ERROR_TABLE } from "../core/errors.ts";
import { wordsOf } from "../core/language.ts";
import type { Language } from "../core/language.ts";
import type { LoginOutcomes } from "../oauth/login-outcomes.ts";
import type { PendingLogins } from "../oauth/pending.ts";
import type { SignedIn, SignInInput } from "../oauth/sign-in.ts";
import { toCallbackResponse } from "./callback-page.ts";
import { loginDocs } from "./docs-login.ts";

export const CALLBACK_PATH = "/callback";

export interface CallbackDeps {
  readonly pending: PendingLogins;
  readonly outcomes: LoginOutcomes;
  readonly signIn: (input: SignInInput) => Promise<SignedIn>;
  readonly languageOf: (request: Request) => Language;
}

const stateUnknown = (): CcbError => new CcbError("login_state_unknown", (words) => words.signIn.callbackUnknown);

/** The only value of a parameter; more than one of a name is nothing that the server sends. */
function only(query: URLSearchParams, name: string): string | null {
  const [value, ...more] = query.getAll(name);
  return value === undefined || value === "" || more.length > 0 ? null : value;
}

/** Says an error of a sign-in to the person at the browser. */
export function failurePage(error: CcbError, language: Language): Response {
  const words = wordsOf(language);
  const { callbackFailed, callbackNameNeeded, callbackAgain } = words.signIn;
  const named = error.code === "login_email_needed";
  const text = named ? [callbackNameNeeded] : [error.say(words), callbackAgain];
  return toCallbackResponse({
    good: false,
    status: ERROR_TABLE[error.code].status,
    language,
    title: callbackFailed,
    text,
  });
}

/** Says to the person at the browser who signed in. */
export function successPage(account: string, notices: readonly string[], language: Language): Response {
  const { callbackGood, callbackClose } = wordsOf(language).signIn;
  return toCallbackResponse({
    good: true,
    status: 200,
    language,
    title: callbackGood,
    text: [account, ...notices, callbackClose],
  });
}

/** Creates the controller. Whatever comes, the answer is a page. */
export function createCallbackRoutes({ pending, outcomes, signIn, languageOf }: CallbackDeps) {
  /** What ends the sign-in for whoever waits for it. */
  function fail(state: string, error: CcbError): void {
    if (error.code === "login_email_needed") {
      outcomes.settle(state, { kind: "email_needed" });
      return;
    }
    // Another request completes it at this moment, or has.
    if (error.code === "login_in_progress" || error.code === "login_state_unknown") return;
    const login = pending.byState(state);
    // The code was in the address, and the page has cleared that: there is nothing to send again.
    if (login !== undefined) pending.complete(login);
    outcomes.settle(state, { kind: "failed", error });
  }

  async function complete(query: URLSearchParams): Promise<SignedIn> {
    const state = only(query, "state");
    const code = only(query, "code");
    const login = state === null ? undefined : pending.byState(state);
    // A state whose code is pasted was never sent here.
    if (login === undefined || !login.loopback) throw stateUnknown();
    try {
      if (code === null) {
        const denied = query.has("error");
        throw new CcbError("login_code_invalid", (words) => (denied ? words.signIn.denied : words.signIn.noCode));
      }
      return await signIn({ code, state: login.state, accountEmail: null });
    } catch (error) {
      if (error instanceof CcbError) fail(login.state, error);
      throw error;
    }
  }

  return new Elysia({ name: "callback" }).get(
    CALLBACK_PATH,
    async ({ request }) => {
      // Elysia lets GET answer HEAD, which must not spend what comes with it (RFC 9110 §9.2.1): it is no method here.
      if (request.method !== "GET") throw new NotFoundError();
      const language = languageOf(request);
      try {
        const { account, durable } = await complete(new URL(request.url).searchParams);
        return successPage(account.name, durable ? [] : [wordsOf(language).signIn.callbackNotDurable], language);
      } catch (error) {
        if (!(error instanceof CcbError)) throw error;
        return failurePage(error, language);
      }
    },
    { detail: loginDocs.callback },
  );
}
