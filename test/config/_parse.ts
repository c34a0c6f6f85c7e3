// Shorthand for the tests of the configuration: a text in, lines for people out.
import { describe, expect, test } from "bun:test";

import type { Config } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/parse.ts";
import type { ParseResult } from "../../src/config/parse.ts";
import type { Problem } from "../../src/config/problem.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { en } from "../../src/core/words/en.ts";

const FILE = "/home/me/.config/ccb/providers.yaml";

/** A provider that is right, indented as an entry of the list. */
export const PROVIDER = "  - {name: A, base_url: https://api.anthropic.com, auth_value: oauth}\n";

export function parse(text: string, env: Record<string, string> = {}): ParseResult {
  return parseConfig(text, { file: FILE, env });
}

/** `line:column: severity: path: text` */
function say(problem: Problem): string {
  return formatProblem({ ...problem, file: null }, en);
}

/** What is said about a text, in order. */
export function complaints(text: string, env: Record<string, string> = {}): string[] {
  const result = parse(text, env);
  return (result.ok ? result.config.warnings : result.problems).map(say);
}

/** The configuration of a text that has to be right. */
export function accept(text: string, env: Record<string, string> = {}): Config {
  const result = parse(text, env);
  if (!result.ok) throw new Error(result.problems.map(say).join("\n"));
  return result.config;
}

export const settings = (lines: string): string => `providers:\n${PROVIDER}settings:\n${lines}\n`;
export const provider = (fields: string): string => `providers:\n  - {${fields}}\n`;
export const OFFICIAL = "name: A, base_url: https://api.anthropic.com";

/** [what, text, what is said: `line:column: error: path: …`, as far as it matters] */
export type Row = readonly [what: string, text: string, ...expected: string[]];

/** One test a row: exactly these complaints, each beginning as written. */
export function table(title: string, rows: readonly Row[], env: Record<string, string> = {}): void {
  describe(title, () => {
    for (const [what, text, ...expected] of rows) {
      test(what, () => {
        const said = complaints(text, env);
        expect(said.map((line, index) => line.slice(0, expected[index]?.length ?? line.length))).toEqual(expected);
      });
    }
  });
}
