// The syntax of systemd's unit files: sections, and words that need quotes (systemd.syntax(7), systemd.service(5)).

/** One line of a section: a key and its value, or a comment for whoever reads the unit. */
export type Line = readonly [key: string, value: string] | string;

/** Whether a text stays on its line of a unit, and fits into a plist: a backslash at its end would take in the next line. */
export const isPlain = (text: string): boolean => !/\p{Cc}|\\$/u.test(text);

/** `%` begins a specifier in nearly every setting. */
export const escapeSpecifiers = (text: string): string => text.replaceAll("%", "%%");

/** One word of a list of paths or assignments, quoted where it has to be. */
export function quoteWord(text: string): string {
  const escaped = escapeSpecifiers(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return /[\s"'\\;]/.test(text) ? `"${escaped}"` : escaped;
}

/** A command line as `ExecStart=` takes it: there `$` begins a variable, too. Not for the first word's prefixes (`-`, `+`, `!`, `@`). */
export const commandLine = (words: readonly string[]): string =>
  words.map((word, index) => (index === 0 ? quoteWord(word) : quoteWord(word).replaceAll("$", () => "$$"))).join(" ");

/** The text of a unit. */
export function unitText(sections: Readonly<Record<string, readonly Line[]>>): string {
  return Object.entries(sections)
    .map(([name, lines]) => {
      const text = lines.map((line) => (typeof line === "string" ? `# ${line}` : `${line[0]}=${line[1]}`));
      return `[${name}]\n${text.join("\n")}\n`;
    })
    .join("\n");
}
