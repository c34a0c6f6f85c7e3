// A keyring that is absent, closed, frozen, ambiguous, full or started anew: ccb serves, says so, and saves when it is back.
import { describe, expect, test } from "bun:test";
import { identity } from "../support/oauth-server.ts";
import { call, createSetting, message, names, persistence, SERVICE, until } from "./_ccb.ts";
import type { Setting } from "./_ccb.ts";

const a = identity("a@example.com");
const b = identity("b@example.com");

/** A keyring with one account in it, and no program running. */
async function oneAccount(): Promise<Setting> {
  const setting = await createSetting();
  const ccb = await setting.start();
  await setting.signIn(ccb, a);
  await ccb.stop();
  return setting;
}

const newest = (setting: Setting): string => [...setting.oauth.accessTokens.keys()].at(-1) ?? "none";

/** The account's entry in the keyring holds the newest access token. */
const saved = async (setting: Setting): Promise<boolean> => {
  const names = (await setting.entries()).filter((name) => name.startsWith("account:"));
  const texts = await Promise.all(names.map((name) => setting.entry(name)));
  return texts.some((text) => text?.includes(newest(setting)) === true);
};

describe("absent", () => {
  test("no bus: the first request asks to sign in, sign-in works from memory, and it is said why", async () => {
    await using setting = await createSetting();
    const ccb = await setting.start({ env: { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent/bus" } });
    await ccb.output("there is no keyring service");
    expect(await persistence(ccb)).toMatchObject({
      durable: false,
      detail: expect.stringContaining("there is no keyring service"),
    });
    expect((await message(ccb)).status).toBe(401);
    const reply = await setting.signIn(ccb, a);
    expect(reply.body).toMatchObject({
      status: "success",
      durable: false,
      notices: [expect.stringContaining("memory only")],
    });
    expect((await message(ccb)).status).toBe(200);
    expect(await ccb.stop()).toBe(0);
  });

  test("a bus without a keyring; saved when one starts", async () => {
    await using setting = await createSetting();
    await setting.service.kill();
    const ccb = await setting.start();
    await ccb.output("there is no keyring service");
    expect((await setting.signIn(ccb, a)).body).toMatchObject({ durable: false });
    await setting.service.restart();
    await until("it is durable", async () => (await persistence(ccb)).durable);
    await ccb.output("The keyring is back");
    expect(await saved(setting)).toBe(true);
  });
});

describe("locked", () => {
  test("at start: requests wait and get 503, no login prompt; the accounts appear when it opens", async () => {
    await using setting = await oneAccount();
    await setting.service.lock();
    const ccb = await setting.start();
    await ccb.output("the keyring is locked");
    expect(await persistence(ccb)).toMatchObject({
      durable: false,
      detail: expect.stringContaining("the keyring is locked"),
    });
    const reply = await message(ccb);
    expect([reply.status, reply.headers.get("retry-after"), reply.body.error.type]).toEqual([503, "5", "api_error"]);
    expect(reply.body.error.message).toContain("Unlock the keyring");
    expect((await setting.signIn(ccb, b)).body).toMatchObject({ status: "success", durable: false });
    expect((await message(ccb)).status).toBe(200);
    expect(ccb.stdout + ccb.stderr).not.toContain("AUTHORIZATION REQUIRED");
    await setting.service.unlock();
    await until("both are there", async () => (await names(ccb)).length === 2);
    await until("it is durable", async () => (await persistence(ccb)).durable);
    expect((await setting.entries()).filter((name) => name.startsWith("account:")).length).toBe(2);
  });

  test("while running: a refresh goes on from memory, and is saved when it opens", async () => {
    await using setting = await createSetting();
    const ccb = await setting.start();
    await setting.signIn(ccb, a);
    await setting.service.lock();
    const reply = await call(ccb, "POST", "/oauth/refresh/a@example.com");
    expect(reply.body).toMatchObject({
      status: "success",
      durable: false,
      notices: [expect.stringContaining("the keyring is locked")],
    });
    await ccb.output("the keyring is locked");
    expect((await persistence(ccb)).durable).toBe(false);
    expect((await message(ccb)).status).toBe(200);
    await setting.service.unlock();
    await until("it is durable", async () => (await persistence(ccb)).durable);
    expect(await saved(setting)).toBe(true);
  });

  test("what was removed meanwhile is gone when it opens", async () => {
    await using setting = await createSetting();
    const ccb = await setting.start();
    await setting.signIn(ccb, a);
    await setting.signIn(ccb, b);
    await setting.service.lock();
    expect((await call(ccb, "DELETE", "/oauth/tokens/a@example.com")).body).toMatchObject({
      removed: ["a@example.com"],
      durable: false,
    });
    await setting.service.unlock();
    await until("it is durable", async () => (await persistence(ccb)).durable);
    expect((await setting.entries()).filter((name) => name.startsWith("account:")).length).toBe(1);
  });
});

for (const what of ["keyring", "bus"] as const) {
  describe(`a frozen ${what}`, () => {
    test("at start: ccb serves at once; a request waits 5 s, then 503; the accounts appear when it answers", async () => {
      await using setting = await oneAccount();
      setting.service.freeze(what);
      const before = performance.now();
      const ccb = await setting.start();
      expect(performance.now() - before).toBeLessThan(3_000);
      expect((await persistence(ccb)).durable).toBe(false);
      const asked = performance.now();
      const reply = await message(ccb);
      expect(reply.status).toBe(503);
      expect(performance.now() - asked).toBeGreaterThan(4_500);
      expect(performance.now() - asked).toBeLessThan(8_000);
      await ccb.output("Waiting for the keyring");
      expect(ccb.stdout + ccb.stderr).not.toContain("AUTHORIZATION REQUIRED");
      setting.service.thaw();
      await until("the account is there", async () => (await names(ccb)).length === 1);
      await until("it is durable", async () => (await persistence(ccb)).durable);
      expect((await message(ccb)).status).toBe(200);
    });

    test("while running: after 5 s a refresh goes on from memory, says so everywhere, and is saved when it answers", async () => {
      await using setting = await createSetting();
      const ccb = await setting.start();
      await setting.signIn(ccb, a);
      setting.service.freeze(what);
      const asked = performance.now();
      const reply = await call(ccb, "POST", "/oauth/refresh/a@example.com");
      expect(performance.now() - asked).toBeLessThan(8_000);
      expect(reply.body).toMatchObject({
        status: "success",
        durable: false,
        notices: [expect.stringContaining("does not answer")],
      });
      expect(await persistence(ccb)).toMatchObject({
        durable: false,
        detail: expect.stringContaining("does not answer"),
      });
      await ccb.output("the keyring does not answer");
      expect((await message(ccb)).status).toBe(200);
      setting.service.thaw();
      await until("it is durable", async () => (await persistence(ccb)).durable);
      expect(await saved(setting)).toBe(true);
      await ccb.output("The keyring is back");
    });
  });
}

test("frozen at the end: it stops all the same", async () => {
  await using setting = await createSetting();
  const ccb = await setting.start();
  await setting.signIn(ccb, a);
  await message(ccb);
  setting.service.freeze();
  const asked = performance.now();
  expect(await ccb.stop()).toBe(0);
  expect(performance.now() - asked).toBeLessThan(9_000);
});

test("a second entry of the same name: neither is touched, it is said which way out, the rest goes on", async () => {
  await using setting = await createSetting();
  const ccb = await setting.start();
  await setting.signIn(ccb, a);
  const entry = (await setting.entries()).find((name) => name.startsWith("account:")) ?? "";
  await setting.service.tool(["store", "--label=stray", "service", SERVICE, "username", entry, "other", "1"], "stray");
  const reply = await call(ccb, "POST", "/oauth/refresh/a@example.com");
  expect(reply.body).toMatchObject({
    status: "success",
    durable: false,
    notices: [expect.stringContaining("two entries under the same name")],
  });
  await ccb.output("two entries under the same name");
  expect((await persistence(ccb)).durable).toBe(false);
  expect((await message(ccb)).status).toBe(200);
  // Others are kept meanwhile.
  await setting.signIn(ccb, b);
  expect(await saved(setting)).toBe(true);
});

test("full: said, and saved when there is room again", async () => {
  await using setting = await createSetting();
  const ccb = await setting.start();
  await setting.service.fillDisk();
  expect((await setting.signIn(ccb, a)).body).toMatchObject({ status: "success", durable: false });
  await ccb.output("its disk is full");
  await setting.service.restart();
  await until("it is durable", async () => (await persistence(ccb)).durable);
  expect(await saved(setting)).toBe(true);
});

test("a keyring that was started anew is used on", async () => {
  await using setting = await createSetting();
  const ccb = await setting.start();
  await setting.signIn(ccb, a);
  await setting.service.restart();
  expect((await call(ccb, "POST", "/oauth/refresh/a@example.com")).body).toMatchObject({
    status: "success",
    durable: true,
  });
  expect(await saved(setting)).toBe(true);
});

test("enable_persistence: false never speaks to the bus", async () => {
  await using setting = await createSetting();
  let connections = 0;
  const path = `${setting.home}/run/bus`;
  const listener = Bun.listen({ unix: path, socket: { open: () => void (connections += 1), data: () => {} } });
  const ccb = await setting.start({
    env: { DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` },
    settings: { oauth: { enable_persistence: false } },
  });
  expect((await setting.signIn(ccb, a)).body).toMatchObject({
    durable: false,
    notices: [expect.stringContaining("enable_persistence is false")],
  });
  await call(ccb, "POST", "/oauth/refresh/a@example.com");
  await message(ccb);
  await call(ccb, "DELETE", "/oauth/tokens");
  expect(await ccb.stop()).toBe(0);
  expect(connections).toBe(0);
  // The same listener counts what does speak to it.
  const other = await setting.start({ env: { DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` } });
  await until("the keyring is looked for", () => connections > 0);
  await other.kill();
  listener.stop(true);
});
