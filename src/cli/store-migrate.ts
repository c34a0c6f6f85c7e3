// ccb store migrate: accounts from the keyring into sealed files, or back.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { moveAccounts } from "../account/move.ts";
import type { MoveResult } from "../account/move.ts";
import type { Flags } from "../config/overrides.ts";
import { CcbError, codeOf } from "../core/errors.ts";
import { resolveLanguage, wordsOf } from "../core/language.ts";
import type { Log } from "../core/ports.ts";
import type { Words } from "../core/words/en.ts";
import type { WorkerLike } from "../vault/keyring.ts";
import { acquireStoreLock } from "../vault/lock.ts";
import type { StoreLock } from "../vault/lock.ts";
import { VaultError } from "../vault/vault.ts";
import type { Vault } from "../vault/vault.ts";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE, loadForCommand } from "./configuration.ts";
import * as runtime from "./runtime.ts";
import { createScreen } from "./shown.ts";
import { openStore, storePlace } from "./store.ts";

type Kind = "keyring" | "file";

const SILENT: Log = { debug: () => {}, info: () => {}, warning: () => {}, error: () => {} };

const KindSchema = Type.Union([Type.Literal("keyring"), Type.Literal("file")]);
/** What `--json` prints. `unreachable`: one of the two cannot be used, or another ccb holds them. */
export const StoreMigrateReportSchema = Type.Object({
  from: KindSchema,
  to: KindSchema,
  outcome: Type.Union(
    (["moved", "nothing", "unread", "differs", "left_behind", "unreachable"] as const).map((name) =>
      Type.Literal(name),
    ),
  ),
  accounts: Type.Integer({ description: "Accounts that the other store has now." }),
  unread: Type.Array(Type.String(), { description: "Entries that could not be read." }),
});
type MigrateReport = Static<typeof StoreMigrateReportSchema>;

/** A vault whose faults say which of the two it was. */
class SideError extends Error {
  readonly kind: Kind;
  override readonly cause: VaultError;

  constructor(kind: Kind, cause: VaultError) {
    super(cause.message);
    this.kind = kind;
    this.cause = cause;
  }
}

function named(kind: Kind, vault: Vault): Vault {
  const mark = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      // One entry's own fault is for the reader to weigh; the rest is this vault's.
      const own = new Set(["ambiguous", "damaged", "newer"]);
      throw error instanceof VaultError && !own.has(error.fault) ? new SideError(kind, error) : error;
    }
  };
  return {
    backend: vault.backend,
    get: (name) => mark(vault.get(name)),
    set: (name, value) => mark(vault.set(name, value)),
    delete: (name) => mark(vault.delete(name)),
    list: () => mark(vault.list()),
    probe: () => mark(vault.probe()),
    close: () => vault.close(),
  };
}

function conclude(result: MoveResult, from: Kind, to: Kind, words: Words): { text: string; code: number } {
  switch (result.outcome) {
    case "nothing":
      return { text: words.store.nothing({ kind: from }), code: EXIT_OK };
    case "unread":
      return { text: words.store.unread({ entries: result.entries }), code: EXIT_FAILURE };
    case "differs":
      return { text: words.store.differs({ kind: to, entry: result.entry }), code: EXIT_FAILURE };
    case "moved":
      return { text: words.store.moved({ accounts: result.accounts, to }), code: EXIT_OK };
    case "left_behind": {
      const reason = result.cause instanceof Error ? result.cause.message : codeOf(result.cause);
      const moved = words.store.moved({ accounts: result.accounts, to });
      return { text: `${moved}\n${words.store.leftBehind({ kind: from, reason })}`, code: EXIT_FAILURE };
    }
  }
}

/** Moves the accounts while no ccb uses them. Resolves the exit code. */
export async function storeMigrate(
  flags: Flags,
  { from, to, json }: { readonly from: string | undefined; readonly to: string | undefined; readonly json: boolean },
  spawn: () => WorkerLike,
): Promise<number> {
  const config = await loadForCommand(flags);
  if (config === null) return EXIT_USAGE;
  const words = wordsOf(resolveLanguage(config.settings.language, runtime.locale()));
  const end = (text: string, code: number, report: Partial<MigrateReport> = {}): number => {
    if (code !== EXIT_OK) runtime.writeError(`${text}\n`);
    else if (!json) runtime.writeOutput(`${text}\n`);
    const document = { from, to, outcome: "unreachable", accounts: 0, unread: [], ...report };
    if (json && code !== EXIT_USAGE) createScreen(runtime.writeOutput, false).json(document);
    return code;
  };
  const kinds: readonly Kind[] = ["keyring", "file"];
  const [source, target] = [kinds.find((kind) => kind === from), kinds.find((kind) => kind === to)];
  if (source === undefined || target === undefined || source === target) {
    return end(words.store.whichStores, EXIT_USAGE);
  }

  const place = storePlace(config);
  const report = (event: string, detail: string): void => runtime.writeError(`${event}: ${detail}\n`);
  const side = (kind: Kind) => {
    const { vault, journal } = openStore(kind, place, spawn, report);
    if (vault === null) throw new Error("a store that keeps has a vault");
    return { vault: named(kind, vault), journal };
  };
  const [left, right] = [side(source), side(target)];
  let lock: StoreLock | null = null;
  try {
    const holder = { pid: runtime.pid, address: "ccb store migrate" };
    lock = acquireStoreLock({ directory: place.directory, service: place.service, holder });
    const result = await moveAccounts(left, right, SILENT);
    const { text, code } = conclude(result, source, target, words);
    return end(text, code, {
      outcome: result.outcome,
      ...("accounts" in result ? { accounts: result.accounts } : {}),
      ...("entries" in result ? { unread: [...result.entries] } : {}),
    });
  } catch (error) {
    if (error instanceof CcbError) return end(error.say(words), EXIT_FAILURE);
    if (error instanceof VaultError) return end(error.say(words), EXIT_FAILURE);
    if (!(error instanceof SideError)) throw error;
    const { fault, say } = error.cause;
    const said = { kind: error.kind, why: words.vault.why[fault], detail: say(words), mend: words.vault.mend[fault] };
    return end(words.store.unreachable(said), EXIT_FAILURE);
  } finally {
    left.vault.close();
    right.vault.close();
    lock?.release();
  }
}
