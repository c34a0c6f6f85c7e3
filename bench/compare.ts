// make bench-compare BASE=rev: the binary of another revision against that of this working tree, in turns on the same load.
// bun bench/compare.ts REV [--rounds=5] [--seconds=2]
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startSignedInCcb } from "./ccb.ts";
import { runCases, type Expected, type Target } from "./cases.ts";
import { forgetProxies, startChild, type Child } from "./child.ts";
import { table, writeJson } from "./report.ts";
import { startTimes, temporaryFolder } from "./start.ts";

const root = join(import.meta.dir, "..");
const START_ROUNDS = 9;

function run(command: readonly string[], cwd: string): void {
  const { exitCode } = Bun.spawnSync([...command], { cwd, stdout: "inherit", stderr: "inherit" });
  if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${exitCode}`);
}

const { values, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, seconds: { type: "string", default: "2" } },
  allowPositionals: true,
});
const [revision] = positionals;
if (revision === undefined || revision.startsWith("-")) {
  console.error("usage: bun bench/compare.ts REV");
  process.exit(2);
}

const folder = temporaryFolder("ccb-bench-compare-");
const tree = join(folder.path, "base");
const binaries = { base: join(folder.path, "ccb-base"), head: join(folder.path, "ccb-head") };
forgetProxies();
const children: Child[] = [];
try {
  run(["git", "worktree", "add", "--detach", tree, revision], root);
  run([process.execPath, "install", "--frozen-lockfile"], tree);
  run([process.execPath, join(tree, ".ci", "build.ts"), binaries.base], tree);
  run([process.execPath, join(root, ".ci", "build.ts"), binaries.head], root);

  const upstream = await startChild("upstream.ts");
  children.push(upstream);
  const expected: Expected = JSON.parse(await (await fetch(`${upstream.url}/expected`)).text());
  const targets: Target[] = [];
  for (const [name, binary] of Object.entries(binaries)) {
    const child = await startSignedInCcb(upstream.url, binary);
    children.push(child);
    targets.push({ name, url: child.url, pid: child.pid });
  }
  const figures = await runCases(
    targets,
    expected,
    { rounds: Number(values.rounds), seconds: Number(values.seconds) },
    console.log,
  );
  figures.push(...(await startTimes(binaries, upstream.url, START_ROUNDS)));
  console.log(`\n${table(figures, ["base", "head"], "head", ["base"])}`);
  const file = join(root, "dist", "bench-compare.json");
  writeJson(file, figures, { base: revision });
  console.log(`\nall rounds: ${file}`);
} finally {
  for (const child of children.toReversed()) await child.stop();
  Bun.spawnSync(["git", "worktree", "remove", "--force", tree], { cwd: root });
  folder.remove();
}
