// The table of the machine's faults names files and rows that exist.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MACHINE_TABLE } from "./_table.ts";

test("each row of the table is proved by a test of that name", () => {
  const missing = MACHINE_TABLE.filter(
    ({ file, row }) => !readFileSync(join(import.meta.dir, "..", `${file}.test.ts`), "utf8").includes(row),
  );
  expect(missing).toEqual([]);
  console.log(MACHINE_TABLE.map(({ fault, outcome, file }) => `${fault} | ${outcome} | ${file}`).join("\n"));
});
