// Accounts over restarts and crashes: the compiled program and a real Secret Service.
import { describe, expect, test } from "bun:test";
import { identity } from "../support/oauth-server.ts";
import { call, createSetting, message, names, persistence, SERVICE, until } from "./_ccb.ts";

const a = identity("a@example.com");
const b = identity("b@example.com");

test("two accounts and their statistics are there after a restart", async () => {
  await using setting = await createSetting();
  const first = await setting.start();
  expect((await setting.signIn(first, a)).body).toMatchObject({ status: "success", durable: true, notices: [] });
  await setting.signIn(first, b);
  for (let request = 0; request < 10; request += 1) expect((await message(first)).status).toBe(200);
  const before = (await call(first, "GET", "/oauth/status")).body;
  expect(await persistence(first)).toMatchObject({ durable: true });
  expect(await first.stop()).toBe(0);

  expect(await setting.entries()).toEqual([
    expect.stringMatching(/^account:/),
    expect.stringMatching(/^account:/),
    "index",
    "journal-key",
    "stats",
  ]);
  const second = await setting.start();
  await until("the accounts are loaded", async () => (await names(second)).length === 2);
  const after = (await call(second, "GET", "/oauth/status")).body;
  const lasting = (rows: Record<string, unknown>[]) =>
    rows.map(({ account_email, account_id, usage_count, last_used_timestamp, created_at, expires_at }) => ({
      account_email,
      account_id,
      usage_count,
      last_used_timestamp,
      created_at,
      expires_at,
    }));
  expect(lasting(after.tokens)).toEqual(lasting(before.tokens));
  expect(after.tokens.map(({ usage_count }: { usage_count: number }) => usage_count)).toEqual([5, 5]);
  expect((await message(second)).status).toBe(200);
  await second.output("2 accounts signed in");
});

describe("SIGKILL", () => {
  test("right after each refresh was answered: the next start goes on with the token that was stored", async () => {
    await using setting = await createSetting();
    let ccb = await setting.start();
    await setting.signIn(ccb, a);
    for (let round = 0; round < 4; round += 1) {
      const reply = await call(ccb, "POST", "/oauth/refresh/a@example.com");
      const killed = ccb.kill();
      expect([reply.status, reply.body.durable]).toEqual([200, true]);
      await killed;
      ccb = await setting.start();
      await until("the account is loaded", async () => (await names(ccb)).length === 1);
      expect((await message(ccb)).status).toBe(200);
    }
    expect((await call(ccb, "POST", "/oauth/refresh/a@example.com")).status).toBe(200);
    expect([setting.oauth.refreshes, setting.oauth.reuse]).toEqual([5, 0]);
  });

  test("the moment the keyring has the refreshed token, before anybody was answered", async () => {
    await using setting = await createSetting();
    let ccb = await setting.start();
    await setting.signIn(ccb, a);
    const entry = (await setting.entries()).find((name) => name.startsWith("account:")) ?? "";
    for (let round = 0; round < 3; round += 1) {
      const before = await setting.entry(entry);
      void call(ccb, "POST", "/oauth/refresh/a@example.com").catch(() => {});
      await until("the entry is another", async () => {
        const now = await setting.entry(entry);
        return now !== null && now !== before;
      });
      await ccb.kill();
      ccb = await setting.start();
      await until("the account is loaded", async () => (await names(ccb)).length === 1);
      expect((await message(ccb)).status).toBe(200);
    }
    expect((await call(ccb, "POST", "/oauth/refresh/a@example.com")).status).toBe(200);
    expect(setting.oauth.reuse).toBe(0);
  });

  test("loses at most the last 10 s of the statistics, and no lock stays behind", async () => {
    await using setting = await createSetting();
    const first = await setting.start();
    await setting.signIn(first, a);
    for (let request = 0; request < 5; request += 1) await message(first);
    await until(
      "the statistics are written",
      async () => (await setting.entry("stats"))?.includes('"usage_count":5') === true,
      15,
    );
    await message(first);
    await first.kill();
    const second = await setting.start();
    await until("the account is loaded", async () => (await names(second)).length === 1);
    expect((await call(second, "GET", "/oauth/status")).body.tokens[0].usage_count).toBeGreaterThanOrEqual(5);
  });
});

describe("removing", () => {
  test("one, then all: gone from the keyring, for the next start too", async () => {
    await using setting = await createSetting();
    const ccb = await setting.start();
    await setting.signIn(ccb, a);
    await setting.signIn(ccb, b);
    const tokens = [...setting.oauth.accessTokens.keys(), ...setting.oauth.refreshTokens.keys()];
    expect((await call(ccb, "DELETE", "/oauth/tokens/a@example.com")).body).toMatchObject({
      removed: ["a@example.com"],
      durable: true,
    });
    expect((await setting.entries()).filter((name) => name.startsWith("account:")).length).toBe(1);
    expect(await names(ccb)).toEqual(["b@example.com"]);
    expect((await call(ccb, "DELETE", "/oauth/tokens")).body).toMatchObject({
      removed: ["b@example.com"],
      durable: true,
    });
    expect((await setting.entries()).filter((name) => name.startsWith("account:"))).toEqual([]);
    await until("both are revoked", () => setting.oauth.revocations.length === 2);
    await ccb.stop();
    const kept = await setting.service.tool(["search", "--all", "--unlock", "service", SERVICE]).catch(() => "");
    for (const token of tokens) expect(kept).not.toContain(token);
    const again = await setting.start();
    await again.output("nobody signed in");
    expect(await names(again)).toEqual([]);
    expect((await message(again)).status).toBe(401);
  });
});

test("a second ccb on the same store refuses and names the first; after its end the next one starts", async () => {
  await using setting = await createSetting();
  const first = await setting.start();
  const second = await setting.start({ wait: false });
  expect(await second.exited).toBe(1);
  await second.stop();
  expect(second.stderr).toContain(`process ${first.pid}`);
  expect(second.stderr).toContain(`:${first.port}`);
  // Another name, another store.
  const other = await setting.start({ settings: { oauth: { service_name: "another" } } });
  expect((await call(other, "GET", "/health")).status).toBe(200);
  await first.kill();
  const third = await setting.start();
  expect((await call(third, "GET", "/health")).status).toBe(200);
});
