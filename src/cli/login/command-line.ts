// A command line of ccb for people to copy, which finds the server that another one started.
import { resolve } from "node:path";
import type { Flags } from "../../config/overrides.ts";

/** As it is where no shell would see more than a word in it, else in single quotes. */
const quoted = (text: string): string =>
  /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** `ccb NAME`, with those of the flags by which the server is found. */
export function commandFor(name: string, { config, host, port }: Flags, folder: string): string {
  const file = config === undefined ? undefined : resolve(folder, config);
  const flags = Object.entries({ "--config": file, "--host": host, "--port": port }).flatMap(([flag, value]) =>
    value === undefined ? [] : [flag, quoted(value)],
  );
  return ["ccb", name, ...flags].join(" ");
}
