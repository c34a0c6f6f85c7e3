// make bench-compare BASE=rev: the binary of another revision against that of this working tree, in turns on the same load.
// bun bench/compare.ts REV [--only=small32,start] [--rounds=5] [--seconds=2]
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DIRECT } from "./cases/load-case.ts";
import { runStart } from "./cases/start.ts";
import { LOAD_ROWS, runUnderLoad } from "./cases/under-load.ts";
import { prepareProcess } from "./child.ts";
import { createNotebook } from "./figures.ts";
import { temporaryFolder } from "./folder.ts";
import { table, writeJson } from "./report.ts";
import { fullCcb, startRig, startTargets } from "./rig.ts";
import { parseRows } from "./rows.ts";

const root = join(import.meta.dir, "..");
const START_ROUNDS = 9;

function run(command: readonly string[], cwd: string): void {
  const { exitCode } = Bun.spawnSync([...command], { cwd, stdout: "inherit", stderr: "inherit" });
  if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${exitCode}`);
}

const { values, positionals } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
  },
  allowPositionals: true,
});
const [revision] = positionals;
if (revision === undefined || revision.startsWith("-")) {
  console.error("usage: bun bench/compare.ts REV");
  process.exit(2);
}
const rows = parseRows(values.only, [...LOAD_ROWS, "start"]);

prepareProcess();
await using stack = new AsyncDisposableStack();
const folder = stack.use(temporaryFolder("ccb-bench-compare-"));
const tree = join(folder.path, "base");
const binaries = { base: join(folder.path, "ccb-base"), head: join(folder.path, "ccb-head") };
stack.defer(() => void Bun.spawnSync(["git", "worktree", "remove", "--force", tree], { cwd: root }));
run(["git", "worktree", "add", "--detach", tree, revision], root);
run([process.execPath, "install", "--frozen-lockfile"], tree);
run([process.execPath, join(tree, ".ci", "build.ts"), binaries.base], tree);
run([process.execPath, join(root, ".ci", "build.ts"), binaries.head], root);

const rig = stack.use(await startRig(binaries.head, console.log));
const { note, figures } = createNotebook();
if (LOAD_ROWS.some((row) => rows.has(row))) {
  await using started = await startTargets({ base: fullCcb(rig, binaries.base), head: fullCcb(rig, binaries.head) });
  const targets = [{ name: DIRECT, url: rig.upstream }, ...started.targets];
  const plan = { rows, rounds: Number(values.rounds), seconds: Number(values.seconds), expected: rig.expected };
  await runUnderLoad(targets, plan, note, console.log);
}
if (rows.has("start")) await runStart(rig, binaries, { rounds: START_ROUNDS, withFloor: false }, note);

console.log(`\n${table(figures(), [DIRECT, "base", "head"], "head", ["base"])}`);
const file = join(root, "dist", "bench-compare.json");
writeJson(file, figures(), { base: revision });
console.log(`\nall rounds: ${file}`);
