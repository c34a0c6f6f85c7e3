// Accounts in sealed files: the compiled program over restarts, with the wrong key, a full disk, a folder it may not use.
import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messagesHandler } from "../support/anthropic.ts";
import { makeHome, runCcb, startCcb } from "../support/binary.ts";
import type { Ccb } from "../support/binary.ts";
import { identity, startOAuthServer } from "../support/oauth-server.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Identity } from "../support/upstream.ts";
import { call, message, names, persistence, until } from "../keyring/_ccb.ts";

const a = identity("a@example.com");
const b = identity("b@example.com");
const asRoot = process.getuid?.() === 0;

const homes: string[] = [];
afterEach(() => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
});

async function createSetting() {
  const oauth = await startOAuthServer();
  const upstream = await startUpstream({ authorize: oauth.identify });
  upstream.handle(messagesHandler());
  const home = makeHome();
  homes.push(home);
  const keyFile = join(home, "store.key");
  const made = await runCcb(["store", "init", "--key-file", keyFile], { home });
  expect([made.code, made.stderr]).toEqual([0, ""]);
  const started: Ccb[] = [];
  const state = join(home, ".local", "state", "ccb");
  const folder = () => join(state, readdirSync(state).find((name) => /^store-[^.]*$/.test(name)) ?? "no store");
  return {
    oauth,
    home,
    keyFile,
    state,
    folder,
    files: () => readdirSync(folder()).filter((name) => name.endsWith(".sealed")),
    async start(more: { env?: Record<string, string>; binary?: string; wait?: boolean; store?: string } = {}) {
      const { store = "file", env, ...rest } = more;
      const ccb = await startCcb({
        home,
        config: { upstream: upstream.url, oauth, settings: { oauth: { store } } },
        env: { CCB_STORE_KEY_FILE: keyFile, ...env },
        ...rest,
      });
      started.push(ccb);
      return ccb;
    },
    async signIn(ccb: Ccb, person: Identity) {
      const { body } = await call(ccb, "GET", "/oauth/generate-url");
      return call(ccb, "POST", "/oauth/exchange-code", { code: oauth.authorize(body.login_url, person).pasted });
    },
    async [Symbol.asyncDispose]() {
      for (const ccb of started) await ccb[Symbol.asyncDispose]();
      await oauth.stop();
      await upstream.stop();
    },
  };
}

describe("over restarts", () => {
  test("accounts and statistics are there, nothing in the clear, and /health says file", async () => {
    await using setting = await createSetting();
    const first = await setting.start();
    expect((await setting.signIn(first, a)).body).toMatchObject({ durable: true, notices: [] });
    await setting.signIn(first, b);
    for (let request = 0; request < 4; request += 1) expect((await message(first)).status).toBe(200);
    expect(await persistence(first)).toEqual({
      backend: "file",
      durable: true,
      detail: "Tokens are kept in sealed files.",
    });
    await first.output("Tokens are kept in sealed files");
    expect(await first.stop()).toBe(0);

    expect(setting.files().toSorted()).toEqual([
      expect.stringMatching(/^account%3A[0-9a-f]{12}\.sealed$/),
      expect.stringMatching(/^account%3A[0-9a-f]{12}\.sealed$/),
      "index.sealed",
      "stats.sealed",
    ]);
    for (const path of [setting.folder(), setting.state]) expect(statSync(path).mode & 0o777).toBe(0o700);
    for (const name of setting.files()) {
      expect(statSync(join(setting.folder(), name)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(setting.folder(), name), "latin1")).not.toMatch(/sk-ant|example\.com/);
    }

    const second = await setting.start();
    await until("both are loaded", async () => (await names(second)).length === 2);
    const { tokens } = (await call(second, "GET", "/oauth/status")).body;
    expect(tokens.map(({ usage_count }: { usage_count: number }) => usage_count)).toEqual([2, 2]);
    expect((await message(second)).status).toBe(200);
    expect((await call(second, "DELETE", "/oauth/tokens")).body.durable).toBe(true);
    expect(setting.files().filter((name) => name.startsWith("account"))).toEqual([]);
  });

  test("systemd's credential is the key", async () => {
    await using setting = await createSetting();
    const credentials = join(setting.home, "credentials");
    mkdirSync(credentials, { mode: 0o700 });
    writeFileSync(join(credentials, "ccb-store-key"), readFileSync(setting.keyFile), { mode: 0o400 });
    const first = await setting.start();
    await setting.signIn(first, a);
    await first.stop();
    const second = await setting.start({ env: { CREDENTIALS_DIRECTORY: credentials, CCB_STORE_KEY_FILE: "" } });
    await until("it is loaded", async () => (await names(second)).length === 1);
  });

  test("a second ccb on the same files refuses and names the first; so does a move of the accounts", async () => {
    await using setting = await createSetting();
    const first = await setting.start();
    await setting.signIn(first, a);
    const second = await setting.start({ wait: false });
    expect(await second.exited).toBe(1);
    await second.stop();
    expect(second.stderr).toContain(`process ${first.pid}`);
    const moved = await runCcb(
      ["store", "migrate", "--from", "file", "--to", "keyring", "--config", first.configFile],
      {
        home: setting.home,
        env: { CCB_STORE_KEY_FILE: setting.keyFile },
      },
    );
    expect([moved.code, moved.stderr]).toEqual([1, expect.stringContaining(`process ${first.pid}`)]);
    expect(setting.files().length).toBeGreaterThanOrEqual(2);
  });

  test("store: memory keeps nothing", async () => {
    await using setting = await createSetting();
    const ccb = await setting.start({ store: "memory" });
    await setting.signIn(ccb, a);
    expect(await persistence(ccb)).toMatchObject({ backend: "memory", durable: false });
    expect(existsSync(setting.state)).toBe(false);
  });
});

