// Secrets of known text in every place where one can enter: none comes out again, at any log level.
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { anthropicStream, messagesHandler } from "../support/anthropic.ts";
import { makeHome, runCcb } from "../support/binary.ts";
import type { Ccb } from "../support/binary.ts";
import { identity, startOAuthServer } from "../support/oauth-server.ts";
import type { OAuthServer } from "../support/oauth-server.ts";
import { breakAfter, hangUp, reset } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import { jsonOf, keyed, messagesRequest, startOAuth } from "./_ccb.ts";
import { head, rawClient } from "./_raw.ts";

const canary = (name: string): string => `CANARY-${name}-7f3a9c1e`;
const LITERAL = `sk-ant-api03-${canary("literal-key")}`;
const FROM_ENVIRONMENT = `sk-ant-api03-${canary("environment-key")}`;
const PROXY_PASSWORD = canary("proxy-password");
const WEBHOOK_PATH = canary("webhook-path");

/** Everything a client or an operator gets to see. */
class Seen {
  readonly texts: [what: string, text: string][] = [];

  async reply(what: string, reply: Response): Promise<string> {
    const text = await reply.text().catch(() => "");
    this.texts.push([what, [...reply.headers].map((pair) => pair.join(": ")).join("\n") + text]);
    return text;
  }

  /** Where each secret was seen. */
  leaks(secrets: Iterable<string>): string[] {
    const found = [...secrets].flatMap((secret) =>
      this.texts
        .filter(([, text]) => text.includes(secret) || text.includes(encodeURIComponent(secret)))
        .map(([what]) => `${secret.slice(0, 60)} in ${what}`),
    );
    return [...new Set(found)];
  }
}

/** Every file under a folder but the configuration that the test wrote. */
function filesUnder(folder: string): [string, string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "providers.yaml")
    .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), "latin1")]);
}

const post = (
  body: string,
  headers: Record<string, string> = { "content-type": "application/json" },
): BunFetchRequestInit => ({ method: "POST", headers, body });

/** Signs in by each of the three forms of a pasted code; gives back the codes and states. */
async function signInByEveryForm(ccb: Ccb, oauth: OAuthServer, seen: Seen): Promise<string[]> {
  const secrets: string[] = [];
  for (const form of ["code", "pasted", "callbackUrl"] as const) {
    const login = await jsonOf<{ login_url: string }>(await ccb.request("/oauth/generate-url"));
    const page = oauth.authorize(login.login_url, identity(`${form}@example.com`));
    secrets.push(page.code);
    await seen.reply(
      `exchange of ${form}`,
      await ccb.request("/oauth/exchange-code", post(JSON.stringify({ code: page[form] }))),
    );
    // A second time: it is spent.
    await seen.reply(
      `second exchange of ${form}`,
      await ccb.request("/oauth/exchange-code", post(JSON.stringify({ code: page[form] }))),
    );
  }
  return secrets;
}

/** Requests to ccb's own endpoints that are wrong in every way, with a secret in the wrong place. */
async function wrongRequests(ccb: Ccb, seen: Seen): Promise<string[]> {
  const wrong: Record<string, BunFetchRequestInit> = {
    "broken-json": post(`{"code":"${canary("broken-json")}`),
    "wrong-type": post(JSON.stringify({ code: { value: canary("wrong-type") } })),
    "wrong-field": post(JSON.stringify({ [canary("wrong-field")]: 1 })),
    "unknown-code": post(JSON.stringify({ code: canary("unknown-code") })),
    "unknown-state": post(JSON.stringify({ code: `x#${canary("unknown-state")}`, state: canary("unknown-state") })),
    "malformed-url": post(JSON.stringify({ code: `https://x.invalid/?error=${canary("malformed-url")}` })),
    "denied-url": post(
      JSON.stringify({
        code: `https://platform.claude.com/oauth/code/callback?error=access_denied&error_description=${canary("denied-url")}`,
      }),
    ),
    "wrong-email": post(JSON.stringify({ code: "x", account_email: canary("wrong-email").repeat(100) })),
    "content-type": post(`code=${canary("content-type")}`, { "content-type": "application/x-www-form-urlencoded" }),
    "own-key": post("{}", {
      "content-type": "application/json",
      "x-ccb-key": canary("own-key"),
      authorization: `Bearer ${canary("own-key")}`,
    }),
    "too-long": post(JSON.stringify({ code: canary("too-long").repeat(5000) })),
  };
  for (const [name, init] of Object.entries(wrong))
    await seen.reply(`wrong request ${name}`, await ccb.request("/oauth/exchange-code", init));
  for (const [method, path] of [
    ["GET", `/oauth/exchange-code?code=${canary("query")}`],
    ["POST", `/oauth/refresh/${canary("path")}`],
    ["DELETE", `/oauth/tokens/${canary("path")}%zz`],
    ["GET", `/${canary("path")}?token=${canary("query")}`],
    ["PUT", `/health?token=${canary("query")}`],
  ] as const) {
    await seen.reply(`${method} ${path}`, await ccb.request(path, { method }));
  }
  return [...Object.keys(wrong), "query", "path"].map(canary);
}

