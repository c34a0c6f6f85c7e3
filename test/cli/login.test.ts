// ccb login: through a running server and straight into the store; by browser, by pasted code, by setup token.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Value } from "@sinclair/typebox/value";
import { LoginReportSchema } from "../../src/cli/login/report.ts";
import { toKeyDigest } from "../../src/http/keys.ts";
import { Secret } from "../../src/core/secret.ts";
import { SELF_SIGNED } from "../binary/_certificate.ts";
import { messagesRequest } from "../binary/_ccb.ts";
import { messagesHandler } from "../support/anthropic.ts";
import { configText, freePort, makeHome, runCcb, startCcb } from "../support/binary.ts";
import type { Ccb, ConfigPieces } from "../support/binary.ts";
import { identity, startOAuthServer } from "../support/oauth-server.ts";
import type { OAuthServer } from "../support/oauth-server.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { eventually } from "../support/world.ts";
import { BROWSER_ADDRESS, PASTE_ADDRESS, startTyping } from "./_login.ts";

const anna = identity("anna@example.com", "Anna's company");
const bert = identity("bert@example.com");
const TOKEN = `sk-ant-oat01-${"s".repeat(95)}`;

let oauth: OAuthServer;
let upstream: Upstream;
let home: string;
let port: number;
let keyFile: string;
const ends: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  oauth = await startOAuthServer();
  upstream = await startUpstream({ authorize: oauth.identify });
  upstream.handle(messagesHandler());
  home = makeHome();
  port = await freePort();
  keyFile = join(home, "store.key");
  await runCcb(["store", "init", "--key-file", keyFile], { home });
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await upstream.stop();
  await oauth.stop();
  rmSync(home, { recursive: true, force: true });
});

type Settings = NonNullable<ConfigPieces["settings"]>;
const FILES: Settings = { oauth: { store: "file" } };
const MEMORY: Settings = { oauth: { store: "memory" } };
const pieces = (settings: Settings): ConfigPieces => ({
  upstream: upstream.url,
  oauth,
  settings: { port, ...settings },
});
const configFile = (): string => join(home, "providers.yaml");
const write = (settings: Settings): void => writeFileSync(configFile(), configText(pieces(settings)), { mode: 0o600 });
async function serve(settings: Settings, env: Record<string, string> = {}, wait = true): Promise<Ccb> {
  const ccb = await startCcb({ home, port, config: pieces(settings), env: { CCB_STORE_KEY_FILE: keyFile, ...env }, wait }); // prettier-ignore
  ends.push(() => ccb[Symbol.asyncDispose]());
  return ccb;
}
/** Where a browser could not come back to. */
async function serveTls(): Promise<void> {
  const cert = join(home, "cert.pem");
  const key = join(home, "key.pem");
  writeFileSync(cert, SELF_SIGNED.cert, { mode: 0o600 });
  writeFileSync(key, SELF_SIGNED.key, { mode: 0o600 });
  const ccb = await serve({ ...MEMORY, tls: { cert, key } }, {}, false);
  await ccb.output("listening");
}
function login(args: readonly string[] = [], env: Record<string, string> = {}) {
  const typing = startTyping(["login", "--config", configFile(), ...args], home, { CCB_STORE_KEY_FILE: keyFile, ...env }); // prettier-ignore
  ends.push(() => typing[Symbol.asyncDispose]());
  return typing;
}
/** A browser without a person's session: it follows the page's redirect. */
const visit = (address: string, who = anna): Promise<Response> =>
  fetch(oauth.authorize(address, who).callbackUrl, { keepalive: false, headers: { "accept-language": "en" } });
const message = (ccb: Ccb): Promise<Response> => ccb.request("/v1/messages", messagesRequest());

