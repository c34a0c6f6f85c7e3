// A crash between the server's answer and the vault: what was noted is there after the next start.
import { describe, expect, test } from "bun:test";
import { createMemoryJournal } from "../support/memory-journal.ts";
import { identity } from "../support/oauth-server.ts";
import { createScriptedVault } from "../support/scripted-vault.ts";
import { createWorld, eventually } from "../support/world.ts";
import type { World } from "../support/world.ts";

const a = identity("a@example.com");
const b = identity("b@example.com");

const names = async (world: World): Promise<string[]> =>
  (await world.json("/oauth/status")).body.tokens.map((token: { account_email: string }) => token.account_email);
const usage = async (world: World): Promise<number> => (await world.json("/oauth/status")).body.tokens[0].usage_count;

/** A program with one account, and what a crash at any later moment leaves behind. */
async function oneAccount() {
  const vault = createScriptedVault();
  const journal = createMemoryJournal();
  const world = await createWorld({ vault, journal });
  await world.signIn(a);
  return {
    vault,
    journal,
    world,
    /** Starts again with what vault and journal hold at this moment. */
    async crash() {
      const kept = createScriptedVault(Object.fromEntries(vault.values));
      const noted = createMemoryJournal(Object.fromEntries(journal.values));
      return { next: await createWorld({ after: world, vault: kept, journal: noted }), kept, noted };
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

describe("a refresh", () => {
  test("noted before the vault is asked, settled when it has it", async () => {
    await using one = await oneAccount();
    expect(one.journal.values.size).toBe(0);
    one.vault.mode("hang");
    const before = one.vault.operations.length;
    const asked = one.world.json("/oauth/refresh/a@example.com", { method: "POST" });
    await eventually("the vault is asked", () => one.vault.operations.length > before);
    const [[name, text] = ["", ""]] = [...one.journal.values];
    expect(name).toMatch(/^account:/);
    expect(JSON.parse(text).refresh_token).toBe([...one.world.oauth.refreshTokens.keys()][0]);
    one.vault.mode("open");
    expect((await asked).body.durable).toBe(true);
    expect(one.journal.values.size).toBe(0);
  });

  test("a record that the disk did not let go of is older than a sign-in after it, however often it was rotated", async () => {
    await using one = await oneAccount();
    for (const _ of [1, 2, 3]) await one.world.json("/oauth/refresh/a@example.com", { method: "POST" });
    const [name = "", stale = ""] = [...one.vault.values].find(([entry]) => entry.startsWith("account:")) ?? [];
    await one.world.json("/oauth/tokens/a@example.com", { method: "DELETE" });
    await one.world.clock.advance(60_000);
    await one.world.signIn(a);
    const fresh = one.vault.json(name).refresh_token;
    one.journal.values.set(name, stale);
    const { next, kept, noted } = await one.crash();
    await using again = next;
    expect((await again.message()).status).toBe(200);
    expect(kept.json(name).refresh_token).toBe(fresh);
    expect(noted.values.size).toBe(0);
  });

  test("an account that was removed before the vault opened does not come back out of an old record", async () => {
    await using one = await oneAccount();
    one.vault.mode("hang");
    void one.world.json("/oauth/refresh/a@example.com", { method: "POST" });
    await eventually("it is noted", () => one.journal.values.size > 0);
    const kept = createScriptedVault(Object.fromEntries(one.vault.values));
    const noted = createMemoryJournal(Object.fromEntries(one.journal.values));
    kept.mode("locked");
    await using again = await createWorld({ after: one.world, vault: kept, journal: noted });
    await again.signIn(a);
    expect((await again.json("/oauth/tokens/a@example.com", { method: "DELETE" })).body.durable).toBe(false);
    kept.mode("open");
    await eventually("it is gone from the vault", async () => {
      await again.clock.advance(60_000);
      return ![...kept.values.keys()].some((name) => name.startsWith("account:"));
    });
    await eventually("it is gone from the journal", () => noted.values.size === 0);
  });

  test("a crash while the vault hangs: the next start goes on with the new tokens and brings them into the vault", async () => {
    await using one = await oneAccount();
    one.vault.mode("hang");
    void one.world.json("/oauth/refresh/a@example.com", { method: "POST" });
    await eventually("it is noted", () => one.journal.values.size > 0);
    const { next, kept, noted } = await one.crash();
    await using again = next;
    expect((await again.message()).status).toBe(200);
    expect((await again.json("/oauth/refresh/a@example.com", { method: "POST" })).status).toBe(200);
    expect([again.oauth.reuse, noted.values.size, again.announced]).toEqual([0, 0, []]);
    const entry = [...kept.values.keys()].find((name) => name.startsWith("account:")) ?? "";
    expect(kept.json(entry).refresh_token).toBe([...again.oauth.refreshTokens.keys()][0]);
    one.vault.mode("open");
  });

  test("a note that the vault has overtaken is not used", async () => {
    await using one = await oneAccount();
    const old = Object.fromEntries([...one.vault.values].filter(([name]) => name.startsWith("account:")));
    await one.world.clock.advance(1_000);
    await one.world.json("/oauth/refresh/a@example.com", { method: "POST" });
    for (const [name, value] of Object.entries(old)) one.journal.values.set(name, value);
    const { next, noted } = await one.crash();
    await using again = next;
    expect((await again.json("/oauth/refresh/a@example.com", { method: "POST" })).status).toBe(200);
    expect([again.oauth.reuse, noted.values.size]).toEqual([0, 0]);
  });
});

test("a clock that was set back between two refreshes hides no newer token", async () => {
  await using one = await oneAccount();
  one.world.clock.sleep(-86_400_000);
  one.vault.mode("hang");
  void one.world.json("/oauth/refresh/a@example.com", { method: "POST" });
  await eventually("it is noted", () => one.journal.values.size > 0);
  const { next } = await one.crash();
  await using again = next;
  expect((await again.json("/oauth/refresh/a@example.com", { method: "POST" })).status).toBe(200);
  expect(again.oauth.reuse).toBe(0);
  one.vault.mode("open");
});

describe("sign-in and removal", () => {
  test("a sign-in that no index names yet", async () => {
    await using one = await oneAccount();
    one.vault.entryMode("index", "hang");
    void one.world.signIn(b);
    await eventually("the entry is written", () => one.vault.values.size === 3);
    await eventually("the index is noted", () => one.journal.values.has("index"));
    const { next, kept, noted } = await one.crash();
    await using again = next;
    expect(await names(again)).toEqual(["a@example.com", "b@example.com"]);
    await eventually("the index is written", () => kept.json("index").accounts.length === 2);
    expect(noted.values.size).toBe(0);
    one.vault.entryMode("index", undefined);
  });

  test("a removal that the vault has not seen is finished, and does not come back", async () => {
    await using one = await oneAccount();
    await one.world.signIn(b);
    one.vault.mode("hang");
    void one.world.json("/oauth/tokens/a@example.com", { method: "DELETE" });
    await eventually("it is noted", () => one.journal.values.has("index"));
    const { next, kept } = await one.crash();
    await using again = next;
    expect(await names(again)).toEqual(["b@example.com"]);
    await eventually("the entry is gone", () => kept.values.size === 2);
    expect(kept.json("index").accounts.length).toBe(1);
    one.vault.mode("open");
  });
});

describe("statistics", () => {
  test("in the journal after 5 s, in the vault after 10 s, and a crash counts none twice", async () => {
    await using one = await oneAccount();
    for (let request = 0; request < 3; request += 1) await one.world.message();
    await one.world.clock.advance(4_999);
    expect(one.journal.values.has("stats")).toBe(false);
    await one.world.clock.advance(1);
    expect([one.journal.values.has("stats"), one.vault.values.has("stats")]).toEqual([true, false]);
    const { next, kept, noted } = await one.crash();
    await using again = next;
    expect(await usage(again)).toBe(3);
    await eventually("the vault has them", () => kept.values.has("stats") && noted.values.size === 0);
    await using third = await createWorld({ after: one.world, vault: kept, journal: noted });
    expect(await usage(third)).toBe(3);
    await one.world.clock.advance(5_000);
    expect([one.journal.values.has("stats"), one.vault.values.has("stats")]).toEqual([false, true]);
  });

  test("a vault that hangs for a minute: a crash loses no more than the last 5 s", async () => {
    await using one = await oneAccount();
    one.vault.mode("hang");
    for (let second = 0; second < 60; second += 1) {
      await one.world.message();
      await one.world.clock.advance(1_000);
    }
    const { next } = await one.crash();
    await using again = next;
    expect(await usage(again)).toBeGreaterThanOrEqual(55);
    one.vault.mode("open");
  });
});

test("what came while the keyring was closed is noted as soon as it can be read, though it cannot be written", async () => {
  await using one = await oneAccount();
  const kept = createScriptedVault(Object.fromEntries(one.vault.values));
  const journal = createMemoryJournal();
  kept.mode("locked");
  await using world = await createWorld({ after: one.world, vault: kept, journal });
  await world.signIn(b);
  expect(journal.values.size).toBe(0);
  kept.mode("open");
  await world.clock.advance(30_000);
  await eventually("both are kept", () => kept.json("index").accounts.length === 2);
  expect(journal.values.size).toBe(0);
});