/** Requests through the proxy with secrets in headers, query and body, whose upstreams fail in every way. */
async function proxied(ccb: Ccb, seen: Seen, script: (index: number) => void): Promise<string[]> {
  const headers = {
    "content-type": "application/json",
    "anthropic-version": "2023-06-01",
    authorization: `Bearer sk-ant-oat01-${canary("client-bearer")}`,
    "x-api-key": canary("client-key"),
    cookie: `session=${canary("client-cookie")}`,
    "proxy-authorization": `Basic ${canary("client-proxy")}`,
  };
  const body = JSON.stringify({
    model: "claude-opus-5",
    max_tokens: 1,
    messages: [{ role: "user", content: canary("prompt") }],
  });
  for (let index = 0; index < 5; index += 1) {
    script(index);
    const reply = await ccb
      .request(`/v1/messages?key=${canary("query-of-a-break")}`, { method: "POST", headers, body })
      .catch(() => null);
    if (reply !== null) await seen.reply(`proxied ${index}`, reply);
  }
  // Too large, too wrong, gone.
  await seen.reply(
    "413",
    await ccb.request(`/v1/messages?key=${canary("query-of-a-break")}`, {
      method: "POST",
      headers,
      body: "x".repeat(2_000_000),
    }),
  );
  const client = await rawClient(ccb.port);
  client.send(
    head(
      `POST /v1/messages?key=${canary("query-of-a-break")} HTTP/1.1`,
      `Authorization: Bearer ${canary("client-bearer")}`,
      "Content-Length: 99",
    ) + canary("prompt"),
  );
  client.abort();
  return ["client-bearer", "client-key", "client-cookie", "client-proxy", "prompt", "query-of-a-break"].map(canary);
}

