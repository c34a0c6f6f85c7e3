// The accounts that are signed in, and the way to sign in another.
import { useState } from "preact/hooks";
import { AccountCard } from "./account-card.tsx";
import { Icon } from "./icon.tsx";
import { Section } from "./section.tsx";
import { SignInDialog } from "./sign-in-dialog.tsx";
import { useStore } from "./state.ts";
import type { Provider } from "./state.ts";
import { useNow, useTools } from "./tools.ts";

const NONE: readonly Provider[] = [];

export function Accounts() {
  const { store, words } = useTools();
  const { page } = words;
  const accounts = useStore(store, ({ status }) => status?.tokens ?? null);
  const providers = useStore(store, ({ providers }) => providers ?? NONE);
  const now = useNow(5_000);
  const [signingIn, setSigningIn] = useState(false);
  const targets = providers.flatMap((provider) => provider.targets);
  const begin = (): void => setSigningIn(true);
  const button = (
    <button type="button" class="button primary" onClick={begin}>
      <Icon name="plus" />
      {page.signIn}
    </button>
  );
  return (
    <Section title={page.accounts} count={accounts?.length ?? null} actions={button}>
      {accounts === null && <p class="empty">{page.loading}</p>}
      {accounts?.length === 0 && (
        <div class="card empty">
          <p>
            <strong>{page.noAccounts}</strong>
          </p>
          <p>{page.noAccountsText}</p>
        </div>
      )}
      <ul class="cards">
        {accounts?.map((account) => (
          <AccountCard
            key={account.account_id}
            account={account}
            targets={targets.filter((target) => target.account === account.account_id)}
            now={now}
            onSignIn={begin}
          />
        ))}
      </ul>
      {signingIn && <SignInDialog onClose={() => setSigningIn(false)} />}
    </Section>
  );
}
