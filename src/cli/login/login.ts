// ccb login: through the running server, or straight into the store where none runs.
import { CcbError } from "../../core/errors.ts";
import type { Language } from "../../core/language.ts";
import type { Words } from "../../core/words/en.ts";
import { isLoopbackHost } from "../../config/origins.ts";
import { LoginBegunSchema } from "../../http/oauth-schemas.ts";
import type { WorkerLike } from "../../vault/keyring.ts";
import type { Client } from "../client.ts";
import { EXIT_FAILURE, EXIT_OK } from "../configuration.ts";
import { withServer } from "../connect.ts";
import type { Connection, ServerFlags } from "../connect.ts";
import * as runtime from "../runtime.ts";
import { createScreen } from "../shown.ts";
import { hasBrowser, isWebAddress, openBrowser } from "./browser.ts";
import { openOwnApp } from "./own-app.ts";
import { startOwnCallback } from "./own-callback.ts";
import type { OwnCallback } from "./own-callback.ts";
import { reportOf, writeReport } from "./report.ts";
import type { SignedInReply } from "./report.ts";
import { giveSetupToken } from "./setup-token.ts";
import { readLines } from "./terminal.ts";
import { AliveSchema, waitForOwnCallback, waitForPaste, waitForServer } from "./ways.ts";
import type { Begun } from "./ways.ts";

export interface LoginOptions extends ServerFlags {
  readonly email?: string;
  /** commander's form of --no-browser. */
  readonly browser: boolean;
  readonly setupToken?: boolean;
  readonly json?: boolean;
}

const say = (text: string): void => createScreen(runtime.writeError, false).lines(text);

/** Shows both addresses, and opens the first where there is a screen. */
function show({ browser, paste, notice }: Begun, wantsBrowser: boolean, words: Words): void {
  if (notice !== null) say(notice);
  if (browser !== null) {
    const { platform, environment: env } = runtime;
    const opens = wantsBrowser && hasBrowser({ platform, env }) && isWebAddress(browser.login_url);
    say((opens ? words.signIn.opening : words.signIn.openThis)({ address: browser.login_url }));
    if (opens) {
      void openBrowser(platform, runtime.originalEnvironment(), browser.login_url).then((opened) => {
        if (!opened) say(words.signIn.browserFailed);
      });
    }
  }
  say(words.signIn.orPaste({ address: paste.login_url }));
}

/** Signs in by browser or by a pasted code, whichever comes first. */
async function signIn(
  client: Client,
  { email, browser }: LoginOptions,
  words: Words,
  language: Language,
): Promise<SignedInReply> {
  const asked = email === undefined ? {} : { account_email: email };
  const begin = (more: object): Promise<Begun> =>
    client.send("POST", "/oauth/login", { ...asked, ...more }, LoginBegunSchema);
  let own: OwnCallback | null = null;
  const over = new AbortController();
  const lines = readLines(runtime.input());
  try {
    let begun = await begin({});
    if (begun.browser === null) {
      own = startOwnCallback(client, email, language);
      begun = await begin({ redirect_port: own.port });
      if (begun.browser !== null) own.expect(begun.browser.state);
    }
    show(begun, browser, words);
    const deps = { client, begun, lines, email, words, say };
    return await Promise.race([
      waitForServer(deps, over.signal),
      waitForPaste(deps, over.signal),
      ...(own === null ? [] : [waitForOwnCallback(deps, own.signedIn)]),
    ]);
  } finally {
    over.abort();
    lines.close();
    await own?.stop();
  }
}

/** Whether the server that is looked for is there. A server that says anything at all is. */
async function isUp({ client }: Connection, host: string | undefined): Promise<boolean> {
  try {
    await client.get("/health", AliveSchema);
    return true;
  } catch (error) {
    // The store of this machine is not that of another one.
    const elsewhere = host !== undefined && !isLoopbackHost(host);
    if (error instanceof CcbError && error.code === "server_down" && !elsewhere) return false;
    throw error;
  }
}

/** Signs in. Resolves the exit code. */
export function login(options: LoginOptions, spawn: () => WorkerLike): Promise<number> {
  return withServer(options, async (connection) => {
    const { client, config, words, language } = connection;
    const json = options.json === true;
    const rest = runtime.stayAlive();
    const work = async (to: Client) => {
      const signedIn =
        options.setupToken === true
          ? await giveSetupToken(to, options.email, words, say)
          : await signIn(to, options, words, language);
      return reportOf(to, signedIn);
    };
    try {
      if (await isUp(connection, options.host)) {
        writeReport(await work(client), json, words, language);
        return EXIT_OK;
      }
      const own = await openOwnApp(config, spawn, language).catch((error: unknown) => {
        if (error instanceof CcbError && error.code === "store_held")
          throw new CcbError("store_held", (reader) => `${error.say(reader)} ${reader.signIn.heldElsewhere}`);
        throw error;
      });
      let kept = false;
      try {
        say(words.signIn.noServer);
        const report = await work(own.client);
        kept = await own.close();
        if (kept) writeReport({ ...report, durable: true }, json, words, language);
        else say(words.signIn.notKept);
      } finally {
        await own.close();
      }
      return kept ? EXIT_OK : EXIT_FAILURE;
    } finally {
      rest();
    }
  });
}
