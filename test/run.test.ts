// How the runner counts: nothing that went wrong may count as passed.
import { expect, test } from "bun:test";
import { countResult } from "./run.ts";

const report = (tests: number, failures: number, skipped: number): string =>
  `<?xml version="1.0"?>\n<testsuites name="bun test" tests="${tests}" assertions="9" failures="${failures}" skipped="${skipped}" time="0.1"></testsuites>`;

test.each([
  ["all good", report(3, 0, 0), 0, 3, 0],
  ["one failed", report(3, 1, 0), 1, 2, 1],
  ["an error outside of any test", report(3, 0, 0), 1, 3, 1],
  ["a skipped test", report(3, 0, 1), 0, 2, 1],
  ["no test", report(0, 0, 0), 0, 0, 1],
  ["a crash", undefined, 139, 0, 1],
  ["process.exit(0) in a test", undefined, 0, 0, 1],
])("%s", (_name, text, code, passed, failed) => {
  expect(countResult(text, code)).toMatchObject({ passed, failed });
});
