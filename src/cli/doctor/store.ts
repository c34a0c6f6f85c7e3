// Whether accounts are kept: a test entry of the doctor's own is written, read back and removed; and who has the store.
import { readVault, toDamagedEntry } from "../../account/read-vault.ts";
import type { DamagedEntry } from "../../account/read-vault.ts";
import { entryName, isAccountEntry } from "../../account/recovery.ts";
import { CcbError } from "../../core/errors.ts";
import type { Log } from "../../core/ports.ts";
import { describeDamage } from "../../http/persistence-status.ts";
import type { WorkerLike } from "../../vault/keyring.ts";
import { acquireStoreLock } from "../../vault/lock.ts";
import type { StoreLock } from "../../vault/lock.ts";
import { saidFault } from "../../vault/said.ts";
import { VaultError } from "../../vault/vault.ts";
import type { Vault } from "../../vault/vault.ts";
import * as runtime from "../runtime.ts";
import { openStore, storePlace } from "../store.ts";
import { bounded, CHECK_MS } from "./bounded.ts";
import type { Context } from "./context.ts";
import { found } from "./report.ts";
import type { Finding } from "./report.ts";
import type { Answer } from "./server.ts";

/** Not the server's own: it may be at work with that one. */
const ENTRY = "doctor-probe";
const SILENT: Log = { debug: () => {}, info: () => {}, warning: () => {}, error: () => {} };

async function prove(vault: Vault): Promise<VaultError | null> {
  // Fresh each time: a value from an earlier run proves nothing.
  const value = runtime.realRandom.bytes(16).toHex();
  try {
    await vault.set(ENTRY, value);
    const back = await vault.get(ENTRY);
    await vault.delete(ENTRY);
    const left = await vault.get(ENTRY);
    return back === value && left === null ? null : saidFault("failed", (words) => words.vault.detail.otherValue);
  } catch (error) {
    if (error instanceof VaultError) return error;
    throw error;
  }
}

/** What is stored and cannot be read. It looks and changes nothing: what is damaged is the server's to set aside. */
async function unreadable({ vault, setAsideOf }: ReturnType<typeof openStore>): Promise<readonly DamagedEntry[]> {
  if (vault === null) return [];
  const damaged: DamagedEntry[] = [];
  const report = (entry: string, damage: DamagedEntry["damage"]): void =>
    void damaged.push(toDamagedEntry(entry, damage, setAsideOf));
  const shown = { ...vault, set: () => Promise.resolve() };
  const { unread } = await readVault(shown, null, { log: SILENT, reportDamage: report, isRemoved: () => false });
  for (const [id, damage] of unread) report(entryName(id), damage);
  return damaged;
}

const damageFinding = (entry: string, text: string, advice: string): Finding =>
  found("store", isAccountEntry(entry) ? "problem" : "warning", text, advice);

async function tryStore(
  kind: "keyring" | "file",
  { config, words, clock }: Context,
  spawn: () => WorkerLike,
): Promise<readonly Finding[]> {
  const { doctor, vault: said } = words;
  const opened = openStore(kind, storePlace(config), spawn, () => {}, true);
  const { vault } = opened;
  if (vault === null) return [found("store", "ok", doctor.lockNone)];
  const failed = ({ fault, say }: VaultError): Finding =>
    // Without a keyring ccb works, from memory.
    found(
      "store",
      fault === "absent" ? "warning" : "problem",
      doctor.storeFails({ why: said.why[fault], detail: say(words) }),
      said.mend[fault],
    );
  const silent = new VaultError("silent", "5 s");
  try {
    const fault = await bounded(clock, CHECK_MS, prove(vault), silent);
    if (fault !== null) return [failed(fault)];
    const damaged = await bounded(clock, CHECK_MS, unreadable(opened), silent);
    if (damaged instanceof VaultError) return [failed(damaged)];
    const findings = damaged.map((one) => {
      const { text, advice } = describeDamage(one, words);
      return damageFinding(one.entry, text, advice);
    });
    return [found("store", "ok", doctor.storeWorks({ kind })), ...findings];
  } catch (error) {
    if (error instanceof VaultError) return [failed(error)];
    throw error;
  } finally {
    vault.close();
  }
}

/** What the running ccb says of its store; null: nothing. */
function wordOfServer({ words }: Context, answer: Answer): readonly Finding[] | null {
  const persistence = answer.kind === "ccb" ? answer.health?.persistence : undefined;
  if (persistence === undefined) return null;
  const { durable, unreadable: damaged = [] } = persistence;
  const text = words.doctor.storeServer({ detail: persistence.detail });
  if (!durable) return [found("store", "warning", text, words.doctor.storeServerMend)];
  if (damaged.length === 0) return [found("store", "ok", text)];
  return damaged.map((one) => damageFinding(one.entry, words.doctor.storeServer({ detail: one.text }), one.advice));
}

/** Takes the store for a moment; the lock, or why it is not to be had. */
function tryLock({ config }: Context): StoreLock | CcbError {
  const { directory, service } = storePlace(config);
  try {
    return acquireStoreLock({ directory, service, holder: { pid: runtime.pid, address: "ccb doctor" } });
  } catch (error) {
    if (error instanceof CcbError) return error;
    throw error;
  }
}

/** Whether accounts are durable, and whether another ccb uses them. */
export async function checkStore(
  context: Context,
  asked: Promise<Answer>,
  spawn: () => WorkerLike,
): Promise<readonly Finding[]> {
  const { words, config } = context;
  const { doctor } = words;
  const { enable_persistence, store } = config.settings.oauth;
  if (!enable_persistence || store === "memory")
    return [
      found("store", "warning", doctor.storeMemory, doctor.storeMemoryMend),
      found("other_ccb", "ok", doctor.lockNone),
    ];
  const lock = tryLock(context);
  if (!(lock instanceof CcbError)) {
    // Entries of the keyring are apart from each other; only the folder of sealed files is its holder's alone.
    if (store === "keyring") lock.release();
    try {
      const [tried, answer] = await Promise.all([tryStore(store, context, spawn), asked]);
      // A server that answers and does not have this store keeps its accounts elsewhere, as a service of the system does.
      return [...(wordOfServer(context, answer) ?? tried), found("other_ccb", "ok", doctor.lockFree)];
    } finally {
      lock.release();
    }
  }
  const [tried, answer] = await Promise.all([store === "keyring" ? tryStore(store, context, spawn) : null, asked]);
  const ours = answer.kind === "ccb" && lock.code === "store_held";
  const said = ours ? wordOfServer(context, answer) : null;
  const unknown = ours
    ? found("store", "warning", doctor.storeAsk, doctor.storeAskMend)
    : found("store", "warning", doctor.storeHeldElsewhere, doctor.storeHeldElsewhereMend);
  // Of what cannot be read the server's own word is enough.
  const tests = said === null ? tried : tried?.slice(0, 1);
  const kept = [...(tests ?? []), ...(said ?? [])];
  return [
    ...(kept.length === 0 ? [unknown] : kept),
    ours ? found("other_ccb", "ok", doctor.lockOurs) : found("other_ccb", "problem", lock.say(words)),
  ];
}
