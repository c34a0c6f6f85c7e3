// ccb doctor: every check at once, its findings in a fixed order, and the exit code.
import { CcbError, codeOf } from "../../core/errors.ts";
import { resolveLanguage, wordsOf } from "../../core/language.ts";
import type { Language } from "../../core/language.ts";
import type { Words } from "../../core/words/en.ts";
import { stateDirectory } from "../../vault/state-directory.ts";
import type { WorkerLike } from "../../vault/keyring.ts";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE, systemLanguage } from "../configuration.ts";
import { connectTo } from "../connect.ts";
import * as runtime from "../runtime.ts";
import { storePlace } from "../store.ts";
import { bounded } from "./bounded.ts";
import { judgeClaudeCode } from "./claude-code.ts";
import { readClientEnvironment } from "./claude-settings.ts";
import type { ClientEnvironment } from "./claude-settings.ts";
import { checkClaudeVersion } from "./claude-version.ts";
import { checkClientPath } from "./client-path.ts";
import { judgeClock } from "./clock.ts";
import { environmentFile, judgeConfiguration, loadAsServed } from "./configuration.ts";
import type { Loaded } from "./configuration.ts";
import type { Context } from "./context.ts";
import { destinationsOf } from "./destinations.ts";
import type { Destination } from "./destinations.ts";
import { checkPermissions } from "./permissions.ts";
import { judgeProxies } from "./proxies.ts";
import { checkReach } from "./reach.ts";
import type { Reached } from "./reach.ts";
import { found, worst } from "./report.ts";
import type { Check, Finding } from "./report.ts";
import { askServer, checkPort } from "./server.ts";
import type { Answer } from "./server.ts";
import { showReport } from "./show.ts";
import { checkStore } from "./store.ts";

export interface DoctorOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly key?: string;
  readonly json?: boolean;
}

/** Some checks are two looks, one after the other; this is the end of the longest, milliseconds. */
const LIMIT_MS = 8_000;

type Findings = readonly Finding[];

/** The findings of one check; a fault in it, or its silence, is a finding too. */
async function guarded(check: Check, words: Words, work: () => Promise<Findings> | Findings): Promise<Findings> {
  const { doctor } = words;
  const late = [found(check, "problem", doctor.tookTooLong({ seconds: LIMIT_MS / 1000 }))];
  try {
    return await bounded(runtime.realClock, LIMIT_MS, Promise.resolve(work()), late);
  } catch (error) {
    const text = error instanceof CcbError ? error.say(words) : doctor.failed({ reason: codeOf(error) });
    return [found(check, "problem", text)];
  }
}

/** How Claude Code is started from here. */
const clientEnvironment = (): ClientEnvironment =>
  readClientEnvironment({
    env: runtime.originalEnvironment(),
    platform: runtime.platform,
    home: runtime.homeDirectory(),
    cwd: runtime.workingDirectory(),
  });

const claudeVersion = (words: Words): Promise<Findings> =>
  guarded("claude_code", words, async () => [
    await checkClaudeVersion({ words, find: runtime.desktop.find, env: runtime.originalEnvironment() }),
  ]);

/** Of a configuration that is not good: the file that it is about. */
const fileOf = ({ result }: Loaded): string | null =>
  result.ok ? result.config.file : (result.problems.find(({ file }) => file !== null)?.file ?? null);

function permissions(words: Words, config: Context["config"] | null, configFile: string | null): Promise<Findings> {
  const env = runtime.environment;
  const place = config === null ? null : storePlace(config);
  return guarded("permissions", words, () =>
    checkPermissions({
      config,
      configFile,
      words,
      uid: runtime.userId(),
      env,
      stateFolder: stateDirectory(env, runtime.platform, runtime.homeDirectory()),
      privatePlaces:
        place === null ? [] : [place.files, place.usage, place.journalOf("keyring"), place.journalOf("file")],
      environmentFile: environmentFile(),
    }),
  );
}

/** Rejects where the file of authorities has gone since the configuration was read. */
async function reachAll(context: Context, destinations: readonly Destination[]): Promise<readonly Reached[]> {
  return checkReach(destinations, context, runtime.createRouting(context.config.settings.ca_file));
}

async function examine(
  context: Context,
  options: DoctorOptions,
  language: Language,
  spawn: () => WorkerLike,
): Promise<Findings> {
  const { config, words } = context;
  const client = clientEnvironment();
  const connected = connectTo(config, { key: options.key }, language);
  const asked = connected.then((server) => askServer(server, context));
  const nobody: Answer = { kind: "nobody" };
  const answer = asked.catch(() => nobody);
  const destinations = destinationsOf(config, words);
  const reached = reachAll(context, destinations);
  const groups = await Promise.all([
    guarded("port", words, async () => checkPort(context, (await connected).address, await asked)),
    guarded("store", words, () => checkStore(context, answer, spawn)),
    guarded("clock", words, async () => {
      const all = await reached;
      const said = all.flatMap(({ time }) => (time === null ? [] : [time]));
      return [
        judgeClock(
          said,
          all.some(({ finding }) => finding.level === "ok"),
          words,
        ),
      ];
    }),
    guarded("upstream", words, async () => (await reached).map(({ finding }) => finding)),
    guarded("proxy", words, () => judgeProxies(destinations, runtime.proxyEnvironment(), words)),
    permissions(words, config, config.file),
    claudeVersion(words),
    guarded("claude_code", words, () => judgeClaudeCode(client, config, words)),
    guarded("client_path", words, () => checkClientPath(context, client, answer)),
  ]);
  return groups.flat();
}

/** Looks at everything and prints what it finds. Resolves the exit code. */
export async function doctor(options: DoctorOptions, spawn: () => WorkerLike): Promise<number> {
  runtime.tolerateClosedOutput();
  const rest = runtime.stayAlive();
  const { config: file, host, port } = options;
  const loaded = await loadAsServed({ config: file, host, port });
  const { result } = loaded;
  const language = result.ok ? resolveLanguage(result.config.settings.language, runtime.locale()) : systemLanguage();
  const words = wordsOf(language);
  const configuration = judgeConfiguration(loaded, words);
  const context = result.ok
    ? { config: result.config, words, fetch: runtime.realFetch, clock: runtime.realClock }
    : null;
  const others =
    context === null
      ? (await Promise.all([permissions(words, null, fileOf(loaded)), claudeVersion(words)])).flat()
      : await examine(context, options, language, spawn);
  const findings = [...configuration, ...others];
  const report = { result: worst(findings), findings };
  showReport(report, words, options.json === true);
  rest();
  if (!result.ok) return EXIT_USAGE;
  return report.result === "problem" ? EXIT_FAILURE : EXIT_OK;
}
