// The configuration as far as it says where the server is: also where this shell lacks the server's keys, and where the
// file was broken after the server read it.
import { Value } from "@sinclair/typebox/value";
import { parse, stringify } from "yaml";
import { expandEnvironment } from "../config/environment.ts";
import { readConfigFile } from "../config/files.ts";
import { loadConfig } from "../config/load.ts";
import type { LoadResult } from "../config/load.ts";
import { readOverrides } from "../config/overrides.ts";
import type { Flags } from "../config/overrides.ts";
import { parseConfig } from "../config/parse.ts";
import { MappingSchema } from "../config/schema.ts";
import { load, whereabouts } from "./configuration.ts";
import { userId } from "./runtime.ts";

type ServerFlags = Pick<Flags, "config" | "port">;

export interface Lenient {
  readonly result: LoadResult;
  /** The file that is not good, though what it says of the server can be read; else null. */
  readonly broken: string | null;
}

/** Fits where a key or an address is wanted; the server itself knows the real one. */
const standIn = (name: string): string => `http://127.0.0.1/${name}/not-set-in-this-shell`;

/** All that says where the server is and whom it lets in. */
const WHERE = ["host", "port", "socket", "tls", "ca_file", "language"];

/** A file with nothing but that; null: it is no YAML. */
function whereOf(text: string): string | null {
  let value: unknown;
  try {
    value = parse(text, { logLevel: "silent" });
  } catch {
    return null;
  }
  const settings = Value.Check(MappingSchema, value) ? value["settings"] : undefined;
  const known = Value.Check(MappingSchema, settings)
    ? Object.entries(settings).filter(([key]) => WHERE.includes(key))
    : [];
  const provider = { name: "stand-in", base_url: standIn("base_url"), auth_value: "passthrough" };
  return stringify({ providers: [provider], settings: Object.fromEntries(known) });
}

/**
 * Loads it. `result` is not ok where nothing tells where the server is; then it is that of the whole file. `evenBroken`:
 * no other part of the file is needed.
 */
export async function loadLeniently(flags: ServerFlags, evenBroken: boolean): Promise<Lenient> {
  const first = await load(flags);
  const file = first.ok ? null : (first.problems.find((problem) => problem.file !== null)?.file ?? null);
  const read = file === null ? null : await readConfigFile(file, userId());
  if (read?.kind !== "text") return { result: first, broken: null };
  const here = whereabouts();
  const unset = expandEnvironment(read.text, here.env).faults.flatMap((fault) =>
    fault.kind === "unset" ? [[fault.name, standIn(fault.name)]] : [],
  );
  const env = { ...here.env, ...Object.fromEntries(unset) };
  const second = await loadConfig({ ...here, flags, uid: userId(), env });
  if (second.ok || !evenBroken) return { result: second.ok ? second : first, broken: null };
  const text = whereOf(read.text);
  const overrides = readOverrides(flags, env);
  // Whether it may listen there so is the server's matter.
  const third = text === null ? null : parseConfig(text, { file, env, hostElsewhere: true });
  if (third?.ok !== true || overrides.problems.length > 0) return { result: first, broken: null };
  const config = { ...third.config, settings: { ...third.config.settings, ...overrides.settings } };
  return { result: { ok: true, config, unreadFile: null }, broken: file };
}
