// A program of its own that calls the keyring vault: the bus's address is read from the environment at its start.
import { createKeyringVault } from "../../src/vault/keyring.ts";
import { VaultError } from "../../src/vault/vault.ts";
import type { Clock } from "../../src/core/ports.ts";
import type { Vault } from "../../src/vault/vault.ts";

/** One line in: what to do. One line out: what came of it. */
export interface KeyringAsk {
  readonly op: "get" | "set" | "delete" | "list" | "probe";
  readonly name?: string;
  readonly value?: string;
}
export type KeyringAnswer =
  | { readonly value: string | null | readonly string[]; readonly milliseconds: number }
  | { readonly fault: string; readonly message: string; readonly milliseconds: number };

export interface KeyringChild {
  ask(what: KeyringAsk): Promise<KeyringAnswer>;
  stop(): Promise<void>;
}

/** Starts the program. Its calls run one after another; `callDeadlineMs` is real time. */
export function startKeyringChild(
  env: Record<string, string>,
  options: { service?: string; callDeadlineMs?: number } = {},
): KeyringChild {
  const pending: ((answer: KeyringAnswer) => void)[] = [];
  const child = Bun.spawn([process.execPath, import.meta.path], {
    env: {
      ...env,
      CHILD_SERVICE: options.service ?? "ccb-test",
      CHILD_DEADLINE: String(options.callDeadlineMs ?? 20_000),
    },
    stdout: "inherit",
    stderr: "inherit",
    ipc: (answer: KeyringAnswer) => pending.shift()?.(answer),
  });
  return {
    ask: (what) =>
      new Promise((resolve) => {
        pending.push(resolve);
        child.send(what);
      }),
    async stop() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  turn: () => Bun.sleep(0),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

async function perform(
  vault: Vault,
  { op, name = "", value = "" }: KeyringAsk,
): Promise<string | null | readonly string[]> {
  if (op === "get") return vault.get(name);
  if (op === "list") return vault.list();
  if (op === "set") await vault.set(name, value);
  if (op === "delete") await vault.delete(name);
  if (op === "probe") await vault.probe();
  return null;
}

if (import.meta.main) {
  const vault = createKeyringVault({
    service: process.env["CHILD_SERVICE"] ?? "",
    spawn: () => new Worker(new URL("../../src/vault/keyring-worker.ts", import.meta.url)),
    clock,
    random: {
      bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
      fraction: () => Math.random(),
    },
    callDeadlineMs: Number(process.env["CHILD_DEADLINE"]),
  });
  process.on("message", (what: KeyringAsk) => {
    const start = performance.now();
    perform(vault, what).then(
      (value) => process.send?.({ value, milliseconds: performance.now() - start }),
      (error: unknown) => {
        const fault = error instanceof VaultError ? error.fault : "no VaultError";
        process.send?.({ fault, message: String(error), milliseconds: performance.now() - start });
      },
    );
  });
}
