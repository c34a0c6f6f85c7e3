// The runner behind `make test`: every file in a process of its own, so that a crash or a stray process.exit is a failure of that file and of no other.
// bun test/run.ts [--seed=N] [--jobs=N] [part of a file name …]
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dir, "..");
/** Per test; per file a hang outside of any test ends after the second. */
const TEST_TIMEOUT_MS = 60_000;
const FILE_TIMEOUT_MS = 600_000;

const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];

/** What the files with a word in their name need: `x.keyring.test.ts`, `x.mount.test.ts`, `x.systemd.keyring.test.ts`. */
const NEEDS: Readonly<Record<string, () => readonly string[]>> = {
  promtool: () => missingPrograms(["promtool"]),
  chromium: () => (BROWSERS.some((program) => Bun.which(program) !== null) ? [] : [`one of ${BROWSERS.join(", ")}`]),
  keyring: () => missingPrograms(["dbus-daemon", "gnome-keyring-daemon", "secret-tool"]),
  mount: () => (mayMount() ? [] : ["root and mount namespaces"]),
  faketime: () =>
    [...new Bun.Glob("usr/lib/*/faketime/libfaketime.so.1").scanSync("/")].length > 0 ? [] : ["libfaketime"],
  systemd: () => {
    const missing = missingPrograms(["systemd-analyze", "systemctl", "dbus-daemon", "unshare", "nsenter"]);
    return missing.length > 0 || mayNest()
      ? missing
      : ["root, namespaces and cgroup2 (for a systemd of the tests' own)"];
  },
};

const missingPrograms = (programs: readonly string[]): readonly string[] =>
  programs.filter((program) => Bun.which(program) === null);

/** Whether the tests may have mounts of their own, as test/chaos/_namespace.ts makes them. */
function mayMount(): boolean {
  const script = "mount -t tmpfs -o size=64k tmpfs /tmp";
  const missing = missingPrograms(["unshare", "nsenter", "mount"]);
  return missing.length === 0 && Bun.spawnSync(["unshare", "--mount", "sh", "-c", script]).exitCode === 0;
}

/** Whether a systemd can be started in namespaces, as test/support/nested-systemd.sh does. */
function mayNest(): boolean {
  const script = `control=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts) && [ -w "$control" ] && unshare --mount --pid --fork --cgroup --ipc --uts true`;
  return process.getuid?.() === 0 && Bun.spawnSync(["/bin/sh", "-c", script]).exitCode === 0;
}

/** A proxy or a home of the machine's user must not decide how a test ends. */
const DROPPED =
  /^(https?_proxy|all_proxy|no_proxy|ccb_.*|node_tls_reject_unauthorized|bun_config_verbose_fetch|bun_options)$/i;
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !DROPPED.test(name)));

interface Result {
  readonly passed: number;
  readonly failed: number;
  /** Why, where bun's own output does not say so. */
  readonly note?: string;
}

/**
 * Counts one file. Bun's exit code alone will not do: a test that calls process.exit(0) ends the run with 0 and no report.
 * @param report the JUnit text, or undefined where none was written
 */
export function countResult(report: string | undefined, exitCode: number): Result {
  if (report === undefined) return { passed: 0, failed: 1, note: `ended with ${exitCode} before it reported` };
  const totals = /<testsuites\b[^>]*>/.exec(report)?.[0] ?? "";
  const count = (name: string): number => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(totals)?.[1] ?? 0);
  const [tests, failures, skipped] = [count("tests"), count("failures"), count("skipped")];
  const passed = tests - failures - skipped;
  if (tests === 0) return { passed: 0, failed: 1, note: "no test ran" };
  // Nothing is skipped in silence: what a machine lacks is the runner's business, and named.
  if (skipped > 0) return { passed, failed: failures + skipped, note: `${skipped} tests are skipped or todo` };
  if (exitCode !== 0 && failures === 0) return { passed, failed: 1, note: "an error outside of any test" };
  return { passed, failed: failures };
}

/** The same order for the same seed. */
function shuffle<T>(items: readonly T[], seed: number): T[] {
  const key = (index: number): bigint => Bun.hash.wyhash(`${index}`, BigInt(seed));
  return items
    .map((item, index) => ({ item, key: key(index) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ item }) => item);
}

