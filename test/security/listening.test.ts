// Where ccb listens, and where it refuses to: other addresses, TLS, the owner-only socket, and what a reload may change.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { keyed, startKeyed } from "../binary/_ccb.ts";
import { SELF_SIGNED } from "../binary/_certificate.ts";
import { configText, makeHome, runCcb, startCcb } from "../support/binary.ts";
import type { Ccb } from "../support/binary.ts";
import { json } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { RENEWED } from "./_certificate.ts";
import { probe } from "./_probe.ts";

const ADMIN = "ccb_admin_0123456789abcdefghijklmnop";
const AUTH = { enabled: true, api_keys: [{ name: "admin", key: ADMIN, role: "admin" }] };
const WITH_KEY = { headers: { "x-api-key": ADMIN } };
const IN_MEMORY = { oauth: { enable_persistence: false } };

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
  upstream.handle(() => json(200, { ok: true }));
});
const homes: string[] = [];
afterAll(async () => {
  await upstream.stop();
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

/** A home that is removed at the end. */
function newHome(): string {
  const home = makeHome();
  homes.push(home);
  return home;
}

/** Waits for what another process does. Rejects after 10 s. */
async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; await Bun.sleep(20))
    if (await check()) return;
  throw new Error(`did not happen: ${what}`);
}

const answers = (url: string, init: BunFetchRequestInit): Promise<boolean> =>
  fetch(url, { ...init, keepalive: false }).then(
    ({ ok }) => ok,
    () => false,
  );

describe("another address", () => {
  /** What `ccb serve` says of these settings, and its exit code. */
  async function refused(settings: Readonly<Record<string, unknown>>, args: readonly string[] = []) {
    const home = newHome();
    const file = join(home, "providers.yaml");
    const config = { providers: [keyed(upstream.url)], settings: { ...IN_MEMORY, port: 0, ...settings } };
    writeFileSync(file, configText(config), { mode: 0o600 });
    return runCcb(["serve", "--config", file, ...args], { home });
  }

  const rows: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly string[], readonly string[]])[] =
    [
      ["alone", { host: "0.0.0.0" }, [], ["api_keys:", "tls:", "plain_http_from:", "ccb key new"]],
      ["by a flag", {}, ["--host", "0.0.0.0"], ["--host: 0.0.0.0", "api_keys:", "tls:"]],
      ["every IPv6 address", { host: "::" }, [], ["api_keys:", "tls:"]],
      ["keys without TLS", { host: "0.0.0.0", auth: AUTH }, [], ["in the clear", "tls:"]],
      ["TLS ranges without keys", { host: "0.0.0.0", plain_http_from: ["10.0.0.0/8"] }, [], ["api_keys:"]],
      ["open management", { host: "0.0.0.0", auth: { ...AUTH, admin: "open" }, plain_http_from: ["10.0.0.1"] }, [], ["auth.admin"]], // prettier-ignore
      ["a certificate that is none", { tls: { cert: "nothing.pem", key: "nothing.pem" } }, [], ["settings.tls.cert"]],
    ];
  for (const [what, settings, args, expected] of rows) {
    test(`${what}: exit 2, and the lines that mend it`, async () => {
      const { code, stderr } = await refused(settings, args);
      expect(code).toBe(2);
      for (const text of expected) expect(stderr).toContain(text);
    });
  }

  test("with keys, and ranges that may come without TLS: those alone", async () => {
    const own = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
    const settings = { host: "0.0.0.0", auth: AUTH, plain_http_from: ["203.0.113.0/24"], allowed_hosts: [own ?? "a.example"] }; // prettier-ignore
    await using ccb = await startKeyed(upstream.url, { settings });
    // What this machine says to itself passes no network.
    expect((await ccb.request("/health")).status).toBe(200);
    expect((await ccb.request("/oauth/status")).status).toBe(401);
    expect((await ccb.request("/oauth/status", WITH_KEY)).status).toBe(200);
    expect((await ccb.request("/v1/models", WITH_KEY)).status).toBe(200);
    if (own === undefined) return;
    const far = `http://${own}:${ccb.port}`;
    expect((await fetch(`${far}/oauth/status`, WITH_KEY)).status).toBe(403);
    expect((await fetch(`${far}/health`)).status).toBe(403);
    writeFileSync(ccb.configFile, readFileSync(ccb.configFile, "utf8").replace("203.0.113.0/24", `${own}/32`));
    await ccb.output("configuration_reloaded");
    expect((await fetch(`${far}/oauth/status`, WITH_KEY)).status).toBe(200);
    expect((await fetch(`${far}/oauth/status`)).status).toBe(401);
    expect((await fetch(`${far}/oauth/status`, { headers: { ...WITH_KEY.headers, host: "evil.example" } })).status).toBe(403); // prettier-ignore

    // Saved without its keys it would be open, as it still listens there.
    writeFileSync(ccb.configFile, configText({ providers: [keyed(upstream.url)], settings: IN_MEMORY }));
    await ccb.output("still listens at 0.0.0.0");
    expect((await ccb.request("/oauth/status")).status).toBe(401);
  });
});

