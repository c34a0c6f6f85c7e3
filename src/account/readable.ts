// Whether the accounts are known: while a keyring is there and closed, "none" and "unknown" would be lies.
import { CcbError } from "../core/errors.ts";
import type { Persistence } from "./persistence.ts";

/** How long a request waits for a keyring that is there but has not been read, milliseconds (design.md, OAuth). */
const KEYRING_WAIT_MS = 5_000;
const RETRY_SECONDS = 5;

/** Waits for the accounts, at most 5 s. Rejects with `keyring_unreadable` where they are still behind a closed keyring. */
export async function assertReadable(persistence: Persistence): Promise<void> {
  await persistence.settled(KEYRING_WAIT_MS);
  const status = persistence.status();
  if (status === null || status.phase === "open" || status.phase === "absent") return;
  // One that has not answered yet is most likely asking its owner.
  const fault = status.fault ?? "silent";
  throw new CcbError(
    "keyring_unreadable",
    (words) => {
      const said = { why: words.vault.why[fault], mend: words.vault.mend[fault] };
      return persistence.backend === "file" ? words.store.unreadable(said) : words.relay.keyringUnreadable(said);
    },
    { retryAfterSeconds: RETRY_SECONDS },
  );
}
