// A provider's accounts, its weight and its extra usage: what they become, and what is said about slips.
import { describe, expect, test } from "bun:test";

import { accept, complaints, OFFICIAL, provider, table } from "./_parse.ts";

const accounts = (list: string): string => provider(`${OFFICIAL}, auth_value: oauth, accounts: ${list}`);

describe("accounts", () => {
  test("texts and sections, in their order; null is as the provider's own", () => {
    const list =
      "[me@example.com, {email: you@example.com}, {email: Us (Team), priority: 0, weight: 0.5, reserve_percent: 12.5}]";
    expect(accept(accounts(list)).providers[0]?.accounts).toEqual([
      { email: "me@example.com", priority: null, weight: null, reserve_percent: 0 },
      { email: "you@example.com", priority: null, weight: null, reserve_percent: 0 },
      { email: "Us (Team)", priority: 0, weight: 0.5, reserve_percent: 12.5 },
    ]);
  });

  test("variables stand for emails and numbers", () => {
    const text = `providers:\n  - name: A\n    base_url: https://api.anthropic.com\n    auth_value: oauth\n    accounts:\n      - \${ME}\n      - email: \${YOU}\n        reserve_percent: \${PERCENT}\n`;
    const config = accept(text, { ME: "me@example.com", YOU: "you@example.com", PERCENT: "20" });
    expect(config.providers[0]?.accounts?.map(({ email, reserve_percent }) => [email, reserve_percent])).toEqual([
      ["me@example.com", 0],
      ["you@example.com", 20],
    ]);
    expect(complaints(text, { ME: "m", YOU: "y", PERCENT: "200" })).toEqual([
      "8:26: error: providers[0].accounts[1].reserve_percent: must be a number from 0 to 100",
    ]);
  });
});

table("slips in accounts", [
  [
    "a mistyped key",
    accounts("[{mail: x}]"),
    "2:82: error: providers[0].accounts[0].email: this key is missing",
    '2:83: error: providers[0].accounts[0].mail: unknown key; did you mean "email"?',
  ],
  [
    "too much in reserve",
    accounts("[a, {email: x, reserve_percent: 200}]"),
    "2:113: error: providers[0].accounts[1].reserve_percent: must be a number from 0 to 100",
  ],
  [
    "everything at once",
    accounts("[{email: x, priority: 1.5, weight: 0}, 7, {email: X}]"),
    "2:103: error: providers[0].accounts[0].priority: must be a whole number from 0 to",
    "2:116: error: providers[0].accounts[0].weight: must be a number greater than 0",
    "2:120: error: providers[0].accounts[1]: must be an account's email",
    "2:131: error: providers[0].accounts[2].email: this account stands in the list already",
  ],
  ["a list in the list", accounts("[[a]]"), "2:82: error: providers[0].accounts[0]: must be an account's email"],
  ["an empty entry", accounts("[a, ~]"), "2:85: error: providers[0].accounts[1]: must be an account's email"],
  ["an empty email", accounts('[""]'), "2:82: error: providers[0].accounts[0]: must be text of 1 to 200"],
  [
    "an empty key",
    accounts("[{email: a, weight: }]"),
    "2:101: error: providers[0].accounts[0].weight: is empty; give a number greater than 0",
  ],
  ["the same text twice", accounts("[a@b.c, A@B.C]"), "2:89: error: providers[0].accounts[1]: this account stands"],
  [
    "a section in place of the list",
    accounts("{email: a}"),
    "2:81: error: providers[0].accounts: must be a list of 1 to 1000",
  ],
  [
    "a key of the account beside it",
    provider(`${OFFICIAL}, auth_value: oauth, reserve_percent: 5`),
    '2:71: error: providers[0].reserve_percent: unknown key here; it belongs to "providers[].accounts[].reserve_percent"',
  ],
]);

test("weight and extra usage", () => {
  const config = accept(provider(`${OFFICIAL}, auth_value: oauth, weight: 2.5, extra_usage: never`));
  expect(config.warnings).toEqual([]);
  expect(config.providers[0]).toMatchObject({ weight: 2.5, extra_usage: "never" });
});

table("slips in weight and extra usage", [
  ["a weight of nothing", provider(`${OFFICIAL}, auth_value: oauth, weight: 0`), "2:79: error: providers[0].weight:"],
  [
    "another word",
    provider(`${OFFICIAL}, auth_value: oauth, extra_usage: always`),
    "2:84: error: providers[0].extra_usage: must be one of: last, never, allow",
  ],
]);