describe("TLS", () => {
  async function startTls(home: string): Promise<Ccb> {
    writeFileSync(join(home, "cert.pem"), SELF_SIGNED.cert);
    writeFileSync(join(home, "key.pem"), SELF_SIGNED.key, { mode: 0o600 });
    const settings = { ...IN_MEMORY, auth: AUTH, tls: { cert: "cert.pem", key: "key.pem" } };
    const ccb = await startCcb({ home, config: { providers: [keyed(upstream.url)], settings }, wait: false });
    const trusted = { tls: { ca: SELF_SIGNED.cert } };
    await until("an answer over TLS", () => answers(`https://localhost:${ccb.port}/health`, trusted));
    return ccb;
  }

  test("is spoken, and nothing else; a renewed certificate asks for a restart", async () => {
    const home = newHome();
    await using ccb = await startTls(home);
    const url = `https://localhost:${ccb.port}`;
    const tls = { ca: SELF_SIGNED.cert };
    expect((await fetch(`${url}/v1/models`, { ...WITH_KEY, tls })).status).toBe(200);
    expect((await fetch(`${url}/v1/models`, { tls })).status).toBe(401);
    expect((await fetch(`${url}/health`, { tls, headers: { origin: url } })).status).toBe(200);
    expect((await fetch(`${url}/health`, { tls, headers: { origin: `http://localhost:${ccb.port}` } })).status).toBe(403); // prettier-ignore
    expect(await answers(`http://localhost:${ccb.port}/health`, {})).toBe(false);
    await ccb.output(`https://localhost:${ccb.port}`);

    writeFileSync(join(home, "cert.pem"), RENEWED.cert);
    process.kill(ccb.pid, "SIGHUP");
    // The key is still the old one's: what would not start is not loaded either.
    await ccb.output("is not the key of this certificate");
    writeFileSync(join(home, "key.pem"), RENEWED.key);
    process.kill(ccb.pid, "SIGHUP");
    await ccb.output("Restart ccb for: settings.tls.");
    expect((await fetch(`${url}/v1/models`, { ...WITH_KEY, tls, keepalive: false })).status).toBe(200);
  });
});

