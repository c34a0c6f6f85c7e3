// A target is a provider with the credential that signs: what requests are spread over.
import type { Account } from "../account/account.ts";
import type { AccountRule, Provider } from "../config/config.ts";

/** What every target has; the choice is made from it. */
interface Common {
  /** Unique, and the same after a restart or a reload: `provider/account id`. */
  readonly id: string;
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

const idOf = (provider: Provider, of: string): string => `${provider.name}/${of}`;

/** The id of a target whoever's credential it is tried with: a client's own makes one of its own (balance/fleet.ts). */
export const plainId = (target: Target): string =>
  idOf(target.provider, target.kind === "account" ? target.account.id : target.kind);

function common(provider: Provider, of: string): Common {
  return {
    id: idOf(provider, of),
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
  const base = common(provider, account.id);
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
        return [{ ...common(provider, "key"), kind: "key" }];
      case "passthrough":
        return [{ ...common(provider, "client"), kind: "client" }];
    }
  });
}
