// Compiles the one-file binary: bun .ci/build.ts [outfile] [--target=bun-OS-CPU] [--entry=FILE]
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const outfile = process.argv[2] ?? join(root, "dist", "ccb");
/** For another system: the release asks for it. */
const target = process.argv.slice(3).filter((argument) => argument.startsWith("--target="));
/** Another program than ccb, compiled in the same way: the bench asks for it. */
const entry = process.argv.slice(3).find((argument) => argument.startsWith("--entry="));
// What is loaded by its address, the command line and the worker, is an entry point of its own, or the binary would not
// hold it.
const entries =
  entry === undefined
    ? ["./src/main.ts", "./src/start.ts", "./src/vault/keyring-worker.ts"]
    : [entry.slice("--entry=".length)];

// The two --no flags keep the binary from reading a stranger's .env and from running the preload of a bunfig.toml
// where it is started.
const run = Bun.spawnSync(
  [
    process.execPath,
    "build",
    "--compile",
    "--minify",
    "--bytecode",
    "--format=esm",
    "--sourcemap=linked",
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    ...entries,
    ...target,
    "--outfile",
    outfile,
  ],
  { cwd: root, stdout: "inherit", stderr: "inherit" },
);
process.exit(run.exitCode);