describe("what cannot be used", () => {
  test("another key: said, requests wait and get 503, nothing is overwritten; with the right key all is back", async () => {
    await using setting = await createSetting();
    const first = await setting.start();
    await setting.signIn(first, a);
    await first.stop();
    const before = setting.files().map((name) => readFileSync(join(setting.folder(), name)).toString("hex"));
    const other = join(setting.home, "other.key");
    writeFileSync(other, Buffer.alloc(32, 7).toString("base64"), { mode: 0o600 });
    for (const file of [other, join(setting.home, "missing.key")]) {
      const wrong = await setting.start({ env: { CCB_STORE_KEY_FILE: file } });
      await wrong.output("was written with another key");
      const reply = await message(wrong);
      expect([reply.status, reply.headers.get("retry-after")]).toEqual([503, "5"]);
      expect(reply.body.error.message).toContain("the key it was written with");
      expect((await setting.signIn(wrong, b)).body.durable).toBe(false);
      expect(wrong.stdout + wrong.stderr).not.toContain("AUTHORIZATION REQUIRED");
      await wrong.stop();
      expect(setting.files().map((name) => readFileSync(join(setting.folder(), name)).toString("hex"))).toEqual(before);
    }
    const right = await setting.start();
    await until("it is back", async () => (await names(right)).length === 1);
    expect((await message(right)).status).toBe(200);
  });

  test("no key at all and nothing stored: it serves from memory and says how to make one", async () => {
    await using setting = await createSetting();
    const ccb = await setting.start({ env: { CCB_STORE_KEY_FILE: join(setting.home, "missing.key") } });
    await ccb.output("ccb store init");
    expect((await setting.signIn(ccb, a)).body).toMatchObject({ status: "success", durable: false });
    expect((await message(ccb)).status).toBe(200);
  });

  test("a damaged account: the others serve, it is set aside, a new sign-in takes its place", async () => {
    await using setting = await createSetting();
    const first = await setting.start();
    await setting.signIn(first, a);
    const file = setting.files().find((name) => name.startsWith("account")) ?? "";
    await setting.signIn(first, b);
    await first.stop();
    truncateSync(join(setting.folder(), file), 100);
    const second = await setting.start();
    await until("the other is loaded", async () => (await names(second)).length === 1);
    expect((await persistence(second)).detail).toContain("is damaged");
    expect((await message(second)).status).toBe(200);
    expect((await setting.signIn(second, a)).body.durable).toBe(true);
    expect(await second.stop()).toBe(0);
    const aside = readdirSync(setting.folder()).filter((name) => name.includes("set-aside"));
    expect(aside).toEqual([expect.stringContaining(file)]);
    expect(statSync(join(setting.folder(), aside[0] ?? "")).size).toBe(100);
    const third = await setting.start();
    await until("both are loaded", async () => (await names(third)).length === 2);
  });

  test("a damaged account is said on the console and by the doctor, at each start and before one, until it signs in", async () => {
    await using setting = await createSetting();
    const first = await setting.start();
    await setting.signIn(first, a);
    const file = setting.files().find((name) => name.startsWith("account")) ?? "";
    await setting.signIn(first, b);
    await first.stop();
    truncateSync(join(setting.folder(), file), 0);

    const entry = decodeURIComponent(file.replace(".sealed", ""));
    const options = { home: setting.home, env: { CCB_STORE_KEY_FILE: setting.keyFile } };
    const doctor = async (port = first.port): Promise<readonly { level: string; text: string; advice: string }[]> => {
      const { stdout } = await runCcb(
        ["doctor", "--json", "--config", first.configFile, "--port", String(port)],
        options,
      );
      const { findings } = JSON.parse(stdout);
      return findings.filter(({ check }: { check: string }) => check === "store");
    };
    const before = await doctor();
    expect(before.map(({ level }) => level)).toEqual(["ok", "problem"]);
    expect(before[1]?.text).toBe(`The stored entry ${entry} is damaged; it was left as it is.`);
    expect(before[1]?.advice).toContain("ccb login");
    // Who only looks changes nothing.
    expect(setting.files()).toContain(file);

    for (let start = 0; start < 2; start += 1) {
      const ccb = await setting.start();
      await ccb.output("sign in to it again: ccb login");
      const aside = readdirSync(setting.folder()).filter((name) => name.includes("set-aside"));
      expect(aside).toEqual([expect.stringContaining(file)]);
      const text = `The stored entry ${entry} is damaged; it was set aside as ${join(setting.folder(), aside[0] ?? "")}.`;
      expect(ccb.stderr.split(text).length).toBe(2);
      const said = await persistence(ccb);
      expect(said.detail).toContain(text);
      expect(said.unreadable).toMatchObject([{ entry, damage: "corrupt", text }]);
      expect(await doctor(ccb.port)).toMatchObject([{ level: "problem", text: `The running ccb says: ${text}` }]);
      await ccb.stop();
      expect((await doctor())[1]).toMatchObject({ level: "problem", text });
    }
    const last = await setting.start();
    await setting.signIn(last, a);
    expect((await persistence(last)).unreadable).toBeUndefined();
    expect(await doctor(last.port)).toMatchObject([{ level: "ok" }]);
  });

  test("a file of another user is said on the console, and stays", async () => {
    if (!asRoot) return;
    await using setting = await createSetting();
    const first = await setting.start();
    await setting.signIn(first, a);
    const file = setting.files().find((name) => name.startsWith("account")) ?? "";
    await first.stop();
    chownSync(join(setting.folder(), file), 65_534, 65_534);
    const second = await setting.start();
    await second.output("is not this user's alone; it was left as it is.");
    expect(setting.files()).toContain(file);
  });

  test("a damaged or missing index is made anew from the files", async () => {
    await using setting = await createSetting();
    let ccb = await setting.start();
    await setting.signIn(ccb, a);
    await setting.signIn(ccb, b);
    for (const damage of [(path: string) => truncateSync(path, 20), (path: string) => rmSync(path)]) {
      await ccb.stop();
      damage(join(setting.folder(), "index.sealed"));
      ccb = await setting.start();
      await until("both are loaded", async () => (await names(ccb)).length === 2);
      await until("the index is written", () => setting.files().includes("index.sealed"));
    }
  });

  test("a link in the place of the folder", async () => {
    await using setting = await createSetting();
    const first = await setting.start();
    await setting.signIn(first, a);
    await first.stop();
    const path = setting.folder();
    renameSync(path, join(setting.home, "elsewhere"));
    symlinkSync(join(setting.home, "elsewhere"), path);
    const ccb = await setting.start();
    await ccb.output("is not this user's alone");
    expect((await message(ccb)).status).toBe(503);
  });

  test("a folder of another user", async () => {
    await using setting = await createSetting();
    const first = await setting.start();
    await setting.signIn(first, a);
    await first.stop();
    // Only root can give a folder away; another user is given somebody's.
    if (asRoot) chownSync(setting.folder(), 65_534, 65_534);
    else {
      rmSync(setting.folder(), { recursive: true });
      symlinkSync("/root", setting.folder());
    }
    const ccb = await setting.start();
    await ccb.output("is not this user's alone");
    expect((await message(ccb)).status).toBe(503);
  });
});