describe("the owner-only socket", () => {
  const start = (settings: Readonly<Record<string, unknown>>, home?: string): Promise<Ccb> =>
    startKeyed(upstream.url, { settings: { ...settings }, ...(home === undefined ? {} : { home }) });

  test("needs no key, beside a port that does; others of this machine cannot open it", async () => {
    await using ccb = await start({ auth: { ...AUTH, admin: "key" }, socket: "shared/ccb.sock" }, openHome());
    const path = join(ccb.home, "shared", "ccb.sock");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await ccb.request("/oauth/status")).status).toBe(401);
    expect((await probe(path, "GET /oauth/status")).status).toBe(200);
    expect((await probe(path, "GET /v1/models")).status).toBe(200);
    expect((await probe(path, "GET /oauth/status", { Host: "evil.example" })).status).toBe(403);
    expect((await probe(path, "GET /oauth/status", { Origin: "https://evil.example" })).status).toBe(403);
    // Too short for the router: told so, and never led to another path.
    expect((await probe(path, "GET /oauth/status", { Host: "x" })).status).toBe(400);
    expect(ccb.stderr).not.toContain('-H "x-ccb-key');
    if (process.getuid?.() === 0) {
      const script = `require("node:net").connect({ path: ${JSON.stringify(path)} }).on("connect", () => process.exit(0)).on("error", (e) => { console.log(e.code); process.exit(1) })`;
      const other = Bun.spawn(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, "-e", script], { cwd: "/", env: { HOME: "/" }, stdout: "pipe", stderr: "ignore" }); // prettier-ignore
      expect([await other.stdout.text(), await other.exited]).toEqual(["EACCES\n", 1]);
    }
    expect(await ccb.stop()).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test("host: none: the console says how it is spoken to, and gives no client an address that is none", async () => {
    const config = {
      providers: [keyed(upstream.url)],
      settings: { ...IN_MEMORY, host: "none", socket: "shared/ccb.sock" },
    };
    await using ccb = await startCcb({ home: openHome(), config, wait: false });
    const path = join(ccb.home, "shared", "ccb.sock");
    await ccb.output(`curl --unix-socket '${path}' http://localhost/health`);
    await ccb.output("Claude Code needs an address");
    expect(ccb.stderr).not.toMatch(/ANTHROPIC_BASE_URL|unix:\S+\/docs/);
  });

  /** A home whose folder `shared` others may walk into: only the socket itself keeps them out. */
  function openHome(): string {
    const home = newHome();
    chmodSync(home, 0o755);
    mkdirSync(join(home, "shared"), { mode: 0o755 });
    return home;
  }

  test("in the place of the port: nothing is listened at", async () => {
    const home = newHome();
    const config = { providers: [keyed(upstream.url)], settings: { ...IN_MEMORY, host: "none", socket: "ccb.sock" } };
    await using ccb = await startCcb({ home, config, wait: false });
    const path = join(home, "ccb.sock");
    await until("the socket", () => existsSync(path));
    expect((await probe(path, "GET /health")).status).toBe(200);
    expect(await answers(`${ccb.url}/health`, {})).toBe(false);
    expect((await probe(path, "GET /oauth/generate-url")).body).toContain(`curl -X POST --unix-socket '${path}' http://localhost/oauth/exchange-code`); // prettier-ignore
  });

  test("one left behind by a program that died is replaced; one that answers is not", async () => {
    const home = newHome();
    const path = join(home, "ccb.sock");
    await using first = await start({ socket: "ccb.sock" }, home);
    await first.kill();
    expect(lstatSync(path).isSocket()).toBe(true);
    await using second = await start({ socket: "ccb.sock" }, home);
    expect((await probe(path, "GET /health")).status).toBe(200);
    const { code, stderr } = await runCcb(["serve", "--config", second.configFile, "--port", "0"], { home });
    expect([code, stderr.includes("Another program listens at")]).toEqual([1, true]);
    expect((await probe(path, "GET /health")).status).toBe(200);
  });

  const serve = async (home: string, socket: string) => {
    const file = join(home, "providers.yaml");
    const settings = { ...IN_MEMORY, port: 0, socket };
    writeFileSync(file, configText({ providers: [keyed(upstream.url)], settings }), { mode: 0o600 });
    return runCcb(["serve", "--config", file], { home });
  };

  test("a file that is no socket, a link and a shared folder are left alone", async () => {
    const home = newHome();
    const file = join(home, "precious");
    writeFileSync(file, "kept");
    expect(await serve(home, "precious")).toMatchObject({ code: 1, stderr: expect.stringContaining("no socket") });
    expect(readFileSync(file, "utf8")).toBe("kept");
    mkdirSync(join(home, "shared"));
    chmodSync(join(home, "shared"), 0o777);
    expect(await serve(home, "shared/s")).toMatchObject({ code: 1, stderr: expect.stringContaining("a folder of your own") }); // prettier-ignore
    expect((await serve(home, "missing/s")).code).toBe(1);
  });

  test("what belongs to another user is left alone", async () => {
    const home = newHome();
    if (process.getuid?.() !== 0) {
      // Without root nothing can be given away: a folder of root's is nobody else's, and not ours to write to.
      expect((await serve(home, "/etc/ccb-test.sock")).code).toBe(1);
      return;
    }
    mkdirSync(join(home, "theirs"));
    chownSync(join(home, "theirs"), 65534, 65534);
    expect(await serve(home, "theirs/s")).toMatchObject({ code: 1, stderr: expect.stringContaining("folder") });
    using theirs = Bun.listen({ unix: join(home, "s"), socket: { data: () => {} } });
    chownSync(join(home, "s"), 65534, 65534);
    expect(await serve(home, "s")).toMatchObject({ code: 1, stderr: expect.stringContaining("another user") });
    expect([existsSync(join(home, "s")), theirs.data]).toEqual([true, undefined]);
  });
});