describe("none comes out", () => {
  for (const log_level of ["DEBUG", "INFO", "WARNING", "ERROR"]) {
    test(`at ${log_level}`, async () => {
      await using oauth = await startOAuthServer();
      await using upstream = await startUpstream({ authorize: oauth.identify });
      upstream.handle(messagesHandler());
      await using ccb = await startOAuth("", oauth, {
        settings: { log_level, max_body_mb: 1 },
        env: { CANARY_KEY: FROM_ENVIRONMENT, HTTPS_PROXY: `http://me:${PROXY_PASSWORD}@127.0.0.1:1` },
        providers: [
          { ...keyed(upstream.url), name: "Accounts", auth_type: "auth_token", auth_value: "oauth" },
          keyed("http://127.0.0.1:1", {
            name: "Literal",
            priority: 2,
            auth_value: LITERAL,
            proxy: `http://me:${PROXY_PASSWORD}@127.0.0.1:1`,
          }),
          keyed("https://upstream.invalid", { name: "Environment", priority: 2, auth_value: "${CANARY_KEY}" }),
        ],
      });
      const seen = new Seen();
      const secrets = new Set<string>([LITERAL, FROM_ENVIRONMENT, PROXY_PASSWORD]);
      const remember = (more: Iterable<string>): void => {
        for (const secret of more) secrets.add(secret);
      };
      const rememberTokens = (): void => remember([...oauth.accessTokens.keys(), ...oauth.refreshTokens.keys()]);

      // Nobody is signed in: the other two providers are asked, one behind a proxy that is not there.
      for (let index = 0; index < 4; index += 1)
        await seen.reply("keys", await ccb.request("/v1/messages", messagesRequest()));
      remember(await signInByEveryForm(ccb, oauth, seen));
      rememberTokens();
      remember(await wrongRequests(ccb, seen));
      const broken = anthropicStream("breaks", 4);
      remember(
        await proxied(ccb, seen, (index) => {
          const reply = [undefined, breakAfter(2, broken), breakAfter(2, broken, { how: "fin" }), reset(), hangUp()][
            index
          ];
          if (reply !== undefined) upstream.script(reply);
        }),
      );
      // Refreshes that succeed, are refused, and bring nonsense that repeats what was sent.
      await seen.reply("refresh", await ccb.request("/oauth/refresh/code@example.com", { method: "POST" }));
      rememberTokens();
      const echoed = { error: canary("endpoint-error"), error_description: canary("endpoint-description") };
      oauth.failNext({ status: 400, body: echoed, grant: "refresh_token" });
      await seen.reply("refresh refused", await ccb.request("/oauth/refresh/pasted@example.com", { method: "POST" }));
      oauth.failNext({ status: 403, html: `<html>${canary("endpoint-page")}</html>`, grant: "refresh_token" });
      await seen.reply(
        "refresh blocked",
        await ccb.request("/oauth/refresh/callbackUrl@example.com", { method: "POST" }),
      );
      remember([canary("endpoint-error"), canary("endpoint-description"), canary("endpoint-page")]);
      oauth.expire("code@example.com");
      for (let index = 0; index < 3; index += 1)
        await seen.reply("after expiry", await ccb.request("/v1/messages", messagesRequest()));
      rememberTokens();
      for (const path of ["/health", "/providers", "/oauth/status", "/docs", "/docs/json", "/oauth/generate-url"]) {
        await seen.reply(path, await ccb.request(path));
      }
      oauth.revokeAll("code@example.com");
      await seen.reply("lost", await ccb.request("/oauth/refresh/code@example.com", { method: "POST" }));
      await seen.reply("removed", await ccb.request("/oauth/tokens", { method: "DELETE" }));

      for (const call of oauth.calls) remember(/"code_verifier":"([^"]+)"/.exec(call.text)?.slice(1) ?? []);
      await ccb.stop();
      seen.texts.push(["stdout", ccb.stdout], ["stderr", ccb.stderr], ...filesUnder(ccb.home));
      expect(secrets.size).toBeGreaterThan(35);
      expect(seen.leaks(secrets)).toEqual([]);
      // It did log, and the steps of the sign-in are there at DEBUG.
      expect(/"message":"oauth_/.test(ccb.stdout)).toBe(
        log_level === "DEBUG" || log_level === "INFO" || log_level === "WARNING",
      );
      oauth.assertUsed();
      upstream.assertUsed();
    });
  }

  test("by `ccb check`, with the keys in the file, the environment and a proxy's address", async () => {
    const providers = `providers:
  - {name: A, base_url: https://api.anthropic.com, auth_type: api_key, auth_value: ${LITERAL}, proxy: "http://me:${PROXY_PASSWORD}@127.0.0.1:1"}
  - {name: B, base_url: https://api.anthropic.com, auth_type: api_key, auth_value: "\${CANARY_KEY}"}
settings: {oauth: {proxy: "http://me:${PROXY_PASSWORD}@127.0.0.1:1"}, notify: {webhook: "https://hooks.example/${WEBHOOK_PATH}"}}
`;
    const home = makeHome();
    const file = join(home, "canary.yaml");
    writeFileSync(file, providers, { mode: 0o600 });
    const { code, stdout, stderr } = await runCcb(["check", "--config", file], {
      home,
      env: { CANARY_KEY: FROM_ENVIRONMENT },
    });
    rmSync(home, { recursive: true, force: true });
    expect(code).toBe(0);
    for (const secret of [LITERAL, FROM_ENVIRONMENT, PROXY_PASSWORD, WEBHOOK_PATH])
      expect(stdout + stderr).not.toContain(secret);
  });
});
