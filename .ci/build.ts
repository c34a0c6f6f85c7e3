// Compiles the one-file binary: bun .ci/build.ts [outfile] [--target=bun-OS-CPU] [--entry=FILE]
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

const root = join(import.meta.dir, "..");
const outfile = resolve(root, process.argv[2] ?? "dist/ccb");
/** For another system: the release asks for it. */
const target = process.argv.slice(3).filter((argument) => argument.startsWith("--target="));
/** Another program than ccb, compiled in the same way: the bench asks for it. */
const entry = process.argv.slice(3).find((argument) => argument.startsWith("--entry="));
// What is loaded by its address, the worker, is an entry point of its own, or the binary would not hold it.
const entries =
  entry === undefined ? ["./src/main.ts", "./src/vault/keyring-worker.ts"] : [entry.slice("--entry=".length)];

// Beside the binary Bun leaves the source map of each piece, under a name that changes with what is in it: they are built
// where nothing else is. The binary holds what it needs of them.
mkdirSync(dirname(outfile), { recursive: true });
const folder = mkdtempSync(join(dirname(outfile), ".build-"));

// The two --no flags keep the binary from reading a stranger's .env and from running the preload of a bunfig.toml
// where it is started. In one piece the program would set up all of its functions at each start, those of commands that
// are not run, too.
const run = Bun.spawnSync(
  [
    process.execPath,
    "build",
    "--compile",
    "--minify",
    "--bytecode",
    "--splitting",
    "--format=esm",
    "--sourcemap=linked",
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    ...entries,
    ...target,
    "--outfile",
    join(folder, basename(outfile)),
  ],
  { cwd: root, stdout: "inherit", stderr: "inherit" },
);
// For Windows Bun adds the name's end.
for (const name of readdirSync(folder))
  if (name.startsWith(basename(outfile)) && !name.endsWith(".map"))
    renameSync(join(folder, name), join(dirname(outfile), name));
rmSync(folder, { recursive: true });
process.exit(run.exitCode);
