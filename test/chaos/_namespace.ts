// A mount namespace of a test's own, in which the program can be started again and again: what is mounted there, the
// machine does not see.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireBinary } from "../support/binary.ts";

export interface Namespace {
  /** Runs the program inside: give it as `binary`. */
  readonly binary: string;
  /** A shell line as root inside. Throws with its words where it fails. */
  run(script: string): void;
  /** Where a path inside is seen from outside. */
  path(inside: string): string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes one by `unshare`, with its wrapper script in `folder`. Needs root. */
export async function makeNamespace(folder: string): Promise<Namespace> {
  const holder = Bun.spawn(["unshare", "--mount", "sh", "-c", "echo made; exec sleep 600"], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  await holder.stdout.getReader().read();
  const enter = ["nsenter", `--target=${holder.pid}`, "--mount"];
  const binary = join(folder, "ccb.sh");
  writeFileSync(binary, `#!/bin/sh\nexec ${enter.join(" ")} '${requireBinary()}' "$@"\n`, { mode: 0o755 });
  return {
    binary,
    run(script) {
      const { exitCode, stderr } = Bun.spawnSync([...enter, "sh", "-ec", script]);
      if (exitCode !== 0) throw new Error(`${script}: exit ${exitCode}: ${stderr.toString()}`);
    },
    path: (inside) => `/proc/${holder.pid}/root${inside}`,
    async [Symbol.asyncDispose]() {
      holder.kill("SIGKILL");
      await holder.exited;
    },
  };
}
