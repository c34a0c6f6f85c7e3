// A systemd of its own for a test (nested-systemd.sh): starts it, runs commands inside, ends it.
import { readFileSync } from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireBinary } from "./binary.ts";

export interface NestedSystemd {
  /** Runs a shell script inside, as root; `output` is stdout and stderr together. */
  run(script: string): Promise<{ code: number; output: string }>;
  [Symbol.asyncDispose](): Promise<void>;
}

const childrenOf = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);

/** Starts it, with the binary as /usr/local/bin/ccb. Rejects where it does not come up within 20 s. */
export async function startNestedSystemd(): Promise<NestedSystemd> {
  const folder = mkdtempSync(join(tmpdir(), "ccb-nested-"));
  const script = Bun.spawn(["/bin/bash", join(import.meta.dir, "nested-systemd.sh"), folder, requireBinary()], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const { value } = await script.stdout.getReader().read();
  const outer = Number(/\d+/.exec(new TextDecoder().decode(value))?.[0]);
  async function end(): Promise<void> {
    try {
      process.kill(outer, "SIGKILL");
    } catch {
      // It ended by itself.
    }
    await script.exited;
    rmSync(folder, { recursive: true, force: true });
  }
  async function run(text: string): Promise<{ code: number; output: string }> {
    const [inner] = childrenOf(outer);
    if (inner === undefined) return { code: 1, output: "there is no systemd yet" };
    const child = Bun.spawn(
      ["nsenter", "-t", inner, "-m", "-p", "-i", "-u", "-r", "-w", "/bin/bash", "-c", `exec 2>&1\n${text}`],
      {
        stdin: "ignore",
        stdout: "pipe",
        stderr: "ignore",
        env: { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", LANG: "en_US.UTF-8" },
      },
    );
    const [output, code] = await Promise.all([new Response(child.stdout).text(), child.exited]);
    return { code, output };
  }
  const deadline = Date.now() + 20_000;
  while ((await run("systemctl is-system-running")).output.trim() !== "running") {
    if (Date.now() > deadline || script.exitCode !== null) {
      await end();
      throw new Error("systemd did not come up in its namespaces");
    }
    await Bun.sleep(100);
  }
  return { run, [Symbol.asyncDispose]: end };
}