describe("with the server running", () => {
  test("the browser comes back to it, and the terminal says who, what, until when and where", async () => {
    const ccb = await serve(FILES);
    const typing = login();
    const address = await typing.seen(BROWSER_ADDRESS);
    expect(address).toContain(encodeURIComponent(`http://localhost:${port}/callback`));
    const page = await visit(address);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("anna@example.com")]);
    expect(await typing.exited).toBe(0);
    expect(typing.stderr).toContain("unofficial");
    expect(typing.stdout).toMatch(
      /^Signed in: anna@example\.com\n {2}Organization: Anna's company\n {2}Scopes: user:profile user:inference\n {2}Expires: .+ \(refreshed by itself before that\)\n {2}Kept: Tokens are kept in sealed files\.\n$/,
    );
    expect((await message(ccb)).status).toBe(200);
    const state = new URL(address).searchParams.get("state") ?? "none";
    expect(ccb.stdout + ccb.stderr).not.toContain(state);
  });

  test("a pasted code does, too: bare, with its state, or as the callback's address", async () => {
    await serve(FILES);
    for (const [index, form] of (["code", "pasted", "callbackUrl"] as const).entries()) {
      const typing = login(["--no-browser"]);
      const address = await typing.seen(form === "callbackUrl" ? BROWSER_ADDRESS : PASTE_ADDRESS);
      typing.type("this is none\n");
      await typing.seen(/That is no code/);
      typing.type(`${oauth.authorize(address, index === 1 ? bert : anna)[form]}\n`);
      expect(await typing.exited).toBe(0);
      expect(typing.stdout).toContain(`Signed in: ${index === 1 ? "bert" : "anna"}@example.com`);
      // Only the first one is told of the terms.
      expect(typing.stderr.includes("unofficial")).toBe(index === 0);
    }
    expect(oauth.exchanges).toBe(3);
  });

  test("--json: one document that fits its schema, nothing else on standard output", async () => {
    await serve(MEMORY);
    const typing = login(["--json", "--no-browser"]);
    await visit(await typing.seen(BROWSER_ADDRESS));
    expect(await typing.exited).toBe(0);
    const report: unknown = JSON.parse(typing.stdout);
    expect([...Value.Errors(LoginReportSchema, report)]).toEqual([]);
    expect(report).toMatchObject({
      account_email: "anna@example.com",
      organization: "Anna's company",
      durable: false,
      renewable: true,
    });
  });

  test("a wrong code, and a refusal in the browser: exit 1 and what to do", async () => {
    await serve(MEMORY);
    const wrong = login();
    await wrong.seen(PASTE_ADDRESS);
    wrong.type("WRONG\n");
    expect(await wrong.exited).toBe(1);
    expect(wrong.stderr).toContain("wrong, was used already or has expired. Run `ccb login` again.");
    expect(wrong.stderr).not.toContain("GET /oauth");
    const denied = login();
    const state = new URL(await denied.seen(BROWSER_ADDRESS)).searchParams.get("state");
    await fetch(`http://localhost:${port}/callback?error=access_denied&state=${state}`, { keepalive: false });
    expect(await denied.exited).toBe(1);
    expect([denied.stdout, denied.stderr]).toEqual(["", expect.stringContaining("refused in the browser")]);
  });

  test("a token endpoint that is down: the same code may be pasted again", async () => {
    await serve(MEMORY);
    const typing = login();
    const { pasted } = oauth.authorize(await typing.seen(PASTE_ADDRESS), anna);
    oauth.failNext({ status: 503 });
    typing.type(`${pasted}\n`);
    await typing.seen(/Paste it again/);
    typing.type(`${pasted}\n`);
    expect(await typing.exited).toBe(0);
    oauth.assertUsed();
  });

  test("behind TLS, too, the terminal asks where the authorization server names nobody", async () => {
    oauth.options.omitIdentity = true;
    await serveTls();
    const typing = login();
    const page = await visit(await typing.seen(BROWSER_ADDRESS));
    expect([page.status, await page.text()]).toEqual([400, expect.stringContaining("terminal")]);
    await typing.seen(/whose account this is. Its email:/);
    typing.type("anna@example.com\n");
    expect([await typing.exited, typing.stdout]).toEqual([0, expect.stringContaining("Signed in: anna@example.com")]);
  });

  test("where the authorization server names nobody, the terminal asks; --email answers before", async () => {
    oauth.options.omitIdentity = true;
    await serve(MEMORY);
    const asked = login();
    const page = await visit(await asked.seen(BROWSER_ADDRESS));
    expect([page.status, await page.text()]).toEqual([400, expect.stringContaining("terminal")]);
    await asked.seen(/whose account this is. Its email:/);
    asked.type("nonsense\n");
    await asked.seen(/no email address/);
    asked.type("anna@example.com\n");
    expect([await asked.exited, asked.stdout]).toEqual([0, expect.stringContaining("Signed in: anna@example.com")]);
    const told = login(["--email", "bert@example.com"]);
    expect((await visit(await told.seen(BROWSER_ADDRESS))).status).toBe(200);
    expect([await told.exited, told.stdout]).toEqual([0, expect.stringContaining("Signed in: bert@example.com")]);
  });

  test("behind TLS the browser comes back to the command, which hands the code on", async () => {
    await serveTls();
    const typing = login();
    const address = await typing.seen(BROWSER_ADDRESS);
    expect(address).not.toContain(`localhost%3A${port}%2F`);
    const { callbackUrl } = oauth.authorize(address, anna);
    const stranger = callbackUrl.replace(/state=[^&]+/, "state=another");
    expect((await fetch(stranger, { keepalive: false })).status).toBe(400);
    const page = await fetch(callbackUrl, { keepalive: false });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("anna@example.com")]);
    expect([await typing.exited, typing.stdout]).toEqual([0, expect.stringContaining("Signed in: anna@example.com")]);
  });

  test("a server that asks for keys: CCB_KEY with role admin, or a word about it", async () => {
    const key = "ccb_a-key-of-the-test-0123456789abcdef";
    const auth = { enabled: true, admin: "key", api_keys: [{ name: "me", key_sha256: toKeyDigest(new Secret(key)), role: "admin" }] }; // prettier-ignore
    await serve({ ...MEMORY, auth });
    const without = login();
    expect([await without.exited, without.stderr]).toEqual([1, expect.stringContaining("CCB_KEY")]);
    const typing = login([], { CCB_KEY: key });
    expect((await visit(await typing.seen(BROWSER_ADDRESS))).status).toBe(200);
    expect([await typing.exited, typing.stdout]).toEqual([0, expect.stringContaining("anna@example.com")]);
  });

  test("in Chinese", async () => {
    await serve(MEMORY);
    const typing = login([], { LANG: "zh_CN.UTF-8" });
    await visit(await typing.seen(BROWSER_ADDRESS));
    expect([await typing.exited, typing.stdout]).toEqual([0, expect.stringContaining("已登录：anna@example.com")]);
  });
});

