// What stands below the help of a command.
import type { Words } from "../../core/words/en.ts";

export const exampleText = (words: Words, examples: readonly string[]): string =>
  `\n${[words.commands.examples, ...examples.map((example) => `  ${example}`)].join("\n")}`;
