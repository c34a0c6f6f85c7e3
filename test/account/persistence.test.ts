// Accounts over restarts, and with a vault that misbehaves: through the whole program.
import { describe, expect, test } from "bun:test";
import { VaultError } from "../../src/vault/vault.ts";
import { identity } from "../support/oauth-server.ts";
import { createScriptedVault } from "../support/scripted-vault.ts";
import type { ScriptedVault } from "../support/scripted-vault.ts";
import { createWorld, eventually, settledNow } from "../support/world.ts";
import type { World } from "../support/world.ts";

const a = identity("a@example.com");
const b = identity("b@example.com");

const names = async (world: World): Promise<string[]> =>
  (await world.json("/oauth/status")).body.tokens.map((token: { account_email: string }) => token.account_email);
const health = async (world: World) => (await world.json("/health")).body;
const accountEntries = (vault: ScriptedVault): string[] =>
  [...vault.values.keys()].filter((name) => name.startsWith("account:"));

/** Two accounts in a vault, and the servers that know them. */
async function twoAccounts() {
  const vault = createScriptedVault();
  const world = await createWorld({ vault });
  await world.signIn(a);
  await world.signIn(b);
  await world.message();
  await world.app.stop();
  const entries = Object.fromEntries(vault.values);
  return {
    world,
    vault: createScriptedVault(entries),
    entries,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

describe("what the vault holds", () => {
  test("one entry per account, an index, and statistics apart", async () => {
    await using kept = await twoAccounts();
    expect(Object.keys(kept.entries).sort()).toEqual([
      expect.stringMatching(/^account:/),
      expect.stringMatching(/^account:/),
      "index",
      "stats",
    ]);
    const [entry = ""] = accountEntries(kept.vault);
    expect(kept.vault.json(entry)).toMatchObject({
      version: 1,
      email: "a@example.com",
      access_token: expect.stringMatching(/^sk-ant-oat01-/),
    });
    expect(kept.entries["stats"]).not.toContain("sk-ant");
    expect(kept.entries["index"]).not.toContain("example.com");
  });

  test("the entry is written before the index that names it", async () => {
    const vault = createScriptedVault();
    await using world = await createWorld({ vault });
    await world.signIn(a);
    const sets = vault.operations.filter((operation) => operation.startsWith("set "));
    expect(sets).toEqual([expect.stringMatching(/^set account:/), "set index"]);
  });

  test("a restart brings accounts, statistics and schedule back", async () => {
    await using kept = await twoAccounts();
    await using again = await createWorld({ vault: kept.vault, after: kept.world });
    const { tokens } = (await again.json("/oauth/status")).body;
    expect(tokens).toMatchObject([
      {
        account_email: "a@example.com",
        usage_count: 1,
        last_used_timestamp: expect.any(Number),
        next_refresh_at: expect.any(Number),
        is_healthy: true,
      },
      { account_email: "b@example.com", usage_count: 0, last_used: null, last_used_timestamp: null },
    ]);
    for (let request = 0; request < 4; request += 1) expect((await again.message()).status).toBe(200);
    expect(again.announced).toEqual([]);
  });
});

describe("damage", () => {
  for (const [what, text, damage] of [
    ["no JSON", "{ half", "is damaged"],
    ["JSON of another shape", JSON.stringify({ version: 1, id: 5 }), "is damaged"],
    ["no version", "{}", "is damaged"],
    ["an empty text", "", "is damaged"],
    ["a newer version's", JSON.stringify({ version: 2, sealed: "…" }), "newer ccb"],
  ] as const) {
    test(`an entry that is ${what} is reported and left alone; the others load`, async () => {
      await using kept = await twoAccounts();
      const [entry = ""] = accountEntries(kept.vault);
      kept.vault.values.set(entry, text);
      await using again = await createWorld({ vault: kept.vault, after: kept.world });
      expect(await names(again)).toEqual(["b@example.com"]);
      const { persistence } = await health(again);
      expect(persistence.durable).toBe(true);
      expect(persistence.detail).toContain(entry);
      expect(persistence.detail).toContain(damage);
      expect(again.log.of("vault_entry_unreadable").length).toBe(1);
      // A sign-in of somebody else writes a new index: it still names the entry.
      await again.signIn(identity("c@example.com"));
      expect(kept.vault.values.get(entry)).toBe(text);
      expect(kept.vault.json("index").accounts).toContain(entry.slice("account:".length));
    });
  }

  test("an entry that the index names and nobody has is said", async () => {
    await using kept = await twoAccounts();
    const [entry = ""] = accountEntries(kept.vault);
    kept.vault.values.delete(entry);
    await using again = await createWorld({ vault: kept.vault, after: kept.world });
    expect(await names(again)).toEqual(["b@example.com"]);
    expect((await health(again)).persistence.detail).toContain(`${entry} is named in the index but is not there`);
  });

  test("signing in anew replaces a damaged entry of one's own", async () => {
    await using kept = await twoAccounts();
    const [entry = ""] = accountEntries(kept.vault);
    kept.vault.values.set(entry, "{ half");
    await using again = await createWorld({ vault: kept.vault, after: kept.world });
    await again.signIn(a);
    expect(kept.vault.json(entry)).toMatchObject({ email: "a@example.com" });
    expect((await health(again)).persistence.detail).not.toContain(entry);
  });

  test("a corrupt index is set aside and rebuilt from the entries' names", async () => {
    await using kept = await twoAccounts();
    kept.vault.values.set("index", "{ half");
    await using again = await createWorld({ vault: kept.vault, after: kept.world });
    expect((await names(again)).toSorted()).toEqual(["a@example.com", "b@example.com"]);
    expect(kept.vault.values.get("index.damaged")).toBe("{ half");
    const { accounts }: { accounts: string[] } = kept.vault.json("index");
    expect(accounts.map((id) => `account:${id}`).toSorted()).toEqual(accountEntries(kept.vault).toSorted());
    await using third = await createWorld({
      vault: createScriptedVault(Object.fromEntries(kept.vault.values)),
      after: kept.world,
    });
    expect((await names(third)).length).toBe(2);
    expect((await health(third)).persistence.detail).not.toContain("damaged");
  });

  test("a corrupt index whose entries cannot be listed is not taken for an empty one", async () => {
    await using kept = await twoAccounts();
    kept.vault.values.set("index", "{ half");
    let broken = true;
    const list = async (): Promise<readonly string[]> => {
      if (broken) throw new VaultError("failed", "scripted");
      return [...kept.vault.values.keys()];
    };
    await using again = await createWorld({ vault: { ...kept.vault, list }, after: kept.world });
    expect((await health(again)).persistence.durable).toBe(false);
    expect(kept.vault.values.get("index")).toBe("{ half");
    broken = false;
    await again.clock.advance(30_000);
    expect((await names(again)).length).toBe(2);
  });

  test("a newer version's index: nothing is read, nothing is written, it is said once", async () => {
    await using kept = await twoAccounts();
    kept.vault.values.set("index", JSON.stringify({ version: 2 }));
    const before = JSON.stringify([...kept.vault.values]);
    await using again = await createWorld({ vault: kept.vault, after: kept.world });
    const reply = await again.signIn(identity("c@example.com"));
    expect(reply.body).toMatchObject({ status: "success", durable: false });
    await again.clock.advance(60_000);
    expect(JSON.stringify([...kept.vault.values])).toBe(before);
    expect((await health(again)).persistence.detail).toContain("newer ccb");
    expect(again.log.of("vault_entry_unreadable").length).toBe(1);
  });
});

describe("a vault that is there and does not open", () => {
  test("hanging at start: a request waits 5 s, then 503 with retry-after, no login prompt; accounts appear when it opens", async () => {
    await using kept = await twoAccounts();
    kept.vault.mode("hang");
    await using again = await createWorld({ vault: kept.vault, after: kept.world });
    const request = again.message();
    await again.clock.advance(4_999);
    expect(await settledNow(request)).toBe(false);
    await again.clock.advance(1);
    const reply = await request;
    expect([reply.status, reply.body.error.type, reply.headers.get("retry-after")]).toEqual([503, "api_error", "5"]);
    expect(reply.body.error.message).toContain("Unlock the keyring");
    expect(reply.headers.get("x-should-retry")).toBeNull();
    expect(again.announced).toEqual([]);
    expect((await health(again)).persistence).toMatchObject({
      durable: false,
      detail: expect.stringContaining("unlock"),
    });
    const waiting = again.message();
    kept.vault.mode("open");
    expect((await waiting).status).toBe(200);
    expect((await names(again)).length).toBe(2);
    expect((await health(again)).persistence.durable).toBe(true);
  });

  test("its accounts are neither unknown nor removable meanwhile", async () => {
    await using kept = await twoAccounts();
    kept.vault.mode("locked");
    await using again = await createWorld({ vault: kept.vault, after: kept.world });
    for (const [method, path] of [
      ["DELETE", "/oauth/tokens"],
      ["DELETE", "/oauth/tokens/a@example.com"],
      ["POST", "/oauth/refresh/a@example.com"],
    ] as const) {
      const request = again.json(path, { method });
      await again.clock.advance(5_000);
      const reply = await request;
      expect([path, reply.status, reply.headers.get("retry-after")]).toEqual([path, 503, "5"]);
    }
    kept.vault.mode("open");
    await again.clock.advance(30_000);
    expect((await names(again)).length).toBe(2);
  });

  test("an exchange meanwhile works, says durable: false and what to do, and is saved when it opens", async () => {
    await using kept = await twoAccounts();
    kept.vault.mode("locked");
    await using again = await createWorld({ vault: kept.vault, after: kept.world });
    const reply = await again.signIn(identity("c@example.com"));
    expect(reply.body).toMatchObject({
      status: "success",
      durable: false,
      notices: [expect.stringContaining("the keyring is locked")],
    });
    expect((await again.message()).status).toBe(200);
    kept.vault.mode("open");
    await again.clock.advance(30_000);
    expect((await names(again)).toSorted()).toEqual(["a@example.com", "b@example.com", "c@example.com"]);
    expect(accountEntries(kept.vault).length).toBe(3);
    expect(kept.vault.json("index").accounts.length).toBe(3);
    expect((await health(again)).persistence.durable).toBe(true);
  });

  test("one that was signed in before keeps its first sign-in and its other names", async () => {
    await using kept = await twoAccounts();
    const [entry = ""] = accountEntries(kept.vault);
    const old: { created_at: number } = kept.vault.json(entry);
    kept.vault.values.set(entry, JSON.stringify({ ...old, aliases: ["nick@example.com"] }));
    kept.vault.mode("locked");
    await using again = await createWorld({ vault: kept.vault, after: kept.world });
    await again.clock.advance(3_600_000);
    await again.signIn(a);
    const fresh = [...again.oauth.accessTokens.keys()].at(-1);
    kept.vault.mode("open");
    await again.clock.advance(300_000);
    const { tokens } = (await again.json("/oauth/status")).body;
    expect(tokens.find((token: { account_email: string }) => token.account_email === "a@example.com")).toMatchObject({
      created_at: old.created_at,
    });
    expect(kept.vault.json(entry)).toMatchObject({
      created_at: old.created_at,
      aliases: ["nick@example.com"],
      access_token: fresh,
    });
    expect((await again.post("/oauth/refresh/nick@example.com", {})).status).toBe(200);
  });

  test("a second organization that signed in meanwhile does not share the first one's name", async () => {
    await using kept = await twoAccounts();
    kept.vault.mode("locked");
    await using again = await createWorld({ vault: kept.vault, after: kept.world });
    await again.signIn({ ...identity("a@example.com", "Second"), accountUuid: a.accountUuid });
    kept.vault.mode("open");
    await again.clock.advance(30_000);
    expect(new Set(await names(again)).size).toBe(3);
  });

  test("removed while locked stays removed after it opens", async () => {
    await using kept = await twoAccounts();
    await using again = await createWorld({ vault: kept.vault, after: kept.world });
    kept.vault.mode("locked");
    const reply = await again.json("/oauth/tokens/a@example.com", { method: "DELETE" });
    expect(reply.body).toEqual({ status: "success", removed: ["a@example.com"], durable: false });
    expect(accountEntries(kept.vault).length).toBe(2);
    kept.vault.mode("open");
    await again.clock.advance(30_000);
    expect(accountEntries(kept.vault).length).toBe(1);
    await using third = await createWorld({
      vault: createScriptedVault(Object.fromEntries(kept.vault.values)),
      after: kept.world,
    });
    expect(await names(third)).toEqual(["b@example.com"]);
  });

  test("signed in and removed before it ever opened: not in it afterwards, also where it was before", async () => {
    await using kept = await twoAccounts();
    kept.vault.mode("locked");
    await using again = await createWorld({ vault: kept.vault, after: kept.world });
    await again.signIn(a);
    await again.json("/oauth/tokens/a@example.com", { method: "DELETE" });
    kept.vault.mode("open");
    await again.clock.advance(30_000);
    expect(await names(again)).toEqual(["b@example.com"]);
    expect(accountEntries(kept.vault).length).toBe(1);
  });
});

describe("no vault at all", () => {
  test("absent is empty: the first request asks to sign in, at once; sign-in works from memory; saved when one appears", async () => {
    const vault = createScriptedVault();
    vault.mode("absent");
    await using world = await createWorld({ vault });
    expect((await world.message()).status).toBe(401);
    const reply = await world.signIn(a);
    expect(reply.body).toMatchObject({
      durable: false,
      notices: [expect.stringContaining("there is no keyring service")],
    });
    expect((await world.message()).status).toBe(200);
    vault.mode("open");
    await world.clock.advance(30_000);
    expect(accountEntries(vault).length).toBe(1);
    expect((await health(world)).persistence.durable).toBe(true);
  });

  test("persistence off touches nothing and says so", async () => {
    await using world = await createWorld({ vault: null });
    await world.signIn(a);
    expect((await health(world)).persistence).toEqual({
      backend: "memory",
      durable: false,
      detail: expect.stringContaining("enable_persistence is false"),
    });
    await eventually("it serves", async () => (await world.message()).status === 200);
  });
});
