// How /health and /oauth/status say where tokens are kept, whether that lasts, and what to do if not.
import type { Static } from "@sinclair/typebox";
import type { Persistence } from "../account/persistence.ts";
import type { DamagedEntry } from "../account/read-vault.ts";
import { isAccountEntry } from "../account/recovery.ts";
import type { Words } from "../core/words/en.ts";
import type { PersistenceSchema } from "./oauth-schemas.ts";

export type PersistenceStatus = Static<typeof PersistenceSchema>;

/** The state of the persistence in the reader's words. */
export function toPersistenceStatus(persistence: Persistence, words: Words): PersistenceStatus {
  const status = persistence.status();
  if (status === null) return { backend: "memory", durable: false, detail: words.login.persistenceOff };
  const unreadable = persistence.damaged().map((damaged) => ({ ...damaged, ...describeDamage(damaged, words) }));
  const { backend } = persistence;
  const said = unreadable.flatMap(({ text, advice }) => [text, advice]);
  const detail = [detailOf(status, backend, words), ...said].join(" ");
  return { backend, durable: status.durable, detail, ...(unreadable.length === 0 ? {} : { unreadable }) };
}

/** What is wrong with something stored, and what to do. */
export function describeDamage(
  damaged: DamagedEntry,
  words: Words,
): { readonly text: string; readonly advice: string } {
  const { entry, damage } = damaged;
  return { text: words.cli.damagedEntry(damaged), advice: mendOf(entry, damage, words) };
}

function mendOf(entry: string, damage: DamagedEntry["damage"], words: Words): string {
  switch (damage) {
    case "corrupt":
    case "missing":
      return isAccountEntry(entry) ? words.cli.damagedAccountMend : words.cli.damagedMend;
    case "future":
      return words.vault.mend.newer;
    case "ambiguous":
    case "wrong_key":
    case "foreign":
      return words.vault.mend[damage];
  }
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
