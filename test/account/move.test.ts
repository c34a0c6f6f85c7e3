// Moving accounts between vaults: all or nothing is removed, and a move that was cut short can be repeated.
import { describe, expect, test } from "bun:test";
import { moveAccounts } from "../../src/account/move.ts";
import { toEntry } from "../../src/account/account.ts";
import { Secret } from "../../src/core/secret.ts";
import { VaultError } from "../../src/vault/vault.ts";
import { createMemoryJournal } from "../support/memory-journal.ts";
import { createTestLog } from "../support/log.ts";
import { createScriptedVault } from "../support/scripted-vault.ts";

const { log } = createTestLog();

const entry = (id: string, obtainedAt: number, rotation?: number): string =>
  toEntry({
    id,
    name: `${id}@example.com`,
    email: `${id}@example.com`,
    aliases: [],
    accountUuid: id,
    organizationUuid: null,
    organizationName: null,
    tokens: {
      access: new Secret(`access-${obtainedAt}`),
      refresh: new Secret(`refresh-${obtainedAt}`),
      expiresAt: 1e13,
      obtainedAt,
      scopes: [],
      ...(rotation === undefined ? {} : { rotation }),
    },
    createdAt: 1,
  });
const index = (...accounts: string[]): string => JSON.stringify({ version: 1, accounts });
const stats = (counts: Record<string, number>): string =>
  JSON.stringify({
    version: 1,
    accounts: Object.fromEntries(Object.entries(counts).map(([id, n]) => [id, { usage_count: n, last_used: 1 }])),
  });

function sides(from: Record<string, string>, to: Record<string, string> = {}, noted: Record<string, string> = {}) {
  const [left, right] = [createScriptedVault(from), createScriptedVault(to)];
  const journal = createMemoryJournal(noted);
  const move = () => moveAccounts({ vault: left, journal }, { vault: right, journal: createMemoryJournal() }, log);
  return { left, right, journal, move };
}
const FULL = { index: index("a", "b"), "account:a": entry("a", 1), "account:b": entry("b", 1), stats: stats({ a: 3 }) };

test("everything moves, and other entries of the keyring stay", async () => {
  const { left, right, move } = sides({ ...FULL, "store-key": "k" });
  expect(await move()).toEqual({ outcome: "moved", accounts: 2 });
  expect(Object.fromEntries(right.values)).toEqual({ ...FULL, index: index("a", "b") });
  expect(Object.fromEntries(left.values)).toEqual({ "store-key": "k" });
});

test("what only the journal has moves, too", async () => {
  const { right, journal, move } = sides(FULL, {}, { "account:a": entry("a", 9), stats: stats({ a: 5 }) });
  expect(await move()).toEqual({ outcome: "moved", accounts: 2 });
  expect([right.json("account:a").obtained_at, right.json("stats").accounts.a.usage_count]).toEqual([9, 5]);
  expect(journal.values.size).toBe(0);
});

test("which of two is newer does not depend on who is asked: rotations, then the clock", async () => {
  const early = entry("a", 9, 100);
  const late = entry("a", 5, 101);
  for (const [from, to] of [
    [early, late],
    [late, early],
  ] as const) {
    const { right, move } = sides({ index: index("a"), "account:a": from }, { index: index("a"), "account:a": to });
    await move();
    expect(right.json("account:a").rotation).toBe(101);
  }
});

test("a journal that cannot be read may hold the newest tokens: nothing is moved", async () => {
  const { left, right } = sides(FULL);
  const closed = {
    ...createMemoryJournal(),
    open: () => Promise.reject(new VaultError("foreign", "the folder belongs to user 0")),
  };
  for (const [from, to] of [
    [closed, createMemoryJournal()],
    [createMemoryJournal(), closed],
  ] as const) {
    const moving = moveAccounts({ vault: left, journal: from }, { vault: right, journal: to }, log);
    expect(await moving.catch((error: unknown) => error)).toBeInstanceOf(VaultError);
    expect([left.values.size, right.values.size]).toEqual([4, 0]);
  }
});

test("nothing there, nothing done", async () => {
  const { right, move } = sides({});
  expect([await move(), right.values.size]).toEqual([{ outcome: "nothing" }, 0]);
});

describe("a store that has something already", () => {
  test("the newer tokens and the larger counts win; accounts of both are there", async () => {
    const { right, move } = sides(FULL, {
      index: index("a", "c"),
      "account:a": entry("a", 5),
      "account:c": entry("c", 1),
      stats: stats({ a: 2, c: 7 }),
    });
    expect(await move()).toEqual({ outcome: "moved", accounts: 3 });
    expect(right.json("account:a").obtained_at).toBe(5);
    expect(right.json("index").accounts.toSorted()).toEqual(["a", "b", "c"]);
    expect(right.json("stats").accounts).toMatchObject({ a: { usage_count: 3 }, c: { usage_count: 7 } });
  });

  test("a move cut short at any step is finished by the next", async () => {
    for (let calls = 0; ; calls += 1) {
      const { left, right, move } = sides(FULL);
      let count = 0;
      // The vaults stop answering after so many writes: what a kill would leave.
      for (const vault of [left, right]) {
        for (const op of ["set", "delete"] as const) {
          const real = vault[op].bind(vault);
          Object.assign(vault, {
            [op]: async (name: string, value: string) => {
              if (count >= calls) throw new Error("killed");
              count += 1;
              await real(name, value);
            },
          });
        }
      }
      const first = await move().catch(() => null);
      const next = sides(Object.fromEntries(left.values), Object.fromEntries(right.values));
      await next.move();
      expect(next.right.json("index").accounts.toSorted()).toEqual(["a", "b"]);
      expect(next.right.json("stats").accounts.a.usage_count).toBe(3);
      expect(next.left.values.size).toBe(0);
      if (first?.outcome === "moved") break;
    }
  });
});

describe("nothing is removed", () => {
  test("where an entry cannot be read", async () => {
    const { left, right, move } = sides({ ...FULL, "account:b": "{" });
    expect(await move()).toEqual({ outcome: "unread", entries: ["account:b"] });
    expect([left.values.size, right.values.size]).toEqual([4, 0]);
  });

  test("where the other store gives back something else", async () => {
    const { left, right, move } = sides(FULL);
    const real = right.get.bind(right);
    Object.assign(right, {
      get: async (name: string) => (name === "stats" ? real(name).then((v) => v && `${v} `) : real(name)),
    });
    expect(await move()).toEqual({ outcome: "differs", entry: "stats" });
    expect(left.values.size).toBe(4);
  });

  test.each(["locked", "full", "absent"] as const)("where one is %s", async (fault) => {
    for (const side of ["left", "right"] as const) {
      const both = sides(FULL);
      both[side].mode(fault);
      expect(await both.move().catch((error: { fault: string }) => error.fault)).toBe(fault);
      expect([both.left.values.size, both.right.values.size]).toEqual([4, 0]);
    }
  });

  test("it is said where copies stay behind", async () => {
    const { left, right, move } = sides(FULL);
    Object.assign(left, { delete: () => Promise.reject(new Error("no")) });
    expect(await move()).toMatchObject({ outcome: "left_behind", accounts: 2 });
    expect([left.values.size, right.values.size]).toEqual([4, 4]);
  });
});
