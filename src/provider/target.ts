// A target is a provider with the credential that signs: what requests are spread over.
import type { Account } from "../account/account.ts";
import type { Provider } from "../config/config.ts";

export type Target =
  | { readonly kind: "account"; readonly provider: Provider; readonly account: Account }
  | { readonly kind: "key"; readonly provider: Provider }
  | { readonly kind: "client"; readonly provider: Provider };

function serves(provider: Provider, account: Account): boolean {
  if (provider.accounts === null) return true;
  // Not the aliases: what somebody once typed at a sign-in must not widen who serves.
  const names = [account.name, account.email].map((name) => name.toLowerCase());
  return provider.accounts.some((wanted) => names.includes(wanted.toLowerCase()));
}

/** Every target of the enabled providers, in the order of the file and of the sign-ins. */
export function targetsOf(providers: readonly Provider[], accounts: readonly Account[]): readonly Target[] {
  return providers
    .filter((provider) => provider.enabled)
    .flatMap((provider): Target[] => {
      switch (provider.credential.kind) {
        case "oauth":
          return accounts
            .filter((account) => serves(provider, account))
            .map((account) => ({ kind: "account", provider, account }));
        case "key":
          return [{ kind: "key", provider }];
        case "passthrough":
          return [{ kind: "client", provider }];
      }
    });
}
