// Whether accounts are kept: a test entry of the doctor's own is written, read back and removed; and who has the store.
import { CcbError } from "../../core/errors.ts";
import type { WorkerLike } from "../../vault/keyring.ts";
import { acquireStoreLock } from "../../vault/lock.ts";
import type { StoreLock } from "../../vault/lock.ts";
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

async function prove(vault: Vault): Promise<VaultError | null> {
  // Fresh each time: a value from an earlier run proves nothing.
  const value = runtime.realRandom.bytes(16).toHex();
  try {
    await vault.set(ENTRY, value);
    const back = await vault.get(ENTRY);
    await vault.delete(ENTRY);
    const left = await vault.get(ENTRY);
    return back === value && left === null ? null : new VaultError("failed", "it gave back another value");
  } catch (error) {
    if (error instanceof VaultError) return error;
    throw error;
  }
}

async function tryStore(
  kind: "keyring" | "file",
  { config, words, clock }: Context,
  spawn: () => WorkerLike,
): Promise<Finding> {
  const { doctor, vault: said } = words;
  const { vault } = openStore(kind, storePlace(config), spawn, () => {});
  if (vault === null) return found("store", "ok", doctor.lockNone);
  const silent = new VaultError("silent", "5 s");
  const fault = await bounded(clock, CHECK_MS, prove(vault), silent);
  vault.close();
  if (fault === null) return found("store", "ok", doctor.storeWorks({ kind }));
  const { fault: why, message } = fault;
  // Without a keyring ccb works, from memory.
  const level = why === "absent" ? "warning" : "problem";
  return found("store", level, doctor.storeFails({ why: said.why[why], detail: message }), said.mend[why]);
}

/** What the running ccb says of its store; null: nothing. */
function wordOfServer({ words }: Context, answer: Answer): Finding | null {
  const persistence = answer.kind === "ccb" ? answer.health?.persistence : undefined;
  if (persistence === undefined) return null;
  const text = words.doctor.storeServer({ detail: persistence.detail });
  return persistence.durable
    ? found("store", "ok", text)
    : found("store", "warning", text, words.doctor.storeServerMend);
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
      return [wordOfServer(context, answer) ?? tried, found("other_ccb", "ok", doctor.lockFree)];
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
  const kept = [tried, said].filter((finding) => finding !== null);
  return [
    ...(kept.length === 0 ? [unknown] : kept),
    ours ? found("other_ccb", "ok", doctor.lockOurs) : found("other_ccb", "problem", lock.say(words)),
  ];
}
