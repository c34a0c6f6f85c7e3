// What is typed: lines in order, and a secret that a terminal does not show.
import { describe, expect, test } from "bun:test";
import { PassThrough } from "node:stream";
import type { ReadStream } from "node:tty";
import { readHidden, readLines } from "../../src/cli/login/terminal.ts";

/** A terminal that notes when its echo is off. */
function terminal() {
  const raw: boolean[] = [];
  const stream = Object.assign(new PassThrough(), { setRawMode: (on: boolean) => void raw.push(on) });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is read of a terminal, and no more
  return { stream, raw, input: stream as unknown as ReadStream };
}

describe("a hidden line", () => {
  for (const [what, typed, expected] of [
    ["ends with Enter", ["sec", "ret\rmore"], "secret"],
    ["may be pasted, and corrected", ["\u001b[200~secreu\u001b[201~", "\u007ft\n"], "secret"],
    ["may be given up", ["secret\u0003"], null],
    ["may have no end", ["\u0004"], null],
  ] as const)
    test(what, async () => {
      const { stream, raw, input } = terminal();
      const line = readHidden(input);
      expect(raw).toEqual([true]);
      for (const text of typed) stream.write(text);
      expect(await line).toBe(expected);
      expect(raw).toEqual([true, false]);
    });
});

test("lines wait until somebody asks; after the last one there is none", async () => {
  const { stream, input } = terminal();
  const lines = readLines(input);
  const first = lines.next();
  stream.write("one\ntwo\n");
  expect(await first).toBe("one");
  expect(await lines.next()).toBe("two");
  const none = lines.next();
  stream.end("three");
  expect([await none, await lines.next(), await lines.next()]).toEqual(["three", null, null]);
});