describe("without a server", () => {
  test("the account goes straight into the store, and a server that starts has it; two accounts", async () => {
    write(FILES);
    for (const who of [anna, bert]) {
      const typing = login();
      await typing.seen(/No ccb is running/);
      const page = await visit(await typing.seen(BROWSER_ADDRESS), who);
      expect(page.status).toBe(200);
      expect([await typing.exited, typing.stderr]).toEqual([0, expect.any(String)]);
      expect(typing.stdout).toContain(`Signed in: ${who.email}`);
      expect(typing.stdout).toContain("Kept: Tokens are kept in sealed files.");
    }
    const ccb = await serve(FILES);
    for (let index = 0; index < 4; index += 1) expect((await message(ccb)).status).toBe(200);
    expect([...upstream.perAccount.keys()].toSorted()).toEqual([anna.email, bert.email]);
    expect([oauth.exchanges, oauth.refreshes]).toEqual([2, 0]);
  });

  test("a pasted code does, too", async () => {
    write(FILES);
    const typing = login(["--json"]);
    typing.type(`${oauth.authorize(await typing.seen(PASTE_ADDRESS), anna).pasted}\n`);
    expect(await typing.exited).toBe(0);
    expect(JSON.parse(typing.stdout)).toMatchObject({ durable: true, persistence: { backend: "file", durable: true } });
  });

  test("its own port answers nothing but the callback, and only under localhost", async () => {
    write(FILES);
    const typing = login();
    const { callbackUrl } = oauth.authorize(await typing.seen(BROWSER_ADDRESS), anna);
    const { origin } = new URL(callbackUrl);
    for (const path of ["/", "/oauth/status", "/v1/models", "/health"])
      expect((await fetch(origin + path, { keepalive: false })).status).toBe(404);
    const elsewhere = { keepalive: false, headers: { host: "evil.example" } };
    expect((await fetch(callbackUrl, elsewhere)).status).toBe(404);
    expect(oauth.calls).toEqual([]);
    expect((await fetch(callbackUrl, { keepalive: false })).status).toBe(200);
    expect(await typing.exited).toBe(0);
  });

  test("another ccb holds the store: it is named, and nobody is sent to a browser", async () => {
    await serve(FILES);
    const other = await freePort();
    const typing = login(["--port", String(other)]);
    expect(await typing.exited).toBe(1);
    expect(typing.stderr).toContain(`serving http://localhost:${port}`);
    expect(typing.stderr).toContain("--port");
    expect(typing.stderr).not.toContain("/oauth/authorize");
  });

  test("a server that starts meanwhile is told who has the store", async () => {
    write(FILES);
    const typing = login();
    await typing.seen(PASTE_ADDRESS);
    const ccb = await serve(FILES, {}, false);
    expect(await ccb.exited).toBe(1);
    expect(ccb.stderr).toContain("ccb login");
    expect(ccb.stderr).toContain(String(typing.pid));
  });

  const refused: readonly (readonly [string, Settings, string])[] = [
    ["accounts in memory alone", MEMORY, "Start it with `ccb`"],
    ["no keyring", { oauth: { store: "keyring" } }, "there is no keyring service for this session"],
    ["a sealed store without its key", FILES, "the sealed store has no key"],
  ];
  for (const [what, settings, words] of refused)
    test(`${what}: said before anybody signs in for nothing`, async () => {
      write(settings);
      const typing = login([], { CCB_STORE_KEY_FILE: "" });
      expect(await typing.exited).toBe(1);
      expect(typing.stderr).toContain(words);
      expect(typing.stderr).not.toContain("/oauth/authorize");
    });
});

