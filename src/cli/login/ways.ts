// The ways a sign-in can end while a terminal waits: the browser comes back, or a code is pasted. The first one wins.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { CcbError } from "../../core/errors.ts";
import type { Words } from "../../core/words/en.ts";
import { LoginWaitedSchema, SignedInSchema } from "../../http/oauth-schemas.ts";
import type { LoginBegunSchema } from "../../http/oauth-schemas.ts";
import { parsePastedCode } from "../../oauth/pasted-code.ts";
import { inCommands } from "../client.ts";
import type { Client } from "../client.ts";
import type { SignedInReply } from "./report.ts";
import type { Lines } from "./terminal.ts";

export type Begun = Static<typeof LoginBegunSchema>;

export interface WaysDeps {
  readonly client: Client;
  readonly begun: Begun;
  readonly lines: Lines;
  readonly email: string | undefined;
  readonly words: Words;
  readonly say: (text: string) => void;
}

const EMAIL = /^[^\s@/]+@[^\s@/]+$/;
/** After these the same code, or another one, may be pasted again. */
const AGAIN: ReadonlySet<string> = new Set([
  "login_state_unknown",
  "login_in_progress",
  "oauth_unavailable",
  "oauth_rate_limited",
]);

/** Asks whose account it is, until it is an email or nobody is there to answer. */
async function nameIt({ client, lines, email, words, say }: WaysDeps, state: string): Promise<SignedInReply> {
  let account_email = email;
  if (account_email === undefined) {
    say(words.signIn.whoseAccount);
    for (;;) {
      const line = await lines.next();
      if (line === null) throw new CcbError("login_email_needed", (reader) => reader.signIn.emailWanted);
      account_email = line.trim();
      if (EMAIL.test(account_email)) break;
      say(words.signIn.badEmail);
    }
  }
  return client.send("POST", "/oauth/login/name", { state, account_email }, SignedInSchema);
}

/** Waits for the browser where it comes back to the command itself. */
export async function waitForOwnCallback(deps: WaysDeps, signedIn: Promise<SignedInReply>): Promise<SignedInReply> {
  try {
    return await signedIn;
  } catch (error) {
    const { browser } = deps.begun;
    if (browser === null || !(error instanceof CcbError) || error.code !== "login_email_needed") throw error;
    return nameIt(deps, browser.state);
  }
}

/** Waits for what the server learns of the sign-in. */
export async function waitForServer(deps: WaysDeps, over: AbortSignal): Promise<SignedInReply> {
  const { client, begun } = deps;
  const { state } = begun.browser ?? begun.paste;
  for (;;) {
    const reply = await client
      .send("POST", "/oauth/login/wait", { state }, LoginWaitedSchema)
      .catch((error: unknown) => {
        const ended = error instanceof CcbError && error.code === "login_state_unknown";
        throw ended ? new CcbError("login_state_unknown", (words) => words.signIn.gaveUp) : error;
      });
    if (reply.status === "success") return reply;
    if (reply.status === "failed") {
      const { message } = reply;
      throw new CcbError("server_said", (words) => {
        const said = inCommands(message, words);
        return said === message ? `${message} ${words.signIn.loginAgain}` : said;
      });
    }
    if (over.aborted) return never();
    if (reply.status === "email_needed") return nameIt(deps, state);
  }
}

/** Takes codes from the terminal until one is good. Never settles where nobody types. */
export async function waitForPaste(deps: WaysDeps, over: AbortSignal): Promise<SignedInReply> {
  const { client, begun, lines, email, words, say } = deps;
  for (;;) {
    const line = await lines.next();
    if (line === null || over.aborted) return never();
    if (line.trim() === "") continue;
    let state: string | null;
    try {
      ({ state } = parsePastedCode(line));
    } catch {
      say(words.signIn.badPaste);
      continue;
    }
    const mine = state ?? begun.paste.state;
    const named = email === undefined ? {} : { account_email: email };
    try {
      return await client.send("POST", "/oauth/exchange-code", { code: line, state: mine, ...named }, SignedInSchema);
    } catch (error) {
      if (!(error instanceof CcbError)) throw error;
      if (error.code === "login_email_needed") return nameIt(deps, mine);
      if (!AGAIN.has(error.code)) throw error;
      say(`${error.say(words)}\n${words.signIn.pasteAgain}`);
    }
  }
}

/** The way is closed; another one decides. */
const never = (): Promise<never> => new Promise(() => {});

/** What a server says of itself, whoever asks. */
export const AliveSchema = Type.Object({ status: Type.Literal("ok") });
