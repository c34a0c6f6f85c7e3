// The rows of the bench, as `--only` names them: by name, or by the number in the table of README.md.

export const ROWS = [
  "small1",
  "small32",
  "small256",
  "gaps",
  "burst",
  "big",
  "silent",
  "idle",
  "million",
  "start",
  "many",
] as const;

export type Row = (typeof ROWS)[number];

const NUMBERED: Readonly<Record<string, readonly Row[]>> = {
  "1": ["small1"],
  "2": ["small32", "small256"],
  "3": ["small32"],
  "4": ["gaps"],
  "5": ["burst"],
  "6": ["big"],
  "7": ["silent"],
  "8": ["idle"],
  "9": ["million"],
  "10": ["start"],
  "11": ["many"],
};

/** `small32,burst` or `2,5`; undefined: all that are given. Throws on what is neither. */
export function parseRows(only: string | undefined, all: readonly Row[] = ROWS): ReadonlySet<Row> {
  if (only === undefined) return new Set(all);
  return new Set(
    only.split(",").flatMap((name) => {
      const rows = NUMBERED[name] ?? ROWS.filter((row) => row === name);
      if (rows.length === 0) throw new Error(`no row ${name}: there are ${ROWS.join(", ")}, or 1 to 11`);
      return rows;
    }),
  );
}
