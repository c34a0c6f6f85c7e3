// ccb service install | uninstall | print | status: writes the unit, and has the manager take it up.
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { builtin } from "../../core/builtin.ts";
import { formatProblem } from "../../config/problem.ts";
import { codeOf } from "../../core/errors.ts";
import { wordsOf } from "../../core/language.ts";
import type { WorkerLike } from "../../vault/keyring.ts";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE, systemLanguage, whereabouts } from "../configuration.ts";
import * as runtime from "../runtime.ts";
import { createScreen } from "../shown.ts";
import type { ServiceAction } from "./add-command.ts";
import { makePlan } from "./make-plan.ts";
import type { Planned } from "./make-plan.ts";
import { managerOf } from "./manager.ts";
import type { Manager, Step } from "./manager.ts";
import type { Scope } from "./plan.ts";
import { purgeStore } from "./purge.ts";

export interface ServiceOptions {
  readonly system?: boolean;
  readonly config?: string;
  readonly storeKey?: string;
  readonly purge?: boolean;
  readonly json?: boolean;
}

const words = wordsOf(systemLanguage());
const say = (text: string): void => runtime.writeError(`${text}\n`);

/** Runs a command of the manager, its output the person's. Gives back its exit code; 127 where there is no such program. */
function run({ command: [program, ...args], mayFail = false }: Step, quiet = mayFail, toError = false): number {
  const done = builtin.childProcess().spawnSync(program, args, {
    // Beside a document of JSON the output is no place for it.
    stdio: ["ignore", quiet ? "ignore" : toError ? 2 : "inherit", quiet ? "ignore" : "inherit"],
  });
  return done.error === undefined ? (done.status ?? EXIT_FAILURE) : 127;
}

/** Runs the steps in order; false after the first one that failed, which is said. */
function runAll(steps: readonly Step[], json: boolean): boolean {
  for (const step of steps) {
    const code = run(step, step.mayFail, json);
    if (code === 0 || step.mayFail) continue;
    say(words.service.stepFailed({ command: step.command.join(" "), code }));
    return false;
  }
  return true;
}

function sayProblems({ problems, obstacles }: Planned): boolean {
  for (const problem of problems) say(formatProblem(problem, words));
  for (const obstacle of obstacles) say(obstacle(words));
  return obstacles.length > 0 || problems.some(({ severity }) => severity === "error");
}

const printJson = (document: Readonly<Record<string, unknown>>): void =>
  createScreen(runtime.writeOutput, false).json(document, "line");

async function install(manager: Manager, planned: Planned, json: boolean): Promise<number> {
  if (sayProblems(planned)) {
    say(words.service.notInstalled);
    return EXIT_USAGE;
  }
  if (run(manager.reach, true) !== 0) {
    say(words.service.unreachable[manager.kind]);
    return EXIT_FAILURE;
  }
  const namespaces = manager.probe === null || run(manager.probe, true) === 0;
  if (!namespaces) say(words.service.lessHardened);
  const plan = { ...planned.plan, namespaces };
  try {
    // Whoever made it first made it: systemd would make it too late for ReadWritePaths=.
    if (plan.scope === "user") await mkdir(plan.stateDirectory, { recursive: true, mode: 0o700 });
    await mkdir(dirname(manager.file), { recursive: true });
    const unfinished = `${manager.file}.${runtime.pid}`;
    await writeFile(unfinished, manager.text(plan), { mode: 0o644 });
    await rename(unfinished, manager.file);
  } catch (error) {
    say(words.service.writeFailed({ file: manager.file, reason: codeOf(error) }));
    return EXIT_FAILURE;
  }
  if (!runAll(manager.start, json)) return EXIT_FAILURE;
  if (json) {
    printJson({ manager: manager.kind, scope: plan.scope, file: manager.file, installed: true });
    return EXIT_OK;
  }
  runtime.writeOutput(`${words.service.installed({ file: manager.file })}\n`);
  runtime.writeOutput(`${words.service.next[plan.scope === "system" ? "system" : manager.kind]}\n`);
  return EXIT_OK;
}

async function uninstall(
  manager: Manager,
  planned: Planned,
  { purge, json }: { readonly purge: boolean; readonly json: boolean },
  spawnKeyringWorker: () => WorkerLike,
): Promise<number> {
  const { scope, config } = planned.plan;
  const tell = (text: string): void => {
    if (!json) runtime.writeOutput(`${text}\n`);
  };
  const installed = (await stat(manager.file).catch(() => null)) !== null;
  if (installed && !runAll([...manager.stop, ...(purge ? manager.purge : [])], json)) return EXIT_FAILURE;
  if (!installed && !purge) {
    say(words.service.absent({ file: manager.file }));
    return EXIT_FAILURE;
  }
  if (installed) {
    try {
      await rm(manager.file);
    } catch (error) {
      say(words.service.writeFailed({ file: manager.file, reason: codeOf(error) }));
      return EXIT_FAILURE;
    }
    if (!runAll(manager.removed, json)) return EXIT_FAILURE;
    tell(words.service.uninstalled({ file: manager.file }));
  }
  if (purge && scope === "user") {
    const code = await purgeStore({ config: config ?? undefined }, spawnKeyringWorker);
    if (code !== EXIT_OK) return code;
  }
  tell(purge ? words.service.purged : words.service.tokensStay);
  if (json) printJson({ manager: manager.kind, scope, file: manager.file, installed: false, purged: purge });
  return EXIT_OK;
}

/** What the manager says, or as JSON whether there is a unit and whether it runs. */
async function status(manager: Manager, scope: Scope, json: boolean): Promise<number> {
  const code = run(manager.status, json) === 0 ? EXIT_OK : EXIT_FAILURE;
  if (!json) return code;
  const installed = (await stat(manager.file).catch(() => null)) !== null;
  const { kind, file } = manager;
  printJson({ manager: kind, scope, file, installed, running: code === EXIT_OK });
  return code;
}

/** Runs one action. Resolves the exit code: 2 where this system has no such service, or what was asked for would not start. */
export async function service(
  action: ServiceAction,
  options: ServiceOptions,
  spawnKeyringWorker: () => WorkerLike,
): Promise<number> {
  const scope: Scope = options.system === true ? "system" : "user";
  const place = whereabouts();
  const manager = managerOf({ ...place, scope, uid: runtime.userId() });
  if (manager === null) {
    say(scope === "system" ? words.service.noSystemService : words.service.noManager);
    return EXIT_USAGE;
  }
  const json = options.json === true;
  if (action === "status") return status(manager, scope, json);
  const { config, storeKey } = options;
  const planned = await makePlan({
    scope,
    place,
    uid: runtime.userId(),
    program: runtime.executable,
    config,
    storeKey,
  });
  if (action === "print") {
    sayProblems(planned);
    if (planned.unwritable) return EXIT_USAGE;
    const text = manager.text(planned.plan);
    if (json) printJson({ manager: manager.kind, scope, file: manager.file, text });
    else runtime.writeOutput(text);
    return EXIT_OK;
  }
  if (scope === "system" && runtime.userId() !== 0) {
    say(words.service.rootNeeded);
    return EXIT_USAGE;
  }
  return action === "install"
    ? install(manager, planned, json)
    : uninstall(manager, planned, { purge: options.purge === true, json }, spawnKeyringWorker);
}
