// What holds for the catalogues as a whole.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { en } from "../../src/core/words/en.ts";
import { zhCN } from "../../src/core/words/zh-cn.ts";

/** Every word by its path; of one that takes parameters, its source, which holds all that it can say. */
function leaves(words: object, path = ""): readonly (readonly [path: string, text: string])[] {
  return Object.entries(words).flatMap(([name, word]: [string, unknown]) =>
    typeof word === "object" && word !== null
      ? leaves(word, `${path}${name}.`)
      : [[`${path}${name}`, String(word)] as const],
  );
}

// Claude Code shows "Not logged in · Please run /login" in place of a 401 whose message names that header.
test.each([
  ["en", en],
  ["zh-CN", zhCN],
] as const)("no message of an error names the header that Claude Code looks for (%s)", (_, words) => {
  const naming = leaves(words).filter(([, text]) => text.toLowerCase().includes("x-api-key"));
  // What `ccb key new` prints is no error.
  expect(naming.map(([path]) => path)).toEqual(["access.keyUse"]);
});

/** What is long enough to be a sentence, or a line to copy. */
const LONG = /"((?:[^"\\\n]|\\.){24,})"|'((?:[^'\\\n]|\\.){24,})'|`((?:[^`\\]|\\.){24,})`/g;

test.each(["core/words/en", "core/words/zh-cn", "page/words"])("no string is there twice in %s", (name) => {
  const folder = join(import.meta.dir, "..", "..", "src", name);
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
  const strings = texts.flatMap((text) => [...text.matchAll(LONG)].map(([, ...found]) => found.find(Boolean) ?? ""));
  const twice = strings.filter((string, at) => strings.indexOf(string) !== at);
  expect(twice.filter((string) => !string.includes("${proxy"))).toEqual([]);
  // A line to copy is one, whatever stands around it.
  expect(texts.join("").split("gnome-keyring-daemon --replace").length - 1).toBeLessThan(2);
});
