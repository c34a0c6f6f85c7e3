// The vault's form of an account, and finding one by its names.
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { parseEntry, parseVersioned, toEntry } from "../../src/account/account.ts";
import type { Account } from "../../src/account/account.ts";
import { createAccountStore } from "../../src/account/store.ts";
import { Secret } from "../../src/core/secret.ts";

const account = (more: Partial<Account> = {}): Account => ({
  id: "0123456789ab",
  name: "me@example.com",
  email: "me@example.com",
  aliases: [],
  accountUuid: "u",
  organizationUuid: null,
  organizationName: null,
  tokens: {
    access: new Secret("access-token"),
    refresh: new Secret("refresh-token"),
    expiresAt: 2,
    obtainedAt: 1,
    scopes: ["a", "b"],
  },
  createdAt: 1,
  ...more,
});

describe("an entry", () => {
  test("there and back", () => {
    const one = account({ aliases: ["x@y"], organizationName: "O" });
    expect(parseEntry(toEntry(one))).toEqual(one);
    const bare = account({ tokens: { ...one.tokens, refresh: null } });
    expect(parseEntry(toEntry(bare))).toEqual(bare);
  });

  test("any text is an account, or damage; nothing is thrown", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) =>
        expect(parseEntry(text)).toBeOneOf(["corrupt", "future"]),
      ),
    );
    const entry: Record<string, unknown> = JSON.parse(toEntry(account()));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(entry)), fc.jsonValue(), (key, value) => {
        const parsed = parseEntry(JSON.stringify({ ...entry, [key]: value }));
        if (typeof parsed !== "string") expect(parsed.tokens.access).toBeInstanceOf(Secret);
      }),
    );
  });

  test("a newer version is told from damage", () => {
    expect(parseVersioned('{"version":2}')).toBe("future");
    for (const text of ['{"version":"2"}', "null", "1", "", "[]"]) expect(parseVersioned(text)).not.toBe("future");
  });

  test("printing an account shows no token", () => {
    expect(JSON.stringify(account()) + Bun.inspect(account())).not.toMatch(/access-token|refresh-token/);
  });
});

describe("the store", () => {
  test("a name wins over an email, an email over an alias, whatever the case", () => {
    const store = createAccountStore();
    const alias = account({ id: "1", name: "z", email: "z", aliases: ["me@example.com"] });
    const email = account({ id: "2", name: "me@example.com (Org)", email: "me@example.com" });
    const name = account({ id: "3", name: "Me@Example.com", email: "other" });
    store.save(alias);
    expect(store.find("ME@example.com")).toBe(alias);
    store.save(email);
    expect(store.find("ME@example.com")).toBe(email);
    store.save(name);
    expect(store.find("ME@example.com")).toBe(name);
    expect(store.find("me@example.com (org)")).toBe(email);
    expect(store.find("nobody")).toBeUndefined();
  });

  test("a change gives a new list, so that who cached the old one notices", () => {
    const store = createAccountStore();
    store.save(account());
    const before = store.all();
    store.save(account({ aliases: ["x"] }));
    expect(store.all()).not.toBe(before);
    expect(store.all().length).toBe(1);
    store.remove("0123456789ab");
    expect([store.all().length, before.length]).toEqual([0, 1]);
  });

  test("health is the account's alone and goes with it", () => {
    const store = createAccountStore();
    store.setHealth("0123456789ab", { state: "login_required", reason: "x", said: null });
    store.save(account());
    expect(store.health("0123456789ab")).toEqual({ state: "ready", reason: null, said: null });
    store.setHealth("0123456789ab", { state: "login_required", reason: "x", said: null });
    store.remove("0123456789ab");
    store.save(account());
    expect(store.health("0123456789ab").state).toBe("ready");
  });
});
