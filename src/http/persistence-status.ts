// How /health and /oauth/status say where tokens are kept, whether that lasts, and what to do if not.
import type { Static } from "@sinclair/typebox";
import type { Persistence } from "../account/persistence.ts";
import type { Words } from "../core/words/en.ts";
import type { PersistenceSchema } from "./oauth-schemas.ts";

export type PersistenceStatus = Static<typeof PersistenceSchema>;

/** The state of the persistence in the reader's words. */
export function toPersistenceStatus(persistence: Persistence, words: Words): PersistenceStatus {
  const status = persistence.status();
  if (status === null) return { backend: "memory", durable: false, detail: words.login.persistenceOff };
  const unreadable = persistence.damaged().map(({ entry, damage }) => words.cli.damagedEntry({ entry, damage }));
  const { backend } = persistence;
  const detail = [detailOf(status, backend, words), ...unreadable].join(" ");
  return { backend, durable: status.durable, detail };
}

function detailOf(
  { phase, fault }: NonNullable<ReturnType<Persistence["status"]>>,
  backend: Persistence["backend"],
  words: Words,
): string {
  if (fault !== null) return words.login.notDurable({ why: words.vault.why[fault], mend: words.vault.mend[fault] });
  if (phase === "opening") return words.vault.waiting;
  return backend === "file" ? words.store.kept : words.cli.kept;
}
