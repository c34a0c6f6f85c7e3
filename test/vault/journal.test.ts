// The journal: what was noted and not settled is there for the next process.
import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJournal } from "../../src/vault/journal.ts";
import { createPrivateFolder } from "../../src/vault/private-folder.ts";
import { SealKey } from "../../src/vault/seal.ts";
import { createTestRandom } from "../support/random.ts";

const homes: string[] = [];
afterEach(() => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
});

function setUp() {
  const home = mkdtempSync(join(tmpdir(), "ccb-journal-"));
  homes.push(home);
  const path = join(home, "journal");
  const troubles: string[] = [];
  const key = new SealKey(createTestRandom(1).bytes(32));
  const open = () =>
    createJournal({
      folder: createPrivateFolder(path, process.getuid?.()),
      service: "ccb:1",
      key: async () => key,
      random: createTestRandom(2),
      onTrouble: (what) => void troubles.push(what),
    });
  const left = async () => Object.fromEntries(await open().open());
  return { path, open, left, troubles };
}

test("noted before it returns, settled by the same value only, the newest wins", async () => {
  const { open, left, path } = setUp();
  const journal = open();
  expect(journal.note("a", "0")).toBe(false); // not open yet
  expect(await journal.open()).toEqual(new Map());
  expect(journal.note("a", "1")).toBe(true);
  expect(await left()).toEqual({ a: "1" });
  journal.note("a", "2");
  journal.note("b", "1");
  journal.settle("a", "1"); // the vault has the older one
  expect(await left()).toEqual({ a: "2", b: "1" });
  journal.settle("a", "2");
  journal.settle("b", null);
  journal.settle("c", null);
  expect([await left(), readdirSync(path)]).toEqual([{}, []]);
});

test("a file of somebody else's in the folder holds up nothing", async () => {
  const { open, left, path } = setUp();
  const journal = open();
  await journal.open();
  journal.note("a", "1");
  writeFileSync(join(path, "100%.noted"), "x");
  expect(await left()).toEqual({ a: "1" });
});

test("what an earlier process left can be settled by this one", async () => {
  const { open, left } = setUp();
  const journal = open();
  await journal.open();
  journal.note("a", "1");
  const next = open();
  await next.open();
  next.settle("a", "1");
  expect(await left()).toEqual({});
});

test("a record that cannot be read is set aside and said, and holds up no other", async () => {
  const { open, left, path, troubles } = setUp();
  const journal = open();
  await journal.open();
  journal.note("a", "1");
  journal.note("b", "1");
  truncateSync(join(path, "a.noted"), 40);
  expect(await left()).toEqual({ b: "1" });
  expect(troubles).toEqual(["unreadable"]);
  expect(readdirSync(path).toSorted()).toEqual([expect.stringMatching(/^a\.noted\.set-aside-/), "b.noted"]);
});

test("a disk that refuses: said, and an older record goes once the vault has the newer value", async () => {
  const { open, left, path, troubles } = setUp();
  const journal = open();
  await journal.open();
  journal.note("a", "1");
  rmSync(path, { recursive: true });
  writeFileSync(path, "");
  expect(journal.note("a", "2")).toBe(false);
  expect(troubles).toEqual(["not_noted"]);
  rmSync(path);
  mkdirSync(path, { mode: 0o700 });
  expect(journal.note("a", "1")).toBe(true);
  journal.note("a", "2");
  journal.settle("a", "2");
  expect(await left()).toEqual({});
});
