// ccb doctor where no server runs: each check with real servers, files and programs, and the exit code.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SELF_SIGNED } from "../binary/_certificate.ts";
import { messagesHandler } from "../support/anthropic.ts";
import { cleanEnvironment, requireBinary, runCcb, startCcb } from "../support/binary.ts";
import { startOAuthServer } from "../support/oauth-server.ts";
import type { OAuthServer } from "../support/oauth-server.ts";
import { bytes } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { createSetting, fakeClaude, levels, said, SECRET, storeKey } from "./_doctor.ts";
import { configuredHome } from "./_served.ts";

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

describe("a server that does not run", () => {
  test("the port is free; the sealed store is tried; warnings are no failure", async () => {
    using setting = await createSetting({ upstream: upstream.url, oauth, settings: { oauth: { store: "file" } } });
    const { code, report } = await setting.doctor({ CCB_STORE_KEY_FILE: storeKey(setting.home) });
    expect(said(report, "port")).toEqual([`ok: 127.0.0.1:${setting.port} is free; no ccb runs there`]);
    expect(said(report, "store")[0]).toStartWith("ok: The sealed store kept, gave back and removed a test entry");
    expect(said(report, "other_ccb")).toEqual(["ok: No other ccb uses this store of accounts."]);
    expect(said(report, "client_path")).toEqual(["warning: Not tried: no ccb answers."]);
    expect(said(report, "claude_code")[1]).toStartWith("warning: ANTHROPIC_BASE_URL is not set here");
    expect([report.result, code]).toEqual(["warning", 0]);
    // Nothing of the test entry is left.
    const state = join(setting.home, ".local", "state", "ccb");
    expect(readdirSync(state, { recursive: true }).filter((name) => String(name).includes("probe"))).toEqual([]);
  });

  test("accounts that are not kept: by choice, without a keyring, without a key", async () => {
    using memory = await createSetting({ upstream: upstream.url, oauth, settings: IN_MEMORY });
    const chosen = await memory.doctor();
    expect(said(chosen.report, "store")[0]).toStartWith("warning: Accounts are kept in memory only");
    expect(existsSync(join(memory.home, ".local"))).toBe(false);
    using keyring = await createSetting({ upstream: upstream.url, oauth });
    const absent = await keyring.doctor();
    expect(said(absent.report, "store")[0]).toStartWith("warning: Accounts are not durable: there is no keyring service for this session"); // prettier-ignore
    using sealed = await createSetting({ upstream: upstream.url, oauth, settings: { oauth: { store: "file" } } });
    const keyless = await sealed.doctor();
    expect(said(keyless.report, "store")[0]).toStartWith("problem: Accounts are not durable: the sealed store has no key"); // prettier-ignore
    expect(keyless.report.findings.find(({ check }) => check === "store")?.advice).toContain("ccb store init");
    expect([chosen.code, absent.code, keyless.code]).toEqual([0, 0, 1]);
  });

  test("in Chinese the evidence is Chinese, too", async () => {
    using setting = await createSetting({ upstream: upstream.url, oauth, settings: { oauth: { store: "file" } } });
    const key = storeKey(setting.home);
    chmodSync(key, 0o644);
    const { report } = await setting.doctor({ CCB_STORE_KEY_FILE: key, LANG: "zh_CN.UTF-8" });
    expect(said(report, "store")[0]).toContain(`其他用户可以读取或改写密钥：chmod 600 ${key}`);
    expect(said(report, "store")[0]?.replace(/chmod 600 \S+/, "")).not.toMatch(/problem: .*[a-z]{4}/);
  });

  test("an upstream and a token endpoint that are down, a proxy that refuses", async () => {
    const down = "http://127.0.0.1:1";
    const proxy = await startUpstream();
    proxy.handle(() => bytes(407, ""));
    using setting = await createSetting({
      oauth: { authorizeUrl: `${down}/authorize`, tokenUrl: `${down}/token` },
      providers: [
        { name: "Down", base_url: down, auth_value: "oauth" },
        { name: "Behind", base_url: upstream.url, auth_value: SECRET, auth_type: "api_key", proxy: proxy.url.replace("//", "//me:hunter2@") }, // prettier-ignore
      ],
      settings: IN_MEMORY,
    });
    const { code, report } = await setting.doctor();
    await proxy.stop();
    const [first, second] = said(report, "upstream");
    expect(first).toBe("problem: Down: http://127.0.0.1:1 is not reached: nobody listens there, or the network is down (ECONNREFUSED)."); // prettier-ignore
    expect(second).toBe(`problem: Behind: ${upstream.url} through the proxy ${proxy.url} is not reached: the proxy asks for a user name and password (HTTP 407).`); // prettier-ignore
    expect(levels(report, "token_endpoint")).toEqual(["problem"]);
    expect(said(report, "proxy")).toContain(
      `ok: ${new URL(upstream.url).host}: through ${proxy.url}, which providers.yaml names (NO_PROXY does not count there)`,
    );
    expect(JSON.stringify(report)).not.toMatch(/hunter2|never-to-be-printed/);
    expect(code).toBe(1);
  });

  test("an upstream whose certificate is not to be trusted, and one that speaks no TLS", async () => {
    const secure = await startUpstream({ tls: SELF_SIGNED });
    const plain = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
    const provider = (name: string, base_url: string) => ({ name, base_url, auth_value: SECRET, auth_type: "api_key" });
    using setting = await createSetting({
      providers: [provider("Own", secure.url), provider("Plain", `https://127.0.0.1:${plain.port}`)],
      settings: IN_MEMORY,
    });
    const { report } = await setting.doctor();
    await secure.stop();
    await plain.stop(true);
    expect(levels(report, "upstream").length).toBe(2);
    for (const text of said(report, "upstream")) expect(text).toContain("is not reached: TLS failed");
    expect(said(report, "token_endpoint")).toEqual([]);
  });

  test("a clock that is wrong, by the Date of a server", async () => {
    const past = await startUpstream();
    past.handle(() => bytes(200, "", { date: new Date(Date.now() - 7_200_000).toUTCString() }));
    using setting = await createSetting({
      providers: [{ name: "Past", base_url: past.url, auth_value: SECRET, auth_type: "api_key" }],
      settings: IN_MEMORY,
    });
    const { code, report } = await setting.doctor();
    await past.stop();
    expect(said(report, "clock")).toEqual([`problem: This machine's clock is 2 hours ahead of ${past.url}.`]);
    expect(code).toBe(1);
  });

  test("servers that say no time are not taken for servers that are not reached", async () => {
    const timeless = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { data: (socket) => void socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") },
    });
    const base_url = `http://127.0.0.1:${timeless.port}`;
    using setting = await createSetting({
      providers: [{ name: "T", base_url, auth_value: SECRET, auth_type: "api_key" }],
      settings: IN_MEMORY,
    });
    const { report } = await setting.doctor();
    timeless.stop(true);
    expect(levels(report, "upstream")).toEqual(["ok"]);
    expect(said(report, "clock")).toEqual(["warning: The servers answer and do not say what time it is (no Date header)."]); // prettier-ignore
    expect(report.findings.find(({ check }) => check === "clock")?.advice).not.toContain("upstreams");
  });

  test("another program at the port", async () => {
    using setting = await createSetting({ upstream: upstream.url, oauth, settings: IN_MEMORY });
    const other = Bun.serve({ hostname: "127.0.0.1", port: setting.port, fetch: () => new Response("<p>hello</p>") });
    const { code, report } = await setting.doctor();
    expect(said(report, "port")).toEqual([`problem: Another program listens at http://127.0.0.1:${setting.port}.`]);
    await other.stop(true);
    const six = Bun.serve({ hostname: "::1", port: setting.port, fetch: () => new Response("hello") });
    expect(said((await setting.doctor()).report, "port")).toEqual([
      `problem: Another program listens at [::1]:${setting.port}.`,
    ]);
    await six.stop(true);
    expect(code).toBe(1);
  });

  test("another ccb with the same store", async () => {
    const settings = { oauth: { store: "file" } };
    const first = await startCcb({ config: { upstream: upstream.url, oauth, settings } });
    const port = first.port === 65_535 ? 65_534 : first.port + 1;
    const { code, stdout } = await runCcb(["doctor", "--config", first.configFile, "--port", String(port)], {
      home: first.home,
    });
    expect(stdout).toMatch(new RegExp(`^problem +another ccb +Another ccb \\(process ${first.pid}, serving http://localhost:${first.port}\\)`, "m")); // prettier-ignore
    expect(stdout).toMatch(/^warning +accounts kept +The store is in use by another ccb/m);
    expect(code).toBe(1);
    await first[Symbol.asyncDispose]();
  });
});

