// What Claude Code has for an environment: that of the shell, under the `env` of its settings files.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { codeOf } from "../../core/errors.ts";

/** A file of settings is a few kilobytes. */
const MAX_BYTES = 1024 * 1024;

const MANAGED: Readonly<Record<string, string>> = {
  linux: "/etc/claude-code/managed-settings.json",
  darwin: "/Library/Application Support/ClaudeCode/managed-settings.json",
  win32: String.raw`C:\Program Files\ClaudeCode\managed-settings.json`,
};

const SettingsSchema = Type.Object({
  env: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  apiKeyHelper: Type.Optional(Type.String()),
});

interface Place {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly home: string;
  readonly cwd: string;
}

interface Variable {
  readonly value: string;
  /** The file that sets it; null: the shell. */
  readonly source: string | null;
}

export interface ClientEnvironment {
  /** The value that counts and who sets it; undefined where it is not set or empty. */
  get(name: string): Variable | undefined;
  /** The file that names a program for the key; null: none does. */
  readonly keyHelper: string | null;
  /** Files that are there and cannot be read, and why. */
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
}

function readSettings(file: string): unknown {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) return null;
  if (!status.isFile() || status.size > MAX_BYTES) throw new Error("not a file of settings");
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Reads the files in the order of their rank: the later ones win, and what is managed last of all. */
export function readClientEnvironment({ env, platform, home, cwd }: Place): ClientEnvironment {
  const folder = env["CLAUDE_CONFIG_DIR"] || join(home, ".claude");
  const managed = MANAGED[platform];
  const files = [
    join(folder, "settings.json"),
    join(cwd, ".claude", "settings.json"),
    join(cwd, ".claude", "settings.local.json"),
    ...(managed === undefined ? [] : [managed]),
  ];
  const set = new Map<string, Variable>();
  for (const [name, value] of Object.entries(env)) if (value !== undefined) set.set(name, { value, source: null });
  const unreadable: { file: string; reason: string }[] = [];
  let keyHelper: string | null = null;
  for (const file of new Set(files)) {
    try {
      const settings = readSettings(file);
      if (settings === null) continue;
      if (!Value.Check(SettingsSchema, settings)) throw new TypeError("not settings");
      for (const [name, value] of Object.entries(settings.env ?? {}))
        if (typeof value === "string") set.set(name, { value, source: file });
      if (settings.apiKeyHelper !== undefined) keyHelper = file;
    } catch (error) {
      // The system's own word or the kind of error: a message would quote the file.
      unreadable.push({ file, reason: codeOf(error) });
    }
  }
  return {
    get(name) {
      const found = set.get(name);
      return found === undefined || found.value === "" ? undefined : found;
    },
    keyHelper,
    unreadable,
  };
}
