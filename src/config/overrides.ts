// Flags and environment variables that stand above the file: --host, --port, --log-level, CCB_HOST, CCB_PORT, CCB_LOG_LEVEL.
import type { TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

import type { Say } from "../core/errors.ts";
import type { Settings } from "./config.ts";
import type { Environment } from "./environment.ts";
import { expectation } from "./expectation.ts";
import type { Problem } from "./problem.ts";
import { SettingsSchema } from "./schema.ts";
import { normaliseHost } from "./listening-rules.ts";

/** The flags as they were typed; undefined: not given. */
export interface Flags {
  readonly config?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly log_level?: string | undefined;
}

interface Overrides {
  readonly settings: Partial<Pick<Settings, "host" | "port" | "log_level">>;
  readonly problems: readonly Problem[];
  /** What named the host, `--host` or `CCB_HOST`; null: neither. */
  readonly hostFrom: string | null;
}

interface Given {
  /** What the person wrote: `--port` or `CCB_PORT`. */
  readonly name: string;
  readonly text: string;
}

const { host: HostSchema, port: PortSchema, log_level: LevelSchema } = SettingsSchema.properties;

/** Reads the overrides: the flag, else the variable (an empty one counts as unset). */
export function readOverrides(flags: Flags, env: Environment): Overrides {
  const problems: Problem[] = [];
  const report = (name: string, say: Say): void => {
    problems.push({ severity: "error", file: null, line: null, column: null, path: name, say });
  };
  const given = (flag: string | undefined, flagName: string, variable: string): Given | null => {
    if (flag !== undefined) return { name: flagName, text: flag };
    const text = env[variable] ?? "";
    return text === "" ? null : { name: variable, text };
  };
  const refuse = ({ name }: Given, schema: TSchema): void =>
    report(name, (words) => words.config.valueWrong(expectation(schema, words)));

  const settings: { -readonly [K in keyof Overrides["settings"]]: Overrides["settings"][K] } = {};

  const host = given(flags.host, "--host", "CCB_HOST");
  if (host !== null) {
    if (Value.Check(HostSchema, host.text)) settings.host = normaliseHost(host.text);
    else refuse(host, HostSchema);
  }

  const port = given(flags.port, "--port", "CCB_PORT");
  if (port !== null) {
    const number: unknown = /^\d{1,5}$/.test(port.text) ? Number(port.text) : null;
    if (Value.Check(PortSchema, number)) settings.port = number;
    else refuse(port, PortSchema);
  }

  const level = given(flags.log_level, "--log-level", "CCB_LOG_LEVEL");
  if (level !== null) {
    const name: unknown = level.text.toUpperCase();
    if (Value.Check(LevelSchema, name)) settings.log_level = name;
    else refuse(level, LevelSchema);
  }
  return { settings, problems, hostFrom: host?.name ?? null };
}
