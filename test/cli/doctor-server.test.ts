// ccb doctor beside a server that runs, well or not, and a client that is set up for it, well or not.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SELF_SIGNED } from "../binary/_certificate.ts";
import { messagesHandler } from "../support/anthropic.ts";
import { cleanEnvironment, requireBinary, runCcb, startCcb } from "../support/binary.ts";
import type { Ccb } from "../support/binary.ts";
import { startOAuthServer } from "../support/oauth-server.ts";
import type { OAuthServer } from "../support/oauth-server.ts";
import { bytes } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { eventually } from "../support/world.ts";
import { createSetting, fakeClaude, said, SECRET, storeKey } from "./_doctor.ts";
import { CHINESE } from "./_served.ts";

let oauth: OAuthServer;
let upstream: Upstream;
beforeAll(async () => {
  oauth = await startOAuthServer();
  upstream = await startUpstream();
  upstream.handle((request) =>
    request.method === "HEAD" ? bytes(404, "", { date: new Date().toUTCString() }) : messagesHandler()(request),
  );
});
afterAll(async () => {
  await oauth.stop();
  await upstream.stop();
});

const IN_MEMORY = { oauth: { enable_persistence: false } };

describe("a server that runs, and a client that is set up for it", () => {
  let ccb: Ccb;
  let env: Record<string, string>;
  beforeAll(async () => {
    ccb = await startCcb({ config: { upstream: upstream.url, oauth, settings: { oauth: { store: "file" } } }, wait: false, env: {} }); // prettier-ignore
    await ccb.stop();
    const key = storeKey(ccb.home);
    const { port, home } = ccb;
    ccb = await startCcb({
      config: { upstream: upstream.url, oauth, settings: { oauth: { store: "file" } } },
      env: { CCB_STORE_KEY_FILE: key },
      home,
      port,
    });
    await eventually("the store is open", async () =>
      (await (await ccb.request("/health")).text()).includes('"durable":true'),
    );
    env = {
      CCB_STORE_KEY_FILE: key,
      PATH: fakeClaude(home, 'echo "2.1.330 (Claude Code)"'),
      ANTHROPIC_BASE_URL: `http://localhost:${port}`,
      ANTHROPIC_AUTH_TOKEN: "ccb",
      HTTPS_PROXY: "http://me:hunter2@127.0.0.1:1",
      NO_PROXY: "localhost,127.0.0.1",
    };
  });
  afterAll(() => ccb[Symbol.asyncDispose]());
  const at = (): readonly string[] => ["--config", ccb.configFile, "--port", String(ccb.port)];

  test("all is well: every line ok, exit 0, and no secret", async () => {
    const { code, stdout, stderr } = await runCcb(["doctor", ...at()], { home: ccb.home, env });
    expect(stderr).toBe("");
    expect(stdout).toMatch(new RegExp(`^ok +configuration +${ccb.configFile}, 1 provider enabled$`, "m"));
    expect(stdout).toMatch(/^ok +port +ccb \S+ answers at http:\/\/127\.0\.0\.1:\d+$/m);
    expect(stdout).toMatch(/^ok +accounts kept +The running ccb says: Tokens are kept in sealed files\.$/m);
    expect(stdout).toMatch(/^ok +another ccb +The running ccb has the store of accounts\.$/m);
    expect(stdout).toMatch(/^ok +clock +right to within a minute/m);
    expect(stdout).toMatch(/^ok +upstream +Claude Code Official: http:\/\/127\.0\.0\.1:\d+ answers \(HTTP 404\)$/m);
    expect(stdout).toMatch(/^ok +token endpoint +sign-in and refresh: http:\S+ answers \(HTTP \d+\)$/m);
    expect(stdout).toMatch(/^ok +proxy +127\.0\.0\.1:\d+: directly, as it is this machine$/m);
    expect(stdout).toMatch(/^ok +file permissions +only you/m);
    expect(stdout).toMatch(/^ok +Claude Code +Version 2\.1\.330 \(Claude Code\)$/m);
    expect(stdout).toMatch(/^ok +Claude Code +ANTHROPIC_BASE_URL leads here: http:\/\/localhost:\d+$/m);
    expect(stdout).toMatch(/^ok +client's way here +GET http:\/\/localhost:\d+\/health directly: ccb answers$/m);
    expect(stdout.trimEnd()).toEndWith("\n\nAll is well.");
    expect(stdout).not.toMatch(/hunter2|→/);
    expect(code).toBe(0);
  });

  test("the proxy of the client that takes ccb's requests is named, and asked", async () => {
    const proxy = await startUpstream();
    proxy.handle(() => bytes(403, "<p>no \u001b[31mway</p>", { "content-type": "text/html" }));
    const address = `127.0.0.1:${proxy.port}`;
    const mine = { ...env, HTTPS_PROXY: "", HTTP_PROXY: `http://me:hunter2@${address}`, NO_PROXY: "" };
    const { code, stdout } = await runCcb(["doctor", ...at()], { home: ccb.home, env: mine });
    await proxy.stop();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^problem +Claude Code +HTTP_PROXY is set, and NO_PROXY does not name localhost/m);
    expect(stdout).toMatch(new RegExp(`^problem +client's way here +GET http://localhost:\\d+/health: the proxy http://${address} answers, not ccb \\(HTTP 403\\)\\.$`, "m")); // prettier-ignore
    expect(stdout).toContain("    → Add localhost to NO_PROXY");
    expect(stdout).not.toContain("hunter2");
    // ccb's own way to this machine's upstream never goes through it, and the request carried no credential.
    expect(proxy.requests.map(({ method }) => method)).toEqual(["GET"]);
    for (const name of ["authorization", "x-api-key", "x-ccb-key"])
      expect(proxy.requests[0]?.header(name)).toBeUndefined();
  });

  test("a proxy that is not there", async () => {
    const { stdout } = await runCcb(["doctor", ...at()], { home: ccb.home, env: { ...env, NO_PROXY: "" } });
    expect(stdout).toMatch(/^problem +client's way here +GET \S+ through http:\/\/127\.0\.0\.1:1 fails \(ECONNREFUSED\)\.$/m); // prettier-ignore
    expect(stdout).not.toContain("hunter2");
  });

  test("a program's words are shown, never obeyed", async () => {
    const PATH = fakeClaude(ccb.home, String.raw`printf '9.9\033[2J\342\200\256\n'`, "strange");
    const { stdout } = await runCcb(["doctor", ...at()], { home: ccb.home, env: { ...env, PATH } });
    expect(stdout).toContain(String.raw`Version 9.9\u001b[2J\u202e`);
    // oxlint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  test("in Chinese", async () => {
    const { code, stdout } = await runCcb(["doctor", ...at()], { home: ccb.home, env: { ...env, ...CHINESE } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^正常 +配置 +\S+，已启用 1 个提供方$/m);
    expect(stdout.trimEnd()).toEndWith("\n\n一切正常。");
  });
});

describe("a server of another kind", () => {
  const provider = () => [{ name: "K", base_url: upstream.url, auth_value: SECRET, auth_type: "api_key" }];

  test("of another version", async () => {
    using setting = await createSetting({ providers: provider(), settings: IN_MEMORY });
    const persistence = { backend: "memory", durable: false, detail: "Nothing is kept." };
    const health = { status: "ok", version: "99.0.0", uptime_seconds: 1, accounts: 0, persistence };
    const other = Bun.serve({ hostname: "127.0.0.1", port: setting.port, fetch: () => Response.json(health) });
    const { code, report } = await setting.doctor();
    await other.stop(true);
    expect(said(report, "port")[0]).toMatch(/^warning: The ccb that answers at \S+ is 99\.0\.0; this program is /);
    expect(code).toBe(0);
  });

  test("with keys: known by its refusal, and told more to who has one", async () => {
    const key = "a-key-of-ccb-0123456789";
    const auth = { enabled: true, api_key: key, exempt_paths: [] };
    const ccb = await startCcb({
      config: { providers: provider(), settings: { auth, ...IN_MEMORY } },
      wait: false,
    });
    await ccb.output("YOUR_KEY");
    const at = ["doctor", "--config", ccb.configFile, "--port", String(ccb.port)];
    const without = await runCcb(at, { home: ccb.home, env: { ANTHROPIC_BASE_URL: ccb.url } });
    expect(without.stdout).toMatch(/^ok +port +ccb answers at/m);
    expect(without.stdout).toMatch(/^problem +Claude Code +ccb asks for a key here/m);
    expect(without.stdout).toMatch(/^ok +client's way here/m);
    const env = { CCB_KEY: key, ANTHROPIC_BASE_URL: ccb.url, ANTHROPIC_AUTH_TOKEN: key };
    const given = await runCcb(at, { home: ccb.home, env });
    expect(given.stdout).toMatch(/^ok +port +ccb \d\S* answers at/m);
    expect(given.stdout).toMatch(/^ok +Claude Code +It sends ANTHROPIC_AUTH_TOKEN as ccb's key\.$/m);
    expect(given.stdout).not.toContain(key);
    expect([without.code, given.code]).toEqual([1, 0]);
    await ccb[Symbol.asyncDispose]();
  });

  test("with a certificate that the client has to be told of", async () => {
    using setting = await createSetting({
      providers: provider(),
      settings: { ...IN_MEMORY, tls: { cert: "cert.pem", key: "key.pem" } },
    });
    const cert = join(setting.home, "cert.pem");
    writeFileSync(cert, SELF_SIGNED.cert);
    writeFileSync(join(setting.home, "key.pem"), SELF_SIGNED.key, { mode: 0o600 });
    const args = ["serve", "--config", setting.file];
    const server = Bun.spawn([requireBinary(), ...args], {
      env: cleanEnvironment(setting.home),
      stderr: "pipe",
      stdout: "ignore",
    });
    for await (const text of server.stderr.pipeThrough(new TextDecoderStream())) if (text.includes("https://")) break;
    const env = { ANTHROPIC_BASE_URL: `https://127.0.0.1:${setting.port}`, ANTHROPIC_AUTH_TOKEN: "ccb" };
    const distrusted = await setting.doctor(env);
    const trusted = await setting.doctor({ ...env, NODE_EXTRA_CA_CERTS: cert });
    server.kill();
    await server.exited;
    expect(said(distrusted.report, "port")[0]).toStartWith("ok: ccb ");
    expect(said(distrusted.report, "client_path")[0]).toMatch(/^problem: .*fails \(.*CERT.*\)\.$/);
    expect(distrusted.report.findings.find(({ check }) => check === "client_path")?.advice).toEndWith(`NODE_EXTRA_CA_CERTS=${cert}`); // prettier-ignore
    expect(said(trusted.report, "client_path")[0]).toStartWith("ok: GET https://127.0.0.1");
    expect([distrusted.code, trusted.code]).toEqual([1, 0]);
  });

  test("that keeps its accounts elsewhere: its word counts", async () => {
    using setting = await createSetting({ providers: provider() });
    const persistence = { backend: "file", durable: true, detail: "Tokens are kept in sealed files." };
    const health = { status: "ok", version: "99.0.0", uptime_seconds: 1, accounts: 0, persistence };
    const other = Bun.serve({ hostname: "127.0.0.1", port: setting.port, fetch: () => Response.json(health) });
    const { report } = await setting.doctor();
    await other.stop(true);
    expect(said(report, "store")).toEqual(["ok: The running ccb says: Tokens are kept in sealed files."]);
    expect(said(report, "other_ccb")).toEqual(["ok: No other ccb uses this store of accounts."]);
  });

  test("with a socket alone", async () => {
    using setting = await createSetting({
      providers: provider(),
      settings: { ...IN_MEMORY, host: "none", socket: "run/ccb.sock" },
    });
    const { code, report } = await setting.doctor();
    expect(said(report, "port")).toEqual(["ok: ccb listens at its socket alone, and none answers there"]);
    expect(said(report, "claude_code")[1]).toStartWith("problem: ccb listens at its socket alone (host: none)");
    expect(code).toBe(1);
  });
});
