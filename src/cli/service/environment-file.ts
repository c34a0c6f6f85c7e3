// The EnvironmentFile of a service, read as systemd reads it (systemd.exec(5)): what `${NAME}` in providers.yaml will be there.
import { readFileSync } from "node:fs";

const ASSIGNMENT = /^\s*([A-Za-z_]\w*)=(.*)$/;

/** Takes matching quotes away. Continued lines and escapes are left to systemd. */
function unquote(value: string): string {
  const text = value.trim();
  return /^(?:"[^"]*"|'[^']*')$/.test(text) ? text.slice(1, -1) : text;
}

/** The assignments of a text; comments, empty and other lines are passed over. */
export function parseEnvironmentFile(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = ASSIGNMENT.exec(line) ?? [];
    if (name !== undefined && value !== undefined) found[name] = unquote(value);
  }
  return found;
}

/** The assignments of a file; one that is missing or cannot be read has none. */
export function readEnvironmentFile(path: string): Record<string, string> {
  try {
    return parseEnvironmentFile(readFileSync(path, "utf8"));
  } catch {
    return {};
  }
}
