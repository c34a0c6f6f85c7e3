// The lines by which each shell sets variables. Pure.
import { posix, win32 } from "node:path";

export const SHELLS = ["bash", "zsh", "fish", "powershell", "cmd"] as const;
export type Shell = (typeof SHELLS)[number];

/** In single quotes nothing but the quote means anything, in bash, zsh and every POSIX shell. */
const posixLine = (name: string, value: string): string =>
  `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`;

const LINES: Readonly<Record<Shell, (name: string, value: string) => string>> = {
  bash: posixLine,
  zsh: posixLine,
  // In fish's single quotes the backslash escapes itself and the quote.
  fish: (name, value) => `set -gx ${name} '${value.replaceAll(/[\\']/g, (character) => `\\${character}`)}'`,
  // PowerShell takes the typographic quotes for the plain one; each is doubled.
  powershell: (name, value) => `$env:${name} = '${value.replaceAll(/['‘’‚‛]/g, (quote) => quote + quote)}'`,
  // Up to the last quote of the line all is the value. It has no line breaks: no command could hold them.
  cmd: (name, value) => `set "${name}=${value.replaceAll(/[\r\n]+/g, " ")}"`,
};

/** One line for each variable, ending in a line break. */
export const toLines = (shell: Shell, variables: Readonly<Record<string, string>>): string =>
  Object.entries(variables)
    .map(([name, value]) => `${LINES[shell](name, value)}\n`)
    .join("");

/** The shell of that name; null: there is none. `pwsh` is a PowerShell, and `sh`, `dash` and `ksh` take the lines of bash. */
export function parseShell(name: string): Shell | null {
  const plain = name.toLowerCase().replace(/\.exe$/, "");
  const known = SHELLS.find((shell) => shell === plain);
  if (known !== undefined) return known;
  if (plain === "pwsh") return "powershell";
  return /^(?:sh|dash|ash|ksh|posix)$/.test(plain) ? "bash" : null;
}

/** The shell of a person who names none. */
export function usualShell(platform: string, env: Readonly<Record<string, string | undefined>>): Shell {
  const path = env["SHELL"] ?? "";
  if (platform === "win32" && path === "") return "powershell";
  const name = (platform === "win32" ? win32 : posix).basename(path);
  return parseShell(name) ?? "bash";
}