/** What is loaded before a file with properties; other files need not wait for it. */
const preloadsOf = (file: string): readonly string[] =>
  readFileSync(join(root, file), "utf8").includes("fast-check") ? ["--preload=./test/support/properties.ts"] : [];

/** @param said where the output goes once it has ended; undefined: to the terminal, as it comes */
async function runFile(
  file: string,
  seed: number,
  folder: string,
  said?: (out: string, failed: boolean) => void,
): Promise<Result> {
  const report = join(folder, `${basename(file)}-${Bun.hash(file)}.xml`);
  const quiet = said !== undefined;
  const child = Bun.spawn(
    [
      process.execPath,
      "test",
      "--randomize",
      ...preloadsOf(file),
      `--seed=${seed}`,
      `--timeout=${TEST_TIMEOUT_MS}`,
      "--reporter=junit",
      `--reporter-outfile=${report}`,
      `./${file}`,
    ],
    {
      cwd: root,
      env: { ...environment, PROPERTY_SEED: `${seed}` },
      stdin: "ignore",
      stdout: quiet ? "pipe" : "inherit",
      stderr: quiet ? "pipe" : "inherit",
      timeout: FILE_TIMEOUT_MS,
      killSignal: "SIGKILL",
    },
  );
  const text = async (stream: ReadableStream<Uint8Array> | undefined): Promise<string> =>
    stream ? await new Response(stream).text() : "";
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), child.exited]);
  let written: string | undefined;
  try {
    written = readFileSync(report, "utf8");
  } catch {
    // Said by countResult.
  }
  const result = countResult(written, code);
  said?.(out + err, result.failed > 0);
  return result;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { seed: { type: "string" }, jobs: { type: "string" } },
    allowPositionals: true,
  });
  const seed = Number(values.seed ?? Math.floor(Math.random() * 0x7fff_ffff));
  // The whole of it mostly waits, on keyrings, clocks and ends of processes: two at once take little more than half the time.
  const jobs = Number(values.jobs ?? (positionals.length === 0 ? Math.min(2, availableParallelism()) : 1));
  if (!Number.isInteger(seed) || !Number.isInteger(jobs) || jobs < 1)
    throw new Error("--seed and --jobs take whole numbers");
  const all = [...new Bun.Glob("test/**/*.test.ts").scanSync({ cwd: root })].sort();
  const chosen = all.filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)));

  const missing = new Map(Object.entries(NEEDS).map(([word, look]) => [word, look()]));
  const lacks = (file: string): readonly string[] =>
    basename(file)
      .split(".")
      .flatMap((word) => missing.get(word) ?? []);
  const leftOut = chosen.filter((file) => lacks(file).length > 0);
  const queue = shuffle(
    chosen.filter((file) => !leftOut.includes(file)),
    seed,
  );
  console.log(`${queue.length} files, seed ${seed} (again with --seed=${seed})`);

  const folder = mkdtempSync(join(tmpdir(), "ccb-run-"));
  const totals = { passed: 0, failed: 0 };
  const complaints: string[] = [];
  // What failed is said last: of a long run's output often only the end is kept.
  const failures: string[] = [];
  const say = (out: string, failed: boolean): void => {
    if (failed) failures.push(out);
    else process.stdout.write(out);
  };
  const work = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const result = await runFile(file, seed, folder, jobs > 1 ? say : undefined);
      totals.passed += result.passed;
      totals.failed += result.failed;
      if (result.failed > 0)
        complaints.push(
          `FAILED ${relative(root, join(root, file))}: ${result.failed}${result.note === undefined ? "" : ` (${result.note})`}`,
        );
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  rmSync(folder, { recursive: true, force: true });

  for (const out of failures) process.stdout.write(out);
  for (const line of complaints) console.log(line);
  for (const file of leftOut)
    console.log(`SKIPPED ${file}: needs ${[...new Set(lacks(file))].join(", ")}; "make test-deps" installs them`);
  console.log(
    `${totals.passed} passed, ${totals.failed} failed${leftOut.length > 0 ? `, ${leftOut.length} skipped` : ""}`,
  );
  return totals.failed > 0 || totals.passed === 0 ? 1 : 0;
}

if (import.meta.main) process.exit(await main());