describe("a disk that takes nothing", () => {
  test("full while it runs: a refresh goes on from memory and says so; saved when there is room", async () => {
    await using setting = await createSetting();
    // SIGXFSZ is ignored, so that the limit gives an error as a full disk does, instead of an end.
    const wrapper = join(setting.home, "ccb.sh");
    const binary = process.env["TEST_BINARY"] ?? join(import.meta.dir, "..", "..", "dist", "ccb");
    writeFileSync(wrapper, `#!/bin/sh\ntrap '' XFSZ\nexec '${binary}' "$@"\n`, { mode: 0o755 });
    const ccb = await setting.start({ binary: wrapper });
    await setting.signIn(ccb, a);
    const limit = (bytes: string) => Bun.spawnSync(["prlimit", `--fsize=${bytes}:unlimited`, `--pid=${ccb.pid}`]);
    expect(limit("0").exitCode).toBe(0);
    const reply = await call(ccb, "POST", "/oauth/refresh/a@example.com");
    expect(reply.body).toMatchObject({ status: "success", durable: false });
    expect(reply.body.notices[0]).toContain("its disk is full");
    await ccb.output("cannot be written");
    expect((await persistence(ccb)).durable).toBe(false);
    expect((await message(ccb)).status).toBe(200);
    expect(limit("unlimited").exitCode).toBe(0);
    await until("it is durable", async () => (await persistence(ccb)).durable);
    await ccb.output("The store can be used again");
    await ccb.kill();
    const next = await setting.start();
    await until("it is loaded", async () => (await names(next)).length === 1);
    expect((await call(next, "POST", "/oauth/refresh/a@example.com")).status).toBe(200);
    expect(setting.oauth.reuse).toBe(0);
  });

  test("a read-only folder: accounts are read and serve, and it is said that nothing is saved", async () => {
    await using setting = await createSetting();
    let binary = process.env["TEST_BINARY"] ?? join(import.meta.dir, "..", "..", "dist", "ccb");
    if (asRoot) {
      // Root writes where it may not: an ordinary user runs it.
      const copy = join(setting.home, "ccb");
      const wrapper = join(setting.home, "ccb.sh");
      writeFileSync(copy, readFileSync(binary), { mode: 0o755 });
      writeFileSync(wrapper, `#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups '${copy}' "$@"\n`, {
        mode: 0o755,
      });
      writeFileSync(join(setting.home, "providers.yaml"), "");
      Bun.spawnSync(["chown", "-R", "65534:65534", setting.home]);
      binary = wrapper;
    }
    const first = await setting.start({ binary });
    expect((await setting.signIn(first, a)).body.durable).toBe(true);
    await first.stop();
    chmodSync(setting.folder(), 0o500);
    const second = await setting.start({ binary });
    await second.output("read-only");
    await until("it is loaded", async () => (await names(second)).length === 1);
    expect((await message(second)).status).toBe(200);
    const reply = await call(second, "POST", "/oauth/refresh/a@example.com");
    expect(reply.body).toMatchObject({ status: "success", durable: false });
    // Killed there: the journal has it, and a folder that is writable again gets it.
    await second.kill();
    chmodSync(setting.folder(), 0o700);
    const third = await setting.start({ binary });
    await until("it is loaded", async () => (await names(third)).length === 1);
    expect((await call(third, "POST", "/oauth/refresh/a@example.com")).body.durable).toBe(true);
    expect(setting.oauth.reuse).toBe(0);
  });
});