test("file permissions: what others may change is a problem, what they may read a warning", async () => {
  using setting = await createSetting({
    providers: [{ name: "K", base_url: upstream.url, auth_value: SECRET, auth_type: "api_key" }],
    settings: IN_MEMORY,
  });
  chmodSync(setting.file, 0o644);
  const folder = join(setting.home, ".config", "ccb");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "environment"), "KEY=value\n");
  chmodSync(join(folder, "environment"), 0o640);
  const key = storeKey(setting.home);
  chmodSync(key, 0o604);
  const state = join(setting.home, ".local", "state", "ccb");
  mkdirSync(state, { recursive: true });
  const readable = await setting.doctor({ CCB_STORE_KEY_FILE: key });
  expect([...said(readable.report, "permissions")].sort()).toEqual(
    [setting.file, join(folder, "environment"), key]
      .map((file) => `warning: Others can read ${file}, and it holds a secret.`)
      .sort(),
  );
  expect(readable.report.findings.find(({ text }) => text.includes(setting.file) && text.includes("read"))?.advice).toBe(`chmod 600 ${setting.file}`); // prettier-ignore
  expect(readable.code).toBe(0);
  chmodSync(state, 0o777);
  const writable = await setting.doctor({ CCB_STORE_KEY_FILE: key });
  expect(said(writable.report, "permissions")[0]).toBe(`problem: Others can change ${state}.`);
  expect(writable.code).toBe(1);
  expect(JSON.stringify(writable.report)).not.toContain(SECRET);
});

