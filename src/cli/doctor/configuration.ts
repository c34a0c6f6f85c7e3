// Whether the configuration is good: as this shell sees it, or as the service does.
import { dirname, join } from "node:path";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import type { LoadResult } from "../../config/load.ts";
import { userConfigFile } from "../../config/locate.ts";
import type { Flags } from "../../config/overrides.ts";
import { formatProblem } from "../../config/problem.ts";
import type { Problem } from "../../config/problem.ts";
import type { Words } from "../../core/words/en.ts";
import { whereabouts } from "../configuration.ts";
import * as runtime from "../runtime.ts";
import { readEnvironmentFile } from "../service/environment-file.ts";
import { found } from "./report.ts";
import type { Finding } from "./report.ts";

/** Where the variables of a person's own service are. */
export const environmentFile = (): string => join(dirname(userConfigFile(whereabouts())), "environment");

export interface Loaded {
  readonly result: LoadResult;
  /** The file of variables that it takes; null: this shell's do. */
  readonly variablesFrom: string | null;
}

/** Loads what is in force. Where this shell lacks variables that the service has, theirs count. */
export async function loadAsServed(flags: Flags): Promise<Loaded> {
  const here = whereabouts();
  const options = { ...here, flags, uid: runtime.userId() };
  const plain = await loadConfig(options);
  const file = environmentFile();
  const more = plain.ok ? {} : readEnvironmentFile(file);
  if (Object.keys(more).length === 0) return { result: plain, variablesFrom: null };
  const served = await loadConfig({ ...options, env: { ...more, ...here.env } });
  return served.ok ? { result: served, variablesFrom: file } : { result: plain, variablesFrom: null };
}

const ofProblem = (problem: Problem, words: Words): Finding =>
  found(
    "configuration",
    problem.severity === "error" ? "problem" : "warning",
    formatProblem(problem, words),
    words.doctor.configurationMend,
  );

function whatIsGood({ file, providers }: Config, words: Words): Finding {
  const enabled = providers.filter((provider) => provider.enabled).length;
  return enabled === 0
    ? found("configuration", "problem", words.doctor.noProvider, words.doctor.enableProvider)
    : found("configuration", "ok", words.doctor.configurationGood({ file, providers: enabled }));
}

/** The findings; at least one is a problem where the configuration is not good. */
export function judgeConfiguration({ result, variablesFrom }: Loaded, words: Words): readonly Finding[] {
  const { doctor } = words;
  const problems = result.ok ? result.config.warnings : result.problems;
  const { unreadFile } = result;
  return [
    ...(result.ok ? [whatIsGood(result.config, words)] : []),
    ...problems.map((problem) => ofProblem(problem, words)),
    ...(variablesFrom === null
      ? []
      : [found("configuration", "ok", doctor.onlyInEnvironmentFile({ file: variablesFrom }))]),
    ...(unreadFile === null
      ? []
      : [
          found(
            "configuration",
            "warning",
            doctor.unreadThere({ file: unreadFile }),
            doctor.unreadMend({ file: unreadFile }),
          ),
        ]),
  ];
}
