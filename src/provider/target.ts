// A target is a provider with the credential that signs: what requests are spread over.
import type { Account } from "../account/account.ts";
import type { AccountRule, Provider } from "../config/config.ts";

/** What may be told of a target: it holds on to no account and its tokens. */
interface ShownTarget {
  readonly provider: string;
  /** Opaque; null: it is no account. */
  readonly account: string | null;
  readonly kind: "account" | "key" | "client";
}

/** What every target has; the choice is made from it. */
interface Common {
  /** Unique, and the same after a restart or a reload: `provider/account id`. */
  readonly id: string;
  /** The id whoever's credential it is tried with: a client's own makes an id of its own (balance/fleet.ts). */
  readonly plainId: string;
  readonly shown: ShownTarget;
  readonly provider: Provider;
  readonly providerName: string;
  /** Lower is tried first. */
  readonly priority: number;
  /** Share among equals. */
  readonly weight: number;
  /** This much of each window is left to the owner. */
  readonly reservePercent: number;
  readonly extraUsage: Provider["extra_usage"];
  readonly claudeTokensAllowed: boolean;
  /** The model that it is asked for in place of the request's; null: the request's own. */
  readonly model: string | null;
}

export type Target = Common &
  ({ readonly kind: "account"; readonly account: Account } | { readonly kind: "key" } | { readonly kind: "client" });

/** The first rule that names the account; null: it does not serve here; undefined: all accounts do. */
function ruleOf(provider: Provider, account: Account): AccountRule | null | undefined {
  if (provider.accounts === null) return undefined;
  // Not the aliases: what somebody once typed at a sign-in must not widen who serves.
  const names = [account.name, account.email].map((name) => name.toLowerCase());
  return provider.accounts.find(({ email }) => names.includes(email.toLowerCase())) ?? null;
}

function common(provider: Provider, kind: Target["kind"], account: string | null): Common {
  const id = `${provider.name}/${account ?? kind}`;
  return {
    id,
    plainId: id,
    shown: { provider: provider.name, account, kind },
    provider,
    providerName: provider.name,
    priority: provider.priority,
    weight: provider.weight,
    reservePercent: 0,
    extraUsage: provider.extra_usage,
    claudeTokensAllowed: provider.claudeTokensAllowed,
    model: null,
  };
}

function ofAccount(provider: Provider, account: Account): readonly Target[] {
  const rule = ruleOf(provider, account);
  if (rule === null) return [];
  const base = common(provider, "account", account.id);
  return [
    {
      ...base,
      kind: "account",
      account,
      priority: rule?.priority ?? base.priority,
      weight: rule?.weight ?? base.weight,
      reservePercent: rule?.reserve_percent ?? 0,
    },
  ];
}

/** Every target of the providers, disabled ones too, in the order of the file and of the sign-ins. */
export function targetsOf(providers: readonly Provider[], accounts: readonly Account[]): readonly Target[] {
  return providers.flatMap((provider): readonly Target[] => {
    switch (provider.credential.kind) {
      case "oauth":
        return accounts.flatMap((account) => ofAccount(provider, account));
      case "key":
        return [{ ...common(provider, "key", null), kind: "key" }];
      case "passthrough":
        return [{ ...common(provider, "client", null), kind: "client" }];
    }
  });
}