describe("--setup-token", () => {
  test("from standard input, among the words that were printed with it; kept over a restart, never refreshed", async () => {
    const ccb = await serve(FILES);
    const typing = login(["--setup-token", "--email", "anna@example.com"]);
    // As a narrow terminal gives it to who copies from there.
    const broken = `${TOKEN.slice(0, 80)}\n${TOKEN.slice(80)}`;
    typing.type(
      `\u001b[32m✓\u001b[0m Your OAuth token (valid for 1 year):\n\n\u001b[1m${broken}\u001b[0m\n\nStore it securely.\n`,
    );
    typing.end();
    expect(await typing.exited).toBe(0);
    expect(typing.stdout).toContain("a one-year token: never refreshed");
    expect(typing.stdout + typing.stderr + ccb.stdout + ccb.stderr).not.toContain(TOKEN);
    await ccb.stop();
    const again = await serve(FILES);
    const before = upstream.requests.length;
    const reply = await message(again);
    // The upstream of this test has never seen it.
    expect([reply.status, upstream.requests.length - before]).toEqual([401, 1]);
    expect(upstream.requests.at(-1)?.bearer).toBe(TOKEN);
    expect(oauth.calls).toEqual([]);
    const { tokens }: { tokens: readonly unknown[] } = JSON.parse(await (await again.request("/oauth/status")).text());
    expect(tokens).toMatchObject([
      { account_email: "anna@example.com", renewable: false, state: "login_required", reason: "no_refresh_token" },
    ]);
  });

  test("without a server, straight into the store", async () => {
    write(FILES);
    const typing = login(["--setup-token", "--json"]);
    typing.type(TOKEN);
    typing.end();
    expect(await typing.exited).toBe(0);
    const report = JSON.parse(typing.stdout);
    expect([...Value.Errors(LoginReportSchema, report)]).toEqual([]);
    expect(report).toMatchObject({ account_email: "setup-token", renewable: false, durable: true });
    expect(Math.abs(report.expires_at - Date.now() / 1000 - 365 * 86_400)).toBeLessThan(60);
  });

  test("nothing, two of them, or something else: exit 1, and it is not repeated", async () => {
    await serve(MEMORY);
    for (const [text, words] of [
      ["", "No token came"],
      [`${TOKEN} ${TOKEN}2`, "More than one"],
      ["sk-ant-ort01-secret", "not a token of"],
      ["my secret", "not a token of"],
    ] as const) {
      const typing = login(["--setup-token"]);
      typing.type(text);
      typing.end();
      expect([await typing.exited, typing.stderr]).toEqual([1, expect.stringContaining(words)]);
      expect(typing.stderr).not.toContain("secret");
    }
  });
});

