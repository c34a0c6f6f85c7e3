// make release: binaries, their bill of materials, licences and sums in dist/release.
// bun .ci/release.ts [--targets=host|all|linux-x64,darwin-arm64,…] [--out=FOLDER]
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { billOfMaterials, licenceList, sums } from "./sbom.ts";
import { dependencyFolders, packageFolders, parseLock, readComponents, supplyChainFaults } from "./supply-chain.ts";

const root = join(import.meta.dir, "..");
const ADDON = "node_modules/@napi-rs";

/** Bun's word for each target, and the keyring's. */
const TARGETS: Readonly<Record<string, string>> = {
  "linux-x64": "linux-x64-gnu",
  "linux-arm64": "linux-arm64-gnu",
  "linux-x64-musl": "linux-x64-musl",
  "linux-arm64-musl": "linux-arm64-musl",
  "darwin-x64": "darwin-x64",
  "darwin-arm64": "darwin-arm64",
  "windows-x64": "win32-x64-msvc",
  "windows-arm64": "win32-arm64-msvc",
};

const HOST = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;

function run(command: readonly string[], cwd: string): void {
  const done = Bun.spawnSync([...command], { cwd, stdout: "pipe", stderr: "pipe" });
  if (done.exitCode !== 0) throw new Error(`${command.join(" ")}\n${done.stdout.toString()}${done.stderr.toString()}`);
}

const read = (...path: string[]): string => readFileSync(join(root, ...path), "utf8");

/** The inputs of a bundle, from a build that is thrown away: `--compile` tells nothing of them. */
function inputsOf(target: "bun" | "browser", ...entries: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "ccb-bundle-"));
  try {
    const metafile = join(folder, "metafile.json");
    run(
      [process.execPath, "build", `--target=${target}`, ...entries, `--outdir=${folder}`, `--metafile=${metafile}`],
      root,
    );
    const { inputs }: { inputs: object } = JSON.parse(readFileSync(metafile, "utf8"));
    return Object.keys(inputs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of the program, and of the page that it carries as text. */
const bundleInputs = (): readonly string[] => [
  ...inputsOf("bun", "./src/main.ts", "./src/vault/keyring-worker.ts"),
  ...inputsOf("browser", "./src/page/main.tsx"),
];

/** A copy of the source with the packages of every system: a plain install brings only the host's native code. */
function everySystem(): string {
  const folder = mkdtempSync(join(tmpdir(), "ccb-release-"));
  for (const name of ["package.json", "bun.lock", "bunfig.toml", "providers.yaml", "tsconfig.json", "src", ".ci"])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  run([process.execPath, "install", "--frozen-lockfile", "--ignore-scripts", "--os=*", "--cpu=*", "--libc=*"], folder);
  return folder;
}

/** Builds one target; throws where the keyring's native code is not the one of that system. */
function build(target: string, source: string, outfile: string): Uint8Array {
  run([process.execPath, ".ci/build.ts", outfile, ...(target === HOST ? [] : [`--target=bun-${target}`])], source);
  const binary = readFileSync(outfile);
  const folder = join(source, ADDON, `keyring-${TARGETS[target]}`);
  const addon = readdirSync(folder).find((name) => name.endsWith(".node"));
  if (addon === undefined || !binary.includes(readFileSync(join(folder, addon))))
    throw new Error(`${target}: the keyring's native code of ${TARGETS[target]} is not inside`);
  return binary;
}

function chosenTargets(text: string): readonly string[] {
  if (text === "host") return [HOST];
  const names = text === "all" ? Object.keys(TARGETS) : text.split(",");
  for (const name of names)
    if (TARGETS[name] === undefined)
      throw new Error(`no such target: ${name}; there are ${Object.keys(TARGETS).join(", ")}`);
  return names;
}

/** SOURCE_DATE_EPOCH, else the time of the commit: the same source gives the same papers. */
function timestamp(): number {
  const given = process.env["SOURCE_DATE_EPOCH"];
  if (given !== undefined) return Number(given);
  const { stdout } = Bun.spawnSync(["git", "log", "-1", "--format=%ct"], { cwd: root });
  return Number(stdout.toString().trim()) || 0;
}

function main(): number {
  const { values } = parseArgs({ options: { targets: { type: "string" }, out: { type: "string" } } });
  const faults = supplyChainFaults({
    packageJson: read("package.json"),
    lock: read("bun.lock"),
    bunfig: read("bunfig.toml"),
  });
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) return 1;

  try {
    // Bundling looks at no types: a word that a language lacks would pass.
    run([process.execPath, "run", "--bun", "types:src"], root);
  } catch (error) {
    console.error(String(error));
    return 1;
  }

  const { version }: { version: string } = JSON.parse(read("package.json"));
  const out = resolve(values.out ?? join(root, "dist", "release"));
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });

  const targets = chosenTargets(values.targets ?? "host");
  const source = targets.every((target) => target === HOST) ? root : everySystem();
  const failed: string[] = [];
  for (const target of targets) {
    const name = `ccb-${version}-${target}${target.startsWith("windows") ? ".exe" : ""}`;
    try {
      // Its source maps hold the whole source; they stay in a folder of their own.
      const scratch = mkdtempSync(join(tmpdir(), "ccb-target-"));
      writeFileSync(join(out, name), build(target, source, join(scratch, name)), { mode: 0o755 });
      rmSync(scratch, { recursive: true, force: true });
      console.log(`built ${name}`);
    } catch (error) {
      failed.push(target);
      console.error(`NOT built ${name}: ${String(error)}`);
    }
  }
  const lock = parseLock(read("bun.lock"));
  const script = "node_modules/@scalar/api-reference";
  // The bundle is the host's: the native code of the other systems comes on top.
  const built = targets.filter((target) => !failed.includes(target));
  const folders = new Set([
    ...packageFolders(bundleInputs()).filter((folder) => !folder.startsWith(`${ADDON}/keyring-`)),
    ...built.map((target) => `${ADDON}/keyring-${TARGETS[target]}`),
  ]);
  const bill = {
    version,
    bunVersion: Bun.version,
    bundled: readComponents(source, [...folders], lock),
    inScript: readComponents(root, dependencyFolders(root, script), lock),
    timestamp: timestamp(),
  };
  if (source !== root) rmSync(source, { recursive: true, force: true });
  writeFileSync(join(out, `ccb-${version}.cdx.json`), billOfMaterials(bill));
  writeFileSync(join(out, "THIRD-PARTY-LICENSES.txt"), licenceList(bill));
  const files = readdirSync(out).sort();
  writeFileSync(join(out, "SHA256SUMS"), sums(files.map((name) => ({ name, data: readFileSync(join(out, name)) }))));
  console.log(`${files.length} files and SHA256SUMS in ${out}; ${bill.bundled.length} packages inside`);
  if (failed.length > 0) console.error(`not built: ${failed.join(", ")}`);
  return failed.length > 0 ? 1 : 0;
}

process.exit(main());
