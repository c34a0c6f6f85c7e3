// The browser's way back where ccb itself listens nowhere that a browser could reach: the command listens in its place.
import { CcbError } from "../../core/errors.ts";
import { acceptedLanguage, wordsOf } from "../../core/language.ts";
import type { Language } from "../../core/language.ts";
import { CALLBACK_PATH, failurePage, successPage } from "../../http/callback.ts";
import { SignedInSchema } from "../../http/oauth-schemas.ts";
import { pathOf } from "../../http/proxy.ts";
import type { Client } from "../client.ts";
import { startLoopback } from "../server.ts";
import type { SignedInReply } from "./report.ts";

export interface OwnCallback {
  readonly port: number;
  /** From here on the code of this state is taken. */
  expect(state: string): void;
  readonly signedIn: Promise<SignedInReply>;
  /** Resolves when the browser has its page. */
  stop(): Promise<void>;
}

/** Listens for the browser and hands the code to the server. */
export function startOwnCallback(client: Client, email: string | undefined, language: Language): OwnCallback {
  const { promise, resolve, reject } = Promise.withResolvers<SignedInReply>();
  promise.catch(() => {});
  let expected: string | null = null;

  async function complete(query: URLSearchParams): Promise<SignedInReply> {
    const [state, code] = [query.get("state"), query.get("code")];
    if (expected === null || state !== expected)
      throw new CcbError("login_state_unknown", (words) => words.signIn.callbackUnknown);
    // Single use, whatever comes of it.
    expected = null;
    try {
      if (code === null) throw new CcbError("login_code_invalid", (words) => words.signIn.denied);
      const named = email === undefined ? {} : { account_email: email };
      const reply = await client.send("POST", "/oauth/exchange-code", { code, state, ...named }, SignedInSchema);
      resolve(reply);
      return reply;
    } catch (error) {
      reject(error);
      throw error;
    }
  }

  async function answer(request: Request): Promise<Response> {
    const host = request.headers.get("host") ?? "";
    if (pathOf(request.url) !== CALLBACK_PATH || request.method !== "GET" || !/^localhost:\d+$/i.test(host))
      return new Response(null, { status: 404 });
    const reader = acceptedLanguage(request.headers.get("accept-language"), language);
    try {
      const { account_email, durable } = await complete(new URL(request.url).searchParams);
      return successPage(account_email, durable ? [] : [wordsOf(reader).signIn.callbackNotDurable], reader);
    } catch (error) {
      if (error instanceof CcbError) return failurePage(error, reader);
      throw error;
    }
  }

  const loopback = startLoopback(answer);
  return {
    port: loopback.port,
    expect(state) {
      expected = state;
    },
    signedIn: promise,
    stop: () => loopback.stop(),
  };
}
