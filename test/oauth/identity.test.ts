// Whose tokens they are, and under which name the account is kept.
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { parseEntry, toEntry } from "../../src/account/account.ts";
import { createAccountStore } from "../../src/account/store.ts";
import type { AccountStore } from "../../src/account/store.ts";
import { Secret } from "../../src/core/secret.ts";
import type { TokenReply } from "../../src/oauth/endpoint.ts";
import { identify, toTokens } from "../../src/oauth/identity.ts";

const NOW = Date.UTC(2026, 0, 15, 12);
const reply = (more: Partial<TokenReply> = {}): TokenReply => ({
  access: new Secret("access"),
  refresh: new Secret("refresh"),
  expiresIn: 28_800,
  scopes: ["user:profile"],
  accountUuid: "person",
  email: "me@example.com",
  organizationUuid: "org-1",
  organizationName: "First",
  ...more,
});
const nobody = { accountUuid: null, email: null, organizationUuid: null, organizationName: null };

/** Identifies and keeps, as a sign-in does. */
function signIn(store: AccountStore, more: Partial<TokenReply>, typed: string | null = null, at = NOW) {
  const identified = identify(store, reply(more), typed, ["asked"], at);
  if (identified === null) throw new Error("nobody was named");
  if (identified.replaces !== null) store.remove(identified.replaces.id);
  store.save(identified.account);
  return identified;
}

describe("the name", () => {
  test("the server's word wins over what was typed; that stays an alias", () => {
    const store = createAccountStore();
    const { account, differs } = signIn(store, {}, "typed@example.com");
    expect([account.name, account.email, account.aliases, differs]).toEqual([
      "me@example.com",
      "me@example.com",
      ["typed@example.com"],
      true,
    ]);
    expect(store.find("TYPED@example.com")).toBe(account);
  });

  test("the same email in other letters is no difference", () => {
    const { account, differs } = signIn(createAccountStore(), {}, "ME@Example.com");
    expect([account.aliases, differs]).toEqual([[], false]);
  });

  test("without identity what was typed is the name; without that there is none", () => {
    const store = createAccountStore();
    expect(identify(store, reply(nobody), null, [], NOW)).toBeNull();
    const { account, differs } = signIn(store, nobody, "me@example.com");
    expect([account.name, account.accountUuid, differs]).toEqual(["me@example.com", null, false]);
  });

  test("an account uuid without an email needs what was typed, and still is the key", () => {
    const store = createAccountStore();
    expect(identify(store, reply({ email: null }), null, [], NOW)).toBeNull();
    const first = signIn(store, { email: null }, "me@example.com");
    const second = signIn(store, {}, null);
    expect(second.account.id).toBe(first.account.id);
    expect(store.all().length).toBe(1);
  });

  test("a second organization under one email says which", () => {
    const store = createAccountStore();
    signIn(store, {});
    const second = signIn(store, { organizationUuid: "org-2", organizationName: "Second" });
    const third = signIn(store, { organizationUuid: "org-3333333333", organizationName: null });
    expect(store.all().map(({ name }) => name)).toEqual([
      "me@example.com",
      "me@example.com (Second)",
      "me@example.com (org-3333)",
    ]);
    expect(new Set(store.all().map(({ id }) => id)).size).toBe(3);
    expect(store.find("me@example.com (second)")).toBe(second.account);
    expect(store.find("me@example.com")?.organizationUuid).toBe("org-1");
    // And it keeps that name at its next sign-in.
    expect(signIn(store, { organizationUuid: "org-3333333333", organizationName: null }).account.name).toBe(
      third.account.name,
    );
  });

  test("two organizations of one name are still two names", () => {
    const store = createAccountStore();
    for (const organizationUuid of ["org-1", "org-2", "org-3"])
      signIn(store, { organizationUuid, organizationName: "Same" });
    expect(new Set(store.all().map(({ name }) => name)).size).toBe(3);
  });
});

describe("a second sign-in", () => {
  test("of the same identity replaces the tokens and keeps id, name, aliases and the first sign-in", () => {
    const store = createAccountStore();
    const first = signIn(store, {}, "typed@example.com").account;
    const second = signIn(store, { access: new Secret("new") }, null, NOW + 60_000).account;
    expect(store.all()).toEqual([second]);
    expect([second.id, second.name, second.aliases, second.createdAt]).toEqual([
      first.id,
      first.name,
      ["typed@example.com"],
      NOW / 1000,
    ]);
    expect(second.tokens.access.reveal()).toBe("new");
    expect(second.tokens.obtainedAt).toBe(NOW + 60_000);
  });

  test("that names the person at last takes the place of the one that did not", () => {
    const store = createAccountStore();
    const unnamed = signIn(store, nobody, "ME@example.com").account;
    const { replaces, account } = signIn(store, {}, null, NOW + 1_000);
    expect(replaces).toBe(unnamed);
    expect(account.id).not.toBe(unnamed.id);
    expect(account.createdAt).toBe(unnamed.createdAt);
    expect(store.all()).toEqual([account]);
  });

  test("under a changed email stays the same account under the new name", () => {
    const store = createAccountStore();
    const before = signIn(store, {}).account;
    const after = signIn(store, { email: "new@example.com" }).account;
    expect([after.id, after.name]).toEqual([before.id, "new@example.com"]);
  });
});

test("what a reply leaves out stays as it was", () => {
  const old = {
    access: new Secret("a"),
    refresh: new Secret("old"),
    expiresAt: 1,
    obtainedAt: 1,
    scopes: ["old:scope"],
  };
  const kept = toTokens(reply({ refresh: null, scopes: null }), old, ["asked"], NOW);
  expect([kept.refresh?.reveal(), kept.scopes, kept.expiresAt - NOW]).toEqual(["old", ["old:scope"], 28_800_000]);
  const first = toTokens(reply({ refresh: null, scopes: null }), null, ["asked"], NOW);
  expect([first.refresh, first.scopes]).toEqual([null, ["asked"]]);
});

test("ids are short, opaque and stable", () => {
  const one = signIn(createAccountStore(), {}).account.id;
  expect(one).toMatch(/^[0-9a-f]{12}$/);
  expect(signIn(createAccountStore(), {}).account.id).toBe(one);
  expect(signIn(createAccountStore(), { organizationUuid: "org-2" }).account.id).not.toBe(one);
});

test("any identity that the server may send survives the vault", () => {
  const name = fc.option(fc.string({ minLength: 1, maxLength: 200 }), { nil: null });
  const email = fc.emailAddress();
  fc.assert(
    fc.property(
      email,
      name,
      name,
      fc.option(email, { nil: null }),
      fc.double({ min: 0, max: 3e8, noNaN: true }),
      (address, uuid, organization, typed, expiresIn) => {
        const identified = identify(
          createAccountStore(),
          reply({ email: address, accountUuid: uuid, organizationName: organization, expiresIn }),
          typed,
          [],
          NOW,
        );
        if (identified === null) throw new Error("nobody was named");
        const back = parseEntry(toEntry(identified.account));
        expect(back).toEqual(identified.account);
      },
    ),
  );
});
