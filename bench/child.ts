// A server of the bench as a child process: it prints its port as the first line of its output.
import { join } from "node:path";

export interface Child {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Loopback needs no proxy, and one in the environment would be measured along. Bun reads these at each fetch. */
export function forgetProxies(): void {
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"])
    delete process.env[name];
}

/** Starts `bun bench/FILE …` and waits for its port. */
export async function startChild(file: string, args: readonly string[] = []): Promise<Child> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, file), ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    // Bun sends at most 256 requests at once unless told otherwise before it starts.
    env: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: "4096" },
  });
  const reader = child.stdout.getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`${file} ended before it listened`);
    text += new TextDecoder().decode(value);
  }
  reader.releaseLock();
  return {
    url: `http://127.0.0.1:${Number(text.trim())}`,
    pid: child.pid,
    stop: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