test("a configuration that others may write to is refused, and no permission is said to be right", async () => {
  using setting = await createSetting({ upstream: upstream.url, oauth, settings: IN_MEMORY });
  chmodSync(setting.file, 0o666);
  const { code, report } = await setting.doctor();
  expect(levels(report, "configuration")).toEqual(["problem"]);
  expect(said(report, "permissions")).toEqual([`problem: Others can change ${setting.file}.`]);
  expect(code).toBe(2);
});

describe("the configuration", () => {
  test("not good: exit 2, each problem a finding, and what can be looked at is", async () => {
    const made = configuredHome(`providers:\n  - {name: A, base_url: nowhere, auth_value: ${SECRET}}\nsettings: {prot: 1}\n`); // prettier-ignore
    const { home, file } = made;
    const { code, stdout } = await runCcb(["doctor", "--config", file], { home });
    expect(code).toBe(2);
    expect(stdout).toMatch(new RegExp(`^problem +configuration +${file}:2:\\d+: error: providers\\[0\\]\\.base_url: `, "m")); // prettier-ignore
    expect(stdout).toMatch(/^problem +configuration .*settings\.prot/m);
    expect(stdout).toMatch(/^ok +file permissions/m);
    expect(stdout).not.toMatch(/^\w+ +(?:port|upstream|accounts kept)/m);
    expect(stdout).not.toContain(SECRET);
    made.remove();
  });

  test("variables that only the service has", async () => {
    using setting = await createSetting({
      providers: [{ name: "K", base_url: upstream.url, auth_value: "${THE_KEY}", auth_type: "api_key" }],
      settings: IN_MEMORY,
    });
    expect((await setting.doctor()).code).toBe(2);
    const folder = join(setting.home, ".config", "ccb");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "environment"), `THE_KEY=${SECRET}\n`, { mode: 0o600 });
    const { code, report } = await setting.doctor();
    expect(said(report, "configuration")).toEqual([
      `ok: ${setting.file}, 1 provider enabled`,
      `ok: It is good with the variables of ${join(folder, "environment")}, which the service has and this shell lacks.`,
    ]);
    expect(code).toBe(0);
    expect(JSON.stringify(report)).not.toContain(SECRET);
  });

  test("no provider", async () => {
    using setting = await createSetting({
      providers: [{ name: "K", base_url: upstream.url, auth_value: SECRET, auth_type: "api_key", enabled: false }],
      settings: IN_MEMORY,
    });
    const { code, report } = await setting.doctor();
    expect(levels(report, "configuration")).toContain("problem");
    expect(code).toBe(1);
  });
});

test("it ends in time, whoever is silent", async () => {
  const mute = await startUpstream();
  mute.handleHead(() => undefined);
  mute.handle(() => new Promise(() => {}));
  using setting = await createSetting({ upstream: mute.url, oauth, settings: IN_MEMORY });
  const listener = Bun.serve({ hostname: "127.0.0.1", port: setting.port, fetch: () => new Promise<Response>(() => {}) }); // prettier-ignore
  const began = performance.now();
  const { code, report } = await setting.doctor({ PATH: fakeClaude(setting.home, "exec sleep 60") });
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(said(report, "port")[0]).toContain("gave no answer within 5 s");
  expect(said(report, "upstream")[0]).toContain("no answer within 5 s");
  expect(said(report, "claude_code")[0]).toStartWith("warning: `claude --version` does not work");
  expect(code).toBe(1);
  await listener.stop(true);
  await mute.stop();
});

describe("wrong usage", () => {
  test("exit 2, and help with examples", async () => {
    expect((await runCcb(["doctor", "--self-tset"])).code).toBe(2);
    expect((await runCcb(["doctor", "extra"])).code).toBe(2);
    expect((await runCcb(["docter"])).stderr).toContain("did you mean doctor?");
    const { stdout, code } = await runCcb(["doctor", "--help"]);
    expect([code, stdout.includes("ccb doctor --self-test")]).toEqual([0, true]);
  });

  test("a reader that leaves is no crash", async () => {
    const made = configuredHome("providers: [{name: K, base_url: 'http://127.0.0.1:1', auth_value: k-1}]\n"); // prettier-ignore
    const { home, file } = made;
    const command = `"$1" doctor --config "$2" --port 1 | head -c 1 >/dev/null`;
    const child = Bun.spawnSync(["sh", "-c", command, "sh", requireBinary(), file], { env: cleanEnvironment(home) });
    expect(child.stderr.toString()).toBe("");
    made.remove();
  });
});