describe("ccb key new", () => {
  test("prints a key once, and a line that lets it in", async () => {
    const { code, stdout } = await runCcb(["key", "new", 'a "name": {x}', "--role", "admin"]);
    expect(code).toBe(0);
    const key = /^ccb_[\w-]{43}$/m.exec(stdout)?.[0] ?? "";
    const line = /^ +- \{.*\}$/m.exec(stdout)?.[0] ?? "";
    expect(stdout.split(key).length).toBe(2);
    expect(line).not.toContain(key);
    const digest = new Bun.CryptoHasher("sha256").update(key).digest("hex");
    expect(line).toContain(`key_sha256: ${digest}, role: admin`);
    const home = newHome();
    const text = configText({ providers: [keyed(upstream.url)], settings: IN_MEMORY });
    const config = `${text}  auth:\n    enabled: true\n    admin: key\n    api_keys:\n${line}\n`;
    await using ccb = await startCcb({ home, config });
    expect((await ccb.request("/oauth/status", { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
    expect((await ccb.request("/oauth/status", { headers: { authorization: `Bearer ${digest}` } })).status).toBe(401);
    const { stdout: shown } = await runCcb(["check", "--config", ccb.configFile], { home });
    expect(shown).not.toContain(digest);
  });

  test("as JSON", async () => {
    const { code, stdout } = await runCcb(["key", "new", "a", "--json"]);
    const made = JSON.parse(stdout);
    const digest = new Bun.CryptoHasher("sha256").update(made.key).digest("hex");
    expect([code, made]).toEqual([0, { name: "a", role: "client", key: made.key, key_sha256: digest }]);
  });

  test("no two are alike, and a client's is the usual one", async () => {
    const [one, two] = [await runCcb(["key", "new", "a"]), await runCcb(["key", "new", "a"])];
    expect(one.stdout).not.toBe(two.stdout);
    expect(one.stdout).toContain("role: client");
  });

  test.each([
    [["key"]],
    [["key", "new"]],
    [["key", "old", "a"]],
    [["key", "new", ""]],
    [["key", "new", "a\nb"]],
    [["key", "new", "a", "b"]],
    [["key", "new", "a", "--role", "root"]],
  ])("%p: exit 2", async (args) => {
    // prettier-ignore
    const { code, stdout, stderr } = await runCcb(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("ccb");
  });
});
