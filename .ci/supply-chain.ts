// What the program is made of: the rules its dependencies keep, and the packages that are really inside the binary.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A release younger than this is not installed: most hijacked packages are found out within it, seconds. */
const MINIMUM_AGE_SECONDS = 259_200;
const EXACT = /^(?:npm:(?:@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/;

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license?: string | { readonly type?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** bun.lock as far as it is read here: `[name@version, registry, metadata, integrity]` by place. */
interface Lock {
  readonly workspaces: Readonly<Record<string, Omit<PackageJson, "name" | "version">>>;
  readonly packages: Readonly<Record<string, readonly unknown[]>>;
}

/** One package inside the binary. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** SPDX expression as the package states it. */
  readonly license: string;
  /** Texts of its licence files. */
  readonly texts: readonly string[];
  /** SHA-512 of the package's archive, hexadecimal; null where the lock file has none. */
  readonly sha512: string | null;
  /** What its package.json asks for. */
  readonly dependsOn: readonly string[];
}

export function parseLock(text: string): Lock {
  // JSON but for its trailing commas; none of its strings holds such a pair.
  const lock: Lock = JSON.parse(text.replaceAll(/,(?=\s*[}\]])/g, ""));
  return lock;
}

/** What is wrong with the pins, the lock file and the age rule; empty: nothing. */
export function supplyChainFaults(files: { packageJson: string; lock: string; bunfig: string }): readonly string[] {
  const faults: string[] = [];
  const { dependencies, devDependencies }: PackageJson = JSON.parse(files.packageJson);
  const asked = { ...dependencies, ...devDependencies };
  for (const [name, version] of Object.entries(asked))
    if (!EXACT.test(version)) faults.push(`package.json: ${name} is not pinned exactly: ${version}`);

  const lock = parseLock(files.lock);
  const locked = { ...lock.workspaces[""]?.dependencies, ...lock.workspaces[""]?.devDependencies };
  for (const name of new Set([...Object.keys(asked), ...Object.keys(locked)]))
    if (asked[name] !== locked[name])
      faults.push(`bun.lock: ${name} is ${locked[name]}, package.json says ${asked[name]}`);
  for (const [place, entry] of Object.entries(lock.packages)) {
    const [id, registry, , integrity] = entry;
    if (typeof integrity !== "string" || !integrity.startsWith("sha512-"))
      faults.push(`bun.lock: ${place} has no SHA-512`);
    if (registry !== "") faults.push(`bun.lock: ${String(id)} comes from ${String(registry)}, not from the registry`);
  }

  // Bun's own parser; its result has no type.
  const bunfig: { install?: Readonly<Record<string, unknown>> } = JSON.parse(
    JSON.stringify(Bun.TOML.parse(files.bunfig)),
  );
  const install = bunfig.install ?? {};
  const age = install["minimumReleaseAge"];
  if (install["exact"] !== true) faults.push("bunfig.toml: install.exact is not true");
  if (typeof age !== "number" || age < MINIMUM_AGE_SECONDS)
    faults.push(`bunfig.toml: install.minimumReleaseAge is under ${MINIMUM_AGE_SECONDS} s`);
  if (install["minimumReleaseAgeExcludes"] !== undefined)
    faults.push("bunfig.toml: install.minimumReleaseAgeExcludes makes exceptions");
  return faults;
}

/** The folders of the packages that a bundle took files from, by the inputs of its metafile. */
export function packageFolders(inputs: Iterable<string>): readonly string[] {
  const folders = new Set<string>();
  for (const input of inputs) {
    const match = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input);
    if (match) folders.add(match[0]);
  }
  return [...folders].sort();
}

/**
 * The folders of everything a package may have had bundled into it: its dependencies, theirs, and so on, as Node
 * resolves them. More than what is inside, never less.
 */
export function dependencyFolders(root: string, folder: string): readonly string[] {
  const found = new Set<string>();
  const queue = [folder];
  for (let current = queue.shift(); current !== undefined; current = queue.shift()) {
    if (found.has(current)) continue;
    found.add(current);
    const { dependencies = {} } = readPackage(join(root, current));
    for (const name of Object.keys(dependencies)) {
      let place = current;
      while (place !== "." && !existsSync(join(root, place, "node_modules", name, "package.json")))
        place = dirname(place);
      const at = join(place, "node_modules", name);
      if (existsSync(join(root, at, "package.json"))) queue.push(at);
    }
  }
  return [...found].sort();
}

function readPackage(folder: string): PackageJson {
  const found: PackageJson = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return found;
}

const hexOf = (integrity: unknown): string | null =>
  typeof integrity === "string" ? Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex") : null;

/** Reads the packages of `folders`, one of each name and version. */
export function readComponents(root: string, folders: readonly string[], lock: Lock): readonly Component[] {
  const integrities = new Map(Object.values(lock.packages).map((entry) => [entry[0], entry[3]]));
  const components = new Map<string, Component>();
  for (const folder of folders) {
    const path = join(root, folder);
    const { name, version, license, dependencies = {} } = readPackage(path);
    components.set(`${name}@${version}`, {
      name,
      version,
      license: typeof license === "string" ? license : (license?.type ?? "NOASSERTION"),
      texts: readdirSync(path)
        .filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file))
        .sort()
        .map((file) => readFileSync(join(path, file), "utf8").trim()),
      sha512: hexOf(integrities.get(`${name}@${version}`)),
      dependsOn: Object.keys(dependencies),
    });
  }
  return [...components.values()].sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}
