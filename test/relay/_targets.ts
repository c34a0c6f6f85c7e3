// Accounts and targets made up for tests of pure decisions.
import type { Account } from "../../src/account/account.ts";
import type { Provider } from "../../src/config/config.ts";
import { Secret } from "../../src/core/secret.ts";
import { accept } from "../config/_parse.ts";

export function account(id: string, more: Partial<Account> = {}): Account {
  return {
    id,
    name: `${id}@example.com`,
    email: `${id}@example.com`,
    aliases: [],
    accountUuid: null,
    organizationUuid: null,
    organizationName: null,
    tokens: {
      access: new Secret(`access-${id}`),
      refresh: null,
      expiresAt: Number.MAX_SAFE_INTEGER,
      obtainedAt: 0,
      scopes: [],
    },
    createdAt: 0,
    ...more,
  };
}

/** A provider of the given lines of YAML. */
export function provider(fields: string): Provider {
  const [first] = accept(
    `providers:\n  - {name: P, base_url: "https://api.anthropic.com", auth_value: oauth, ${fields}}\n`,
  ).providers;
  if (first === undefined) throw new Error("no provider");
  return first;
}
