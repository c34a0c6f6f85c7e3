// The compiled program on loopback, with a scripted authorization server and a scripted upstream, for a browser to look at.
import type { BrowserContext } from "playwright-core";
import { signIn, startOAuth } from "../binary/_ccb.ts";
import { messagesHandler } from "../support/anthropic.ts";
import type { Ccb, CcbOptions, ConfigPieces } from "../support/binary.ts";
import { startOAuthServer } from "../support/oauth-server.ts";
import type { OAuthServer } from "../support/oauth-server.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Identity, Upstream } from "../support/upstream.ts";

export interface Served {
  readonly ccb: Ccb;
  readonly oauth: OAuthServer;
  readonly upstream: Upstream;
  /** As a person types it. */
  readonly url: string;
  /** Starts the program again where it was. */
  again(): Promise<Ccb>;
  signIn(person: Identity): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function served(settings: ConfigPieces["settings"] = {}): Promise<Served> {
  const oauth = await startOAuthServer();
  const upstream = await startUpstream({ authorize: oauth.identify });
  upstream.handle(messagesHandler());
  const start = (more: Omit<CcbOptions, "config"> = {}) => startOAuth(upstream.url, oauth, { settings, ...more });
  const ccb = await start();
  const started = [ccb];
  return {
    ccb,
    oauth,
    upstream,
    url: `http://localhost:${ccb.port}/`,
    async again() {
      const next = await start({ port: ccb.port });
      started.push(next);
      return next;
    },
    signIn: (person) => signIn(ccb, oauth, person),
    async [Symbol.asyncDispose]() {
      for (const each of started) await each[Symbol.asyncDispose]();
      await upstream.stop();
      await oauth.stop();
    },
  };
}

/** Plays the sign-in page: whoever comes to it is signed in as `person` and sent back at once. */
export async function agreeAs(context: BrowserContext, oauth: OAuthServer, person: Identity): Promise<void> {
  await context.route(`${oauth.authorizeUrl}**`, async (route) => {
    const { callbackUrl } = oauth.authorize(route.request().url(), person);
    const body = `<!doctype html><meta http-equiv="refresh" content="0;url=${callbackUrl.replaceAll("&", "&amp;")}">`;
    await route.fulfill({ contentType: "text/html", body });
  });
}
