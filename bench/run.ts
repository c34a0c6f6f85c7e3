// make bench: ccb beside nothing, nginx and a bare relay, on this machine, over loopback. bench/README.md says what each figure means.
// bun bench/run.ts [--only=small32,burst] [--rounds=5] [--seconds=2] [--idle=60] [--million=1000000] [--binary=dist/ccb] [--short]
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { DIRECT } from "./cases/load-case.ts";
import { prepareProcess } from "./child.ts";
import { judge } from "./goals.ts";
import { hasWrk } from "./load.ts";
import { nginxProgram } from "./nginx.ts";
import { perform, type Plan } from "./perform.ts";
import { table, verdictTable, writeJson } from "./report.ts";
import { startRig } from "./rig.ts";
import { parseRows, ROWS } from "./rows.ts";
import { findProblems, SHORT_ROWS } from "./short.ts";

const root = join(import.meta.dir, "..");
const { values } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    idle: { type: "string", default: "60" },
    million: { type: "string", default: "1000000" },
    binary: { type: "string", default: join(root, "dist", "ccb") },
    short: { type: "boolean", default: false },
  },
});
const { short } = values;
const plan: Plan = {
  rows: parseRows(values.only, short ? SHORT_ROWS : ROWS),
  rounds: Number(values.rounds ?? (short ? 2 : 5)),
  seconds: Number(values.seconds ?? (short ? 1 : 2)),
  proxies: short ? ["bare", "ccb"] : ["nginx", "bare", "floor", "ccb"],
  startRounds: short ? 3 : 9,
  processes: short ? 1 : 5,
  warm: short ? 0 : 100_000,
  idleSeconds: Number(values.idle),
  million: Number(values.million),
};

prepareProcess();
await using rig = await startRig(resolve(values.binary), console.log);
console.log(`ccb: ${rig.binary}; it keeps its accounts ${rig.keeping.what}`);
if (nginxProgram === null) console.log("nginx: left out, it is not installed");
if (!hasWrk) console.log("wrk is not installed: a client of the bench's own makes the load, and needs more of the CPU");

const figures = await perform(rig, plan);
const verdicts = judge(figures);
const others = [
  DIRECT,
  ...plan.proxies.filter((name) => name !== "ccb" && (name !== "nginx" || nginxProgram !== null)),
];
console.log(`\n${table(figures, [...others, "ccb"], "ccb", others)}`);
console.log(`\n${verdictTable(verdicts)}`);
const file = join(root, "dist", "bench.json");
writeJson(file, figures, { keeping: rig.keeping.what, load: hasWrk ? "wrk" : "request-client.ts", verdicts });
console.log(`\nall rounds: ${file}`);

if (short) {
  const problems = await findProblems(rig, plan, figures);
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
