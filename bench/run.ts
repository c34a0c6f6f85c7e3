// make bench: ccb beside nothing, nginx and a bare relay, on this machine, over loopback. bench/README.md says what each figure means.
// bun bench/run.ts [--rounds=3] [--seconds=2]
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startSignedInCcb } from "./ccb.ts";
import { runCases, type Expected, type Target } from "./cases.ts";
import { forgetProxies, startChild, type Child } from "./child.ts";
import { startNginx } from "./nginx.ts";
import { table, writeJson } from "./report.ts";
import { startTimes } from "./start.ts";

const root = join(import.meta.dir, "..");
const binary = join(root, "dist", "ccb");
const START_ROUNDS = 7;

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "3" }, seconds: { type: "string", default: "2" } },
});
forgetProxies();
const children: Child[] = [];
const keep = <T extends Child | undefined>(child: T): T => {
  if (child) children.push(child);
  return child;
};

try {
  const upstream = keep(await startChild("upstream.ts"));
  const expected: Expected = JSON.parse(await (await fetch(`${upstream.url}/expected`)).text());
  const targets: Target[] = [{ name: "direct", url: upstream.url }];
  const add = (name: string, child: Child | undefined, lack: string): void => {
    if (child) targets.push({ name, url: child.url, pid: child.pid });
    else console.log(`${name}: left out, ${lack}`);
  };
  add("nginx", keep(await startNginx(upstream.url)), "it is not installed");
  add("bare", keep(await startChild("bare.ts", [upstream.url])), "");
  add(
    "ccb",
    existsSync(binary) ? keep(await startSignedInCcb(upstream.url)) : undefined,
    `there is no ${binary}: run "make build"`,
  );
  if (Bun.which("wrk") === null)
    console.log("wrk is not installed: the load comes from a client on fetch, which is slower itself");

  const figures = await runCases(
    targets,
    expected,
    { rounds: Number(values.rounds), seconds: Number(values.seconds) },
    console.log,
  );
  if (existsSync(binary)) figures.push(...(await startTimes({ ccb: binary }, upstream.url, START_ROUNDS)));

  const names = targets.map((target) => target.name);
  const subject = names.includes("ccb") ? "ccb" : "bare";
  console.log(
    `\n${table(
      figures,
      names,
      subject,
      names.filter((name) => name !== subject),
    )}`,
  );
  const file = join(root, "dist", "bench.json");
  writeJson(file, figures);
  console.log(`\nall rounds: ${file}`);
} finally {
  for (const child of children.toReversed()) await child.stop();
}
