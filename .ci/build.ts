// Compiles the one-file binary: bun .ci/build.ts [outfile]
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const outfile = process.argv[2] ?? join(root, "dist", "ccb");

// The worker is an entry point of its own, or the binary would not hold it. The two --no flags keep the
// binary from reading a stranger's .env and from running the preload of a bunfig.toml where it is started.
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
    "./src/main.ts",
    "./src/vault/keyring-worker.ts",
    "--outfile",
    outfile,
  ],
  { cwd: root, stdout: "inherit", stderr: "inherit" },
);
process.exit(run.exitCode);
