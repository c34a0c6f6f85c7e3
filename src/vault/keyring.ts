// The keyring of the operating system, behind a Worker: one call at a time, each with a deadline.
import type { Cancel, Clock, Random } from "../core/ports.ts";
import { assertEntryName } from "./entry-name.ts";
import { parseKeyringReply } from "./keyring-messages.ts";
import type { KeyringReply, KeyringRequest, KeyringResult } from "./keyring-messages.ts";
import { VaultError } from "./vault.ts";
import type { Vault } from "./vault.ts";

/** What the vault asks of a Worker: a real one fits, a scripted one too. */
export interface WorkerLike {
  postMessage(message: unknown): void;
  addEventListener(type: "message" | "error" | "close", listener: (event: unknown) => void): void;
  terminate(): unknown;
}

export interface KeyringDeps {
  /** From `serviceName()`. */
  readonly service: string;
  /** Starts `keyring-worker.ts`. Called at the first call, and after a Worker was given up. */
  readonly spawn: () => WorkerLike;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Milliseconds after which a call that was sent is given up. Long, because a keyring may ask its owner for a
   * password: callers that cannot wait stop waiting themselves, and the answer still comes.
   */
  readonly callDeadlineMs?: number;
}

type Ask = { op: "get" | "delete"; name: string } | { op: "list" } | { op: "set"; name: string; value: string };

interface Call {
  readonly request: KeyringRequest;
  readonly resolve: (result: KeyringResult) => void;
  readonly reject: (error: VaultError) => void;
}

/** An event's field, where it has one: what Workers and their stand-ins hand to listeners. */
function fieldOf(event: unknown, name: "data" | "message"): unknown {
  return typeof event === "object" && event !== null && name in event ? Reflect.get(event, name) : undefined;
}

const PROBE = "probe";

/**
 * A vault over the Secret Service, the macOS Keychain or the Windows Credential Manager. Calls are sent in order, the
 * next when the one before was answered or given up. A call that is given up rejects with fault `silent`; its Worker
 * is terminated, and its thread ends when the keyring lets it go.
 */
export function createKeyringVault(deps: KeyringDeps): Vault {
  const { service, spawn, clock, random, callDeadlineMs = 60_000 } = deps;
  const waiting: Call[] = [];
  let worker: WorkerLike | undefined;
  let current: { call: Call; cancel: Cancel } | undefined;
  let lastId = 0;
  let closed = false;

  const giveUpWorker = (): void => {
    const old = worker;
    worker = undefined; // first: the end that follows is no loss
    old?.terminate();
  };

  /** Ends the call in flight, if there is one, and sends the next. */
  const finish = (end: (call: Call) => void): void => {
    const done = current;
    current = undefined;
    done?.cancel();
    if (done !== undefined) end(done.call);
    sendNext();
  };

  /** A Worker that was given up may still speak: the number tells. */
  const receive = (reply: KeyringReply): void => {
    if (reply.id !== current?.call.request.id) return;
    if (!reply.ok && reply.over) giveUpWorker();
    finish((call) => {
      if (reply.ok) call.resolve(reply.value);
      else call.reject(new VaultError(reply.fault, reply.message));
    });
  };

  const startWorker = (): WorkerLike => {
    const started = spawn();
    started.addEventListener("message", (event) => {
      const reply = parseKeyringReply(fieldOf(event, "data"));
      if (reply !== null) receive(reply);
    });
    const lost = (event: unknown): void => {
      if (worker !== started) return;
      giveUpWorker();
      const reason = fieldOf(event, "message");
      const message = `the keyring's Worker ended${typeof reason === "string" ? `: ${reason.slice(0, 300)}` : ""}`;
      finish((call) => call.reject(new VaultError("failed", message)));
    };
    started.addEventListener("error", lost);
    started.addEventListener("close", lost);
    return started;
  };

  const sendNext = (): void => {
    if (current !== undefined) return;
    const call = waiting.shift();
    if (call === undefined) return;
    const cancel = clock.after(callDeadlineMs, () => {
      giveUpWorker();
      const seconds = Math.round(callDeadlineMs / 1000);
      finish((late) => late.reject(new VaultError("silent", `the keyring gave no answer within ${seconds} s`)));
    });
    current = { call, cancel };
    try {
      worker ??= startWorker();
      worker.postMessage(call.request);
    } catch (cause) {
      giveUpWorker();
      finish((failed) =>
        failed.reject(new VaultError("failed", "the keyring's Worker could not be started", { cause })),
      );
    }
  };

  const ask = (what: Ask): Promise<KeyringResult> =>
    new Promise((resolve, reject) => {
      if (closed) throw new VaultError("failed", "the keyring was closed");
      lastId += 1;
      waiting.push({ request: { id: lastId, service, name: "", ...what }, resolve, reject });
      sendNext();
    });

  const vault: Vault = {
    backend: "keyring",
    async get(name) {
      assertEntryName(name);
      const value = await ask({ op: "get", name });
      if (value === null || typeof value === "string") return value;
      throw new VaultError("failed", "the keyring's Worker gave names for a value");
    },
    async set(name, value) {
      assertEntryName(name);
      await ask({ op: "set", name, value });
    },
    async delete(name) {
      assertEntryName(name);
      await ask({ op: "delete", name });
    },
    async list() {
      const names = await ask({ op: "list" });
      if (Array.isArray(names)) return names;
      throw new VaultError("failed", "the keyring's Worker gave no names");
    },
    async probe() {
      // Fresh each time: a value from an earlier run proves nothing.
      const value = random.bytes(16).toHex();
      await vault.set(PROBE, value);
      const back = await vault.get(PROBE);
      if (back !== value) throw new VaultError("failed", "the keyring does not keep what is written");
      await vault.delete(PROBE);
    },
    close() {
      closed = true;
      giveUpWorker();
      const error = new VaultError("failed", "the keyring was closed");
      for (const call of waiting.splice(0)) call.reject(error);
      finish((call) => call.reject(error));
    },
  };
  return vault;
}
