// Sealed files with their key in a real keyring, and moving accounts between the two.
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runCcb } from "../support/binary.ts";
import type { Ccb, Finished } from "../support/binary.ts";
import { identity } from "../support/oauth-server.ts";
import { call, createSetting, message, names, persistence, until } from "./_ccb.ts";
import type { Setting } from "./_ccb.ts";

const a = identity("a@example.com");
const b = identity("b@example.com");
const FILE = { oauth: { store: "file" } };

function migrate(setting: Setting, ccb: Ccb, from: string, to: string, env = {}): Promise<Finished> {
  return runCcb(["store", "migrate", "--from", from, "--to", to, "--config", ccb.configFile], {
    home: setting.home,
    env: { DBUS_SESSION_BUS_ADDRESS: setting.service.env["DBUS_SESSION_BUS_ADDRESS"] ?? "", ...env },
  });
}

function sealed(setting: Setting): string[] {
  const state = join(setting.home, ".local", "state", "ccb");
  const folder = readdirSync(state).find((name) => /^store-[^.]*$/.test(name));
  return folder === undefined ? [] : readdirSync(join(state, folder)).map((name) => join(state, folder, name));
}

const counts = async (ccb: Ccb): Promise<number[]> =>
  (await call(ccb, "GET", "/oauth/status")).body.tokens.map(({ usage_count }: { usage_count: number }) => usage_count);

test("the key of the files is made in the keyring, and opens them after a restart", async () => {
  await using setting = await createSetting();
  const first = await setting.start({ settings: FILE });
  expect((await setting.signIn(first, a)).body).toMatchObject({ durable: true });
  expect(await setting.entries()).toEqual(["store-key"]);
  await first.kill();
  const second = await setting.start({ settings: FILE });
  await until("it is loaded", async () => (await names(second)).length === 1);
  expect(await persistence(second)).toMatchObject({ backend: "file", durable: true });
  await second.stop();

  await setting.service.lock();
  const locked = await setting.start({ settings: FILE });
  await locked.output("the keyring is locked");
  expect((await message(locked)).status).toBe(503);
  await setting.service.unlock();
  await until("it is loaded", async () => (await names(locked)).length === 1);
  expect((await message(locked)).status).toBe(200);
});

test("a keyring that has lost the key: no new one is made, the files stay as they are", async () => {
  await using setting = await createSetting();
  const first = await setting.start({ settings: FILE });
  await setting.signIn(first, a);
  await first.stop();
  const before = sealed(setting).map((file) => readFileSync(file).toString("hex"));
  const key = await setting.entry("store-key");
  await setting.service.tool(["clear", "username", "store-key"]);
  const second = await setting.start({ settings: FILE });
  await second.output("its key is gone");
  expect([await setting.entries(), (await message(second)).status]).toEqual([[], 503]);
  await second.stop();
  expect(sealed(setting).map((file) => readFileSync(file).toString("hex"))).toEqual(before);
  expect(key).toMatch(/^[A-Za-z0-9+/]{43}=$/);
});

describe("moving", () => {
  test("to files and back: accounts, counts and tokens are those that were there", async () => {
    await using setting = await createSetting();
    let ccb = await setting.start();
    await setting.signIn(ccb, a);
    await setting.signIn(ccb, b);
    for (let request = 0; request < 4; request += 1) await message(ccb);

    const held = await migrate(setting, ccb, "keyring", "file");
    expect([held.code, held.stderr]).toEqual([1, expect.stringContaining(`process ${ccb.pid}`)]);
    expect(sealed(setting)).toEqual([]);

    await ccb.stop();
    const there = await migrate(setting, ccb, "keyring", "file");
    expect([there.code, there.stderr]).toEqual([0, ""]);
    expect(there.stdout).toContain("2 accounts are in the sealed files now");
    expect(await setting.entries()).toEqual(["journal-key", "store-key"]);
    expect(sealed(setting).length).toBe(4);

    ccb = await setting.start({ settings: FILE });
    await until("both are loaded", async () => (await names(ccb)).length === 2);
    expect(await counts(ccb)).toEqual([2, 2]);
    await call(ccb, "POST", "/oauth/refresh/a@example.com");
    await ccb.stop();

    expect((await migrate(setting, ccb, "file", "keyring")).code).toBe(0);
    expect(sealed(setting)).toEqual([]);
    ccb = await setting.start();
    await until("both are loaded", async () => (await names(ccb)).length === 2);
    expect(await counts(ccb)).toEqual([2, 2]);
    for (const name of ["a", "b"]) {
      expect((await call(ccb, "POST", `/oauth/refresh/${name}@example.com`)).status).toBe(200);
    }
    expect(setting.oauth.reuse).toBe(0);
    expect((await migrate(setting, ccb, "file", "keyring")).code).toBe(1);
    await ccb.stop();
    const again = await migrate(setting, ccb, "file", "keyring");
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("no accounts in the sealed files")]);
  });

  test("what a crash left in the journal moves along", async () => {
    await using setting = await createSetting();
    const ccb = await setting.start();
    await setting.signIn(ccb, a);
    setting.service.freeze();
    const asked = call(ccb, "POST", "/oauth/refresh/a@example.com").catch(() => null);
    await until("it is answered", () => setting.oauth.refreshes === 1);
    await Bun.sleep(200);
    await ccb.kill();
    await asked;
    setting.service.thaw();
    expect((await migrate(setting, ccb, "keyring", "file")).code).toBe(0);
    const next = await setting.start({ settings: FILE });
    await until("it is loaded", async () => (await names(next)).length === 1);
    expect((await call(next, "POST", "/oauth/refresh/a@example.com")).status).toBe(200);
    expect(setting.oauth.reuse).toBe(0);
  });

  test("nothing is changed where the keyring is closed or absent", async () => {
    await using setting = await createSetting();
    const ccb = await setting.start();
    await setting.signIn(ccb, a);
    await ccb.stop();
    const absent = await migrate(setting, ccb, "keyring", "file", {
      DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent",
    });
    expect([absent.code, absent.stderr]).toEqual([1, expect.stringContaining("Nothing was changed: the keyring")]);
    await setting.service.lock();
    const locked = await migrate(setting, ccb, "keyring", "file");
    expect([locked.code, locked.stderr]).toEqual([1, expect.stringContaining("is locked")]);
    expect(sealed(setting)).toEqual([]);
    await setting.service.unlock();
    const next = await setting.start();
    await until("it is loaded", async () => (await names(next)).length === 1);
  });

  test("wrong words are wrong usage", async () => {
    await using setting = await createSetting();
    const ccb = await setting.start();
    await ccb.stop();
    for (const [from, to] of [
      ["file", "file"],
      ["keyring", "memory"],
      ["", "file"],
    ] as const) {
      expect((await migrate(setting, ccb, from, to)).code).toBe(2);
    }
    expect((await runCcb(["store"])).code).toBe(2);
    expect((await runCcb(["store", "melt"])).stderr).toContain("init, migrate");
  });
});
