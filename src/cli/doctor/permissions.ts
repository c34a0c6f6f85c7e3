// Whether others can change what ccb trusts, or read what is secret.
import { readFileSync, statSync } from "node:fs";
import type { Config } from "../../config/config.ts";
import type { Words } from "../../core/words/en.ts";
import { storeKeyFile } from "../../vault/store-key.ts";
import { found } from "./report.ts";
import type { Finding } from "./report.ts";

const OTHERS_WRITE = 0o022;
const OTHERS_READ = 0o044;
const ALL = 0o777;

interface Place {
  readonly path: string;
  /** What nobody else may do. */
  readonly forbidden: number;
  /** What it should be, where it is not. */
  readonly mode: string;
}

interface PermissionDeps {
  /** null: it is not good, and nothing that it names is looked at. */
  readonly config: Config | null;
  /** The file of the configuration, good or not; null: there is none. */
  readonly configFile: string | null;
  readonly words: Words;
  /** undefined: a system without owners. */
  readonly uid: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stateFolder: string;
  /** Folders and files in it that are ccb's alone. */
  readonly privatePlaces: readonly string[];
  readonly environmentFile: string;
}

/** Every secret that a configuration file may hold in clear. */
function secretsOf({ providers, settings }: Config): readonly string[] {
  const keys = providers.flatMap(({ credential }) => (credential.kind === "key" ? [credential.key.reveal()] : []));
  const clients = settings.auth.keys.flatMap(({ secret }) => (secret.kind === "key" ? [secret.text.reveal()] : []));
  const webhook = settings.notify.webhook?.reveal();
  return [...keys, ...clients, ...(webhook === undefined ? [] : [webhook])];
}

function holdsSecret(file: string, config: Config): boolean {
  try {
    const text = readFileSync(file, "utf8");
    return secretsOf(config).some((secret) => secret !== "" && text.includes(secret));
  } catch {
    return false;
  }
}

function placesOf({
  config,
  configFile,
  env,
  stateFolder,
  privatePlaces,
  environmentFile,
}: PermissionDeps): readonly Place[] {
  const places: Place[] = [
    { path: stateFolder, forbidden: OTHERS_WRITE, mode: "700" },
    { path: environmentFile, forbidden: OTHERS_WRITE | OTHERS_READ, mode: "600" },
    ...privatePlaces.map((path) => ({ path, forbidden: OTHERS_WRITE | OTHERS_READ, mode: "700" })),
  ];
  const storeKey = storeKeyFile(env);
  // The group may read: systemd shows an ACL's mask there.
  if (storeKey !== null) places.push({ path: storeKey, forbidden: 0o027, mode: "600" });
  if (configFile !== null) {
    const secret = config !== null && holdsSecret(configFile, config);
    places.push({ path: configFile, forbidden: secret ? OTHERS_WRITE | OTHERS_READ : OTHERS_WRITE, mode: "600" });
  }
  // Its group may be that of the certificates.
  if (config?.settings.tls) places.push({ path: config.settings.tls.key, forbidden: 0o026, mode: "600" });
  return places;
}

/** The findings; one that all is well where it is. */
export function checkPermissions(deps: PermissionDeps): readonly Finding[] {
  const { words, uid } = deps;
  const { doctor } = words;
  if (uid === undefined) return [found("permissions", "ok", doctor.permissionsNone)];
  const findings = placesOf(deps).flatMap(({ path: file, forbidden, mode: wanted }): readonly Finding[] => {
    const status = statSync(file, { throwIfNoEntry: false });
    if (status === undefined) return [];
    if (status.uid !== uid && status.uid !== 0)
      return [found("permissions", "problem", doctor.fileForeign({ file }), doctor.fileForeignMend({ file }))];
    const open = status.mode & ALL & forbidden;
    if (open === 0) return [];
    const mode = status.isDirectory() ? "700" : wanted === "700" ? "600" : wanted;
    const advice = doctor.chmod({ mode, file });
    return (open & OTHERS_WRITE) !== 0
      ? [found("permissions", "problem", doctor.fileWritable({ file }), advice)]
      : [found("permissions", "warning", doctor.fileReadable({ file }), advice)];
  });
  return findings.length === 0 ? [found("permissions", "ok", doctor.permissionsGood)] : findings;
}
