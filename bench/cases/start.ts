// How long from spawning a program to its first served request: both compiled in the same way.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../test/support/binary.ts";
import { spawnCcb } from "../ccb.ts";
import { firstAnswer } from "../check.ts";
import { MANY_REQUESTS, track } from "../child.ts";
import type { Note } from "../figures.ts";
import { temporaryFolder } from "../folder.ts";
import type { Rig } from "../rig.ts";

const root = join(import.meta.dir, "..", "..");

/** Compiles a program of the bench as ccb is compiled. */
function compile(entry: string, outfile: string): void {
  const { exitCode, stdout, stderr } = Bun.spawnSync(
    [process.execPath, join(root, ".ci", "build.ts"), outfile, `--entry=./bench/${entry}`],
    { cwd: root, stdout: "pipe", stderr: "pipe" },
  );
  if (exitCode !== 0) throw new Error(`${entry} does not compile: ${stdout.toString()}${stderr.toString()}`);
}

/** `first`: the first argument of the program, what it relays to; the second is the port. */
async function startOnce(binary: string, first: string): Promise<number> {
  const port = await freePort();
  const began = performance.now();
  const child = track(
    Bun.spawn([binary, first, String(port)], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
      env: { ...process.env, ...MANY_REQUESTS },
    }),
  );
  try {
    return (await firstAnswer(`http://127.0.0.1:${port}`)) - began;
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
}

/** The client's own credential passes through, so that the first answer is a 200. */
const providersOf = (upstream: string) => [{ name: "Through", base_url: upstream, auth_value: "passthrough" }];

/** In an empty home. */
async function startCcbOnce({ upstream, keeping }: Rig, binary: string): Promise<number> {
  const providers = providersOf(upstream);
  await using ccb = await spawnCcb({ binary, upstream, keeping, accounts: [], providers });
  return (await firstAnswer(ccb.url)) - ccb.began;
}

/** Each in turns, after one start that is not counted (it fills the page cache). `ccbs`: binaries by name. */
export async function runStart(
  rig: Rig,
  ccbs: Readonly<Record<string, string>>,
  { rounds, withFloor }: { readonly rounds: number; readonly withFloor: boolean },
  note: Note,
): Promise<void> {
  using folder = temporaryFolder("ccb-bench-start-");
  const bare = join(folder.path, "bare");
  const floor = join(folder.path, "floor");
  const configuration = join(folder.path, "providers.yaml");
  compile("bare.ts", bare);
  if (withFloor) compile("floor-start.ts", floor);
  writeFileSync(configuration, JSON.stringify({ providers: providersOf(rig.upstream) }));
  const starts: Readonly<Record<string, () => Promise<number>>> = {
    bare: () => startOnce(bare, rig.upstream),
    ...(withFloor ? { floor: () => startOnce(floor, configuration) } : {}),
    ...Object.fromEntries(Object.entries(ccbs).map(([name, binary]) => [name, () => startCcbOnce(rig, binary)])),
  };
  const turn = Object.entries(starts);
  for (let round = 0; round <= rounds; round++)
    for (const [name, start] of round % 2 === 0 ? turn : turn.toReversed()) {
      const milliseconds = await start();
      if (round > 0) note(name, "start to first served request", "ms", milliseconds);
    }
  rig.say(`start: ${rounds} rounds`);
}
