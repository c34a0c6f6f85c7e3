// How long from spawning a program to its first served request.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanEnvironment, configText, freePort, makeHome } from "../test/support/binary.ts";
import { ccbConfig } from "./ccb.ts";
import type { Figure } from "./cases.ts";
import { firstAnswer, median } from "./measure.ts";

/** Milliseconds from spawn to the first answer (401: nobody is signed in) of a fresh process in a fresh home. */
async function startOnce(binary: string, upstream: string): Promise<number> {
  const [home, port] = [makeHome(), await freePort()];
  const file = join(home, "providers.yaml");
  writeFileSync(file, configText(ccbConfig(upstream)), { mode: 0o600 });
  const began = performance.now();
  const child = Bun.spawn([binary, "serve", "--config", file, "--port", String(port)], {
    cwd: home,
    env: cleanEnvironment(home),
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  try {
    return (await firstAnswer(`http://127.0.0.1:${port}`)) - began;
  } finally {
    child.kill("SIGKILL");
    await child.exited;
    rmSync(home, { recursive: true, force: true });
  }
}

/** The same for each binary, in turns, after one start of each that is not counted (it fills the page cache). */
export async function startTimes(
  binaries: Readonly<Record<string, string>>,
  upstream: string,
  rounds: number,
): Promise<Figure[]> {
  const entries = Object.entries(binaries).map(([target, binary]) => ({
    target,
    binary,
    values: new Array<number>(),
  }));
  for (const { binary } of entries) await startOnce(binary, upstream);
  for (let round = 0; round < rounds; round++)
    for (const { binary, values } of entries) values.push(await startOnce(binary, upstream));
  return entries.map(({ target, values }) => ({
    key: "start to first reply",
    unit: "ms",
    target,
    median: median(values),
    rounds: values,
  }));
}

/** A folder that goes away with the returned function. */
export function temporaryFolder(name: string): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), name));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
