// What holds for the catalogues as a whole.
import { expect, test } from "bun:test";
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
