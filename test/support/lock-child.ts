// A program of its own that takes the store's lock, says so, and holds it until it is killed.
import { acquireStoreLock } from "../../src/vault/lock.ts";

export interface LockChild {
  readonly pid: number;
  kill(): Promise<void>;
}

/** Resolves once the lock is held. Rejects where the program ends before. */
export async function startLockChild(directory: string, service: string, address: string): Promise<LockChild> {
  const child = Bun.spawn([process.execPath, import.meta.path, directory, service, address], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const { value } = await child.stdout.getReader().read();
  if (value === undefined) throw new Error(`the holder ended with ${await child.exited}`);
  return {
    pid: child.pid,
    async kill() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

if (import.meta.main) {
  const [directory = "", service = "", address = ""] = process.argv.slice(2);
  const lock = acquireStoreLock({ directory, service, holder: { pid: process.pid, address } });
  console.log("held");
  // Ends with the test too, should that one be killed: then its end of the pipe closes.
  for await (const _ of Bun.stdin.stream());
  lock.release();
}
