// From the command line to a plan: the configuration is loaded as the service will see it, not as this terminal does.
import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { loadConfig } from "../../config/load.ts";
import { SYSTEM_FILE, userConfigFile } from "../../config/locate.ts";
import type { Whereabouts } from "../../config/locate.ts";
import type { Problem } from "../../config/problem.ts";
import type { Say } from "../../core/errors.ts";
import { stateDirectory } from "../../vault/state-directory.ts";
import { readEnvironmentFile } from "./environment-file.ts";
import { agentLogFile } from "./manager.ts";
import { SYSTEM_STORE_KEY } from "./plan.ts";
import type { Scope, ServicePlan } from "./plan.ts";
import { isPlain } from "./unit-text.ts";

export interface PlanRequest {
  readonly scope: Scope;
  readonly place: Whereabouts;
  readonly uid: number | undefined;
  /** The binary's absolute path, null where ccb runs from its source. */
  readonly program: string | null;
  /** As typed. */
  readonly config: string | undefined;
  /** As typed. */
  readonly storeKey: string | undefined;
}

export interface Planned {
  readonly plan: ServicePlan;
  /** Of the configuration, as `ccb check` says them. */
  readonly problems: readonly Problem[];
  /** Why such a service would not start, or not keep what it is given. */
  readonly obstacles: readonly Say[];
  /** A path would break out of its line: the unit would say something else. */
  readonly unwritable: boolean;
}

/** Where `make install` puts the binary; for `print` from the source. */
const INSTALLED = "/usr/local/bin/ccb";
/** What ProtectHome= and PrivateTmp= hide from a system service. */
const HIDDEN = /^\/(?:home|root|run\/user|tmp|var\/tmp)\//;
const OTHERS_MAY_READ = 0o004;

const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null;

/** A person's own service loads what the person's terminal would find, by name; the system's what it finds in /etc. */
function viewOf({ scope, place, config }: PlanRequest, environmentFile: string): { place: Whereabouts; file?: string } {
  const given = readEnvironmentFile(environmentFile);
  const absolute = config === undefined ? undefined : resolve(place.cwd, config);
  const named = absolute === undefined ? {} : { file: absolute };
  if (scope === "system") return { place: { platform: place.platform, env: given, home: "/", cwd: "/" }, ...named };
  const own = ["XDG_CONFIG_HOME", "APPDATA", "CCB_CONFIG"].map((name) => [name, place.env[name]]);
  return { place: { ...place, env: { ...Object.fromEntries(own), ...given } }, ...named };
}

async function obstaclesOf(plan: ServicePlan, program: string | null): Promise<readonly Say[]> {
  const found: Say[] = [];
  const { config, storeKey, environmentFile } = plan;
  if (program === null) found.push((words) => words.service.notCompiled);
  if (plan.scope === "user") return found;
  if (HIDDEN.test(plan.program)) found.push((words) => words.service.programHidden({ path: plan.program }));
  const file = config ?? SYSTEM_FILE;
  if (HIDDEN.test(file)) found.push((words) => words.service.configHidden({ path: file }));
  const mode = (await stat(file).catch(() => null))?.mode;
  if (mode !== undefined && (mode & OTHERS_MAY_READ) === 0)
    found.push((words) => words.service.configUnreadable({ path: file, environmentFile }));
  if (storeKey !== null && !(await isThere(storeKey)))
    found.push((words) => words.service.storeKeyMissing({ path: storeKey }));
  return found;
}

/** The paths that a unit or a plist may name. */
function pathsOf(plan: ServicePlan): readonly string[] {
  const { program, config, storeKey, environmentFile, stateDirectory, stateHome, socket, logFile } = plan;
  const maybe = [config, storeKey, stateHome, socket].filter((path) => path !== null);
  return [program, environmentFile, stateDirectory, logFile, ...maybe];
}

/** Makes the plan. Never rejects: with a faulty configuration the defaults stand in, and the problems are in the result. */
export async function makePlan(request: PlanRequest): Promise<Planned> {
  const { scope, place, program } = request;
  const system = scope === "system";
  const environmentFile = join(dirname(system ? SYSTEM_FILE : userConfigFile(place)), "environment");
  const view = viewOf(request, environmentFile);
  const loaded = await loadConfig({
    flags: { config: view.file },
    uid: system ? 0 : request.uid,
    ...view.place,
  });
  const settings = loaded.ok ? loaded.config.settings : null;
  const found = loaded.ok ? loaded.config.file : null;
  const typedKey = request.storeKey === undefined ? null : resolve(place.cwd, request.storeKey);
  const plan: ServicePlan = {
    scope,
    program: program ?? INSTALLED,
    // A system service finds the file in /etc by itself, also one that is written later.
    config: view.file ?? (system ? null : found),
    storeKey: typedKey ?? (system ? SYSTEM_STORE_KEY : null),
    environmentFile,
    stateDirectory: stateDirectory(place.env, place.platform, place.home),
    stateHome: (system ? "" : place.env["XDG_STATE_HOME"]) || null,
    socket: settings?.socket ?? null,
    graceSeconds: settings?.shutdown_grace_seconds ?? 30,
    port: settings?.port ?? 9090,
    namespaces: true,
    logFile: agentLogFile(place.home),
  };
  const unwritable = pathsOf(plan).some((path) => !isPlain(path));
  const obstacles = [...(await obstaclesOf(plan, program))];
  if (unwritable) obstacles.push((words) => words.service.pathNotPlain);
  // A user that exists only for the service has no keyring.
  if (system && settings !== null && settings.oauth.enable_persistence && settings.oauth.store === "keyring")
    obstacles.push((words) => words.service.storeNotKept);
  const problems = loaded.ok ? loaded.config.warnings : loaded.problems;
  return { plan, problems, obstacles, unwritable };
}
