// The compiled program with a real Secret Service, an authorization server and an upstream of one test's own.
import { rmSync } from "node:fs";
import { userInfo } from "node:os";
import { messagesHandler } from "../support/anthropic.ts";
import { makeHome, startCcb } from "../support/binary.ts";
import type { Ccb, ConfigPieces } from "../support/binary.ts";
import { startOAuthServer } from "../support/oauth-server.ts";
import type { OAuthServer } from "../support/oauth-server.ts";
import { startSecretService } from "../support/secret-service.ts";
import type { SecretService } from "../support/secret-service.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Identity, Upstream } from "../support/upstream.ts";

/** Under which ccb files its entries. */
export const SERVICE = `claude-code-balancer:${process.getuid?.() ?? userInfo().username}`;

export interface Setting {
  readonly service: SecretService;
  readonly oauth: OAuthServer;
  readonly upstream: Upstream;
  readonly home: string;
  /** Starts the program; each start finds what the last one left. */
  start(more?: {
    env?: Record<string, string>;
    settings?: ConfigPieces["settings"];
    wait?: boolean;
    port?: number;
  }): Promise<Ccb>;
  signIn(ccb: Ccb, person: Identity): Promise<Reply>;
  /** An entry's text, as another program of the same person reads it; null where there is none. */
  entry(name: string): Promise<string | null>;
  /** The names of all entries of ccb. */
  entries(): Promise<readonly string[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any
}

/** A call whose answer is JSON, on a connection of its own. */
export async function call(ccb: Ccb, method: string, path: string, body?: unknown): Promise<Reply> {
  const response = await ccb.request(path, {
    method,
    keepalive: false,
    headers: { "content-type": "application/json", "anthropic-version": "2023-06-01" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

export const message = (ccb: Ccb): Promise<Reply> =>
  call(ccb, "POST", "/v1/messages", {
    model: "claude-opus-5",
    max_tokens: 16,
    messages: [{ role: "user", content: "hello" }],
  });

/** The accounts' names. */
export async function names(ccb: Ccb): Promise<string[]> {
  const { body } = await call(ccb, "GET", "/oauth/status");
  return body.tokens.map((token: { account_email: string }) => token.account_email).toSorted();
}

/** Where /health and /oauth/status say that tokens are; they must agree. */
export async function persistence(
  ccb: Ccb,
): Promise<{ backend?: string; durable: boolean; detail: string; unreadable?: unknown }> {
  const [health, status] = await Promise.all([call(ccb, "GET", "/health"), call(ccb, "GET", "/oauth/status")]);
  if (JSON.stringify(health.body.persistence) !== JSON.stringify(status.body.persistence)) return persistence(ccb);
  return health.body.persistence;
}

/** Waits for another process; its time is its own. */
export async function until(what: string, check: () => Promise<boolean> | boolean, seconds = 40): Promise<void> {
  for (const deadline = performance.now() + seconds * 1000; performance.now() < deadline; await Bun.sleep(50)) {
    if (await check()) return;
  }
  throw new Error(`did not happen within ${seconds} s: ${what}`);
}

export async function createSetting(): Promise<Setting> {
  const service = await startSecretService();
  const oauth = await startOAuthServer();
  const upstream = await startUpstream({ authorize: oauth.identify });
  upstream.handle(messagesHandler());
  const home = makeHome();
  const started: Ccb[] = [];

  return {
    service,
    oauth,
    upstream,
    home,
    async start({ env, settings, ...more } = {}) {
      const ccb = await startCcb({
        home,
        config: { upstream: upstream.url, oauth, ...(settings === undefined ? {} : { settings }) },
        env: { DBUS_SESSION_BUS_ADDRESS: service.env["DBUS_SESSION_BUS_ADDRESS"] ?? "", ...env },
        ...more,
      });
      started.push(ccb);
      return ccb;
    },
    async signIn(ccb, person) {
      const { body } = await call(ccb, "GET", "/oauth/generate-url");
      return call(ccb, "POST", "/oauth/exchange-code", { code: oauth.authorize(body.login_url, person).pasted });
    },
    entry: (name) => service.tool(["lookup", "service", SERVICE, "username", name]).catch(() => null),
    async entries() {
      // secret-tool writes the secrets to stdout and the attributes to stderr.
      const child = Bun.spawn(["secret-tool", "search", "--all", "service", SERVICE], {
        env: service.env,
        stdout: "pipe",
        stderr: "pipe",
      });
      const [, attributes] = await Promise.all([child.stdout.text(), child.stderr.text()]);
      await child.exited;
      return [...attributes.matchAll(/^attribute\.username = (.*)$/gm)].map((match) => match[1] ?? "").toSorted();
    },
    async [Symbol.asyncDispose]() {
      service.thaw();
      for (const ccb of started) await ccb[Symbol.asyncDispose]();
      await oauth.stop();
      await upstream.stop();
      await service.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