describe("the browser", () => {
  /** An opener that notes what it was given. */
  function opener(): { readonly env: Record<string, string>; readonly opened: () => string } {
    const note = join(home, "opened");
    writeFileSync(join(home, "xdg-open"), `#!/bin/sh\nprintf '%s|' "$#" "$@" "$HTTPS_PROXY" "$CCB_BOOTED" > '${note}.new'\nmv '${note}.new' '${note}'\n`); // prettier-ignore
    chmodSync(join(home, "xdg-open"), 0o755);
    const env = { PATH: `${home}:/usr/bin:/bin`, DISPLAY: ":9", HTTPS_PROXY: "http://proxy.example:1" };
    return { env, opened: () => (existsSync(note) ? readFileSync(note, "utf8") : "") };
  }

  test("is started with the address as one argument, in the person's environment", async () => {
    await serve(MEMORY);
    const { env, opened } = opener();
    const typing = login([], env);
    const address = await typing.seen(BROWSER_ADDRESS);
    await typing.seen(/The browser opens/);
    await eventually("it is open", () => opened() !== "");
    expect(opened()).toBe(`1|${address}|http://proxy.example:1||`);
  });

  for (const [what, args, more] of [
    ["--no-browser", ["--no-browser"], {}],
    ["over SSH", [], { SSH_CONNECTION: "192.0.2.1 1 192.0.2.2 22" }],
    ["without a screen", [], { DISPLAY: "" }],
  ] as const)
    test(`is left alone: ${what}`, async () => {
      await serve(MEMORY);
      const { env, opened } = opener();
      const typing = login(args, { ...env, ...more });
      await visit(await typing.seen(BROWSER_ADDRESS));
      expect([await typing.exited, opened()]).toEqual([0, ""]);
    });

  test("that cannot be started is said", async () => {
    await serve(MEMORY);
    const typing = login([], { PATH: home, DISPLAY: ":9" });
    await typing.seen(/No browser could be started/);
  });
});

test("the server's message names the command with which its own server is found", async () => {
  const ccb = await serve(MEMORY);
  const reply = await message(ccb);
  const line = `ccb login --config ${configFile()} --port ${port}`;
  expect([reply.status, await reply.text()]).toEqual([401, expect.stringContaining(line)]);
  await ccb.output(`To sign in, run: ${line}`);
});

test("what cannot be: exit 2", async () => {
  for (const args of [["login", "extra"], ["login", "--email"], ["login", "--nope"]]) expect((await runCcb(args)).code).toBe(2); // prettier-ignore
});
