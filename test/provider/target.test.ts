// The targets of a configuration: every provider with each credential that may sign for it.
import { expect, test } from "bun:test";
import { targetsOf } from "../../src/provider/target.ts";
import { account } from "../relay/_targets.ts";
import { accept } from "../config/_parse.ts";

const providers = accept(`
providers:
  - {name: Accounts, base_url: https://api.anthropic.com, auth_value: oauth}
  - {name: Chosen, base_url: https://api.anthropic.com, auth_value: oauth, accounts: [B@example.com, "the third"]}
  - {name: Key, base_url: https://api.anthropic.com, auth_type: api_key, auth_value: sk-ant-api03-0123456789}
  - {name: Client, base_url: https://api.anthropic.com, auth_value: passthrough}
  - {name: Off, base_url: https://api.anthropic.com, auth_value: passthrough, enabled: false}
`).providers;

const named = (list: ReturnType<typeof targetsOf>): string[] =>
  list.map(
    (target) => `${target.provider.name}/${target.kind}${target.kind === "account" ? `/${target.account.id}` : ""}`,
  );

test("without accounts, keys and passthrough serve", () => {
  expect(named(targetsOf(providers, []))).toEqual(["Key/key", "Client/client", "Off/client"]);
});

test("each account counts as one, in order; `accounts` chooses by name or email, whatever the case, and never by what was once typed", () => {
  const accounts = [
    account("1", { email: "a@example.com", name: "a@example.com" }),
    account("2", { email: "b@example.com", name: "b@example.com (Org)" }),
    account("3", { email: "c@example.com", name: "c@example.com", aliases: ["The Third"] }),
  ];
  expect(named(targetsOf(providers, accounts))).toEqual([
    "Accounts/account/1",
    "Accounts/account/2",
    "Accounts/account/3",
    "Chosen/account/2",
    "Key/key",
    "Client/client",
    "Off/client",
  ]);
});
