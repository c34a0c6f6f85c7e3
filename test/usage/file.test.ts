// The real file: what is written is there, whoever else writes; and what becomes of files that are none.
import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { DamagedFileError, NewerFileError, openUsageFile, setUsageFileAside } from "../../src/usage/file.ts";
import type { UsageRow } from "../../src/usage/figures.ts";
import { createTally } from "../../src/usage/tally.ts";
import { VaultError } from "../../src/vault/vault.ts";
import { counted, NOON } from "./_counted.ts";
import { makeFolder } from "./_folder.ts";

const ALL = { since: 0, until: 10_000_000_000 };
const DAY = 86_400;

function rows(...more: Parameters<typeof counted>[0][]): readonly UsageRow[] {
  const tally = createTally(() => 0);
  for (const one of more) tally.add(counted(one));
  return tally.rows;
}

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("what is written", () => {
  test("is added up, and is there when it is opened again", () => {
    using at = makeFolder();
    const file = openUsageFile(at.folder);
    file.add(rows({}, { key: "a" }));
    file.add(rows({}, { sent: "claude-haiku-4-5" }));
    file.close();
    const again = openUsageFile(at.folder);
    expect(again.sum(["model"], ALL, 10)).toMatchObject([
      { model: "claude-haiku-4-5", requests: 1, key: "", hour: 0, day: "" },
      { model: "claude-opus-5", requests: 3, input_tokens: 30, cache_read_input_tokens: 120 },
    ]);
    expect(again.sum(["key"], ALL, 10).map(({ key, requests }) => [key, requests])).toEqual([
      ["", 3],
      ["a", 1],
    ]);
    expect(again.sum(["day", "hour", "account", "provider", "model", "key"], ALL, 10)).toHaveLength(3);
    expect(again.sum([], ALL, 10)).toMatchObject([{ requests: 4 }]);
    again.close();
  });
  test("the span is of whole hours, the end is not in it; the limit", () => {
    using at = makeFolder();
    const file = openUsageFile(at.folder);
    const hours = [0, 1, 2, 3].map((hour) => ({ started_at: NOON + hour * 3_600_000 }));
    file.add(rows(...hours));
    const since = NOON / 1000 + 3600;
    expect(file.sum(["hour"], { since, until: since + 7200 }, 10).map(({ hour }) => hour)).toEqual([
      since,
      since + 3600,
    ]);
    expect(file.sum(["hour"], ALL, 2)).toHaveLength(2);
    expect(file.sum([], { since: 0, until: 1 }, 2)).toEqual([]);
    file.close();
  });
  test("by two at once", () => {
    using at = makeFolder();
    const files = [openUsageFile(at.folder), openUsageFile(at.folder)];
    for (const file of [...files, ...files]) file.add(rows({}));
    for (const file of files) expect(file.sum([], ALL, 1)).toMatchObject([{ requests: 4 }]);
    for (const file of files) file.close();
  });
  test("names that look like SQL", () => {
    using at = makeFolder();
    const file = openUsageFile(at.folder);
    file.add(rows({ sent: `'; DROP TABLE usage; --`, key: `"$x` }));
    expect(file.sum(["model", "key"], ALL, 1)).toMatchObject([{ model: `'; DROP TABLE usage; --`, key: `"$x` }]);
    file.close();
  });
  test("folder and files are this person's alone, and are made so where they are not", () => {
    using at = makeFolder();
    openUsageFile(at.folder).close();
    chmodSync(at.folder.path, 0o755);
    chmodSync(at.path, 0o644);
    const file = openUsageFile(at.folder);
    file.add(rows({}));
    expect([at.mode(), ...at.names().map((name) => at.mode(name))]).toEqual(["700", "600", "600", "600"]);
    file.close();
  });
});

describe("retention", () => {
  const days = (...ages: readonly number[]): readonly UsageRow[] =>
    rows(...ages.map((age) => ({ started_at: NOON - age * DAY * 1000 })));
  const left = (of: readonly UsageRow[], now: number): number[] => {
    using at = makeFolder();
    const file = openUsageFile(at.folder);
    file.add(of);
    file.forget(now / 1000, 10 * DAY);
    const hours = file.sum(["hour"], ALL, 100).map(({ hour }) => (NOON / 1000 - hour) / DAY);
    file.close();
    return hours;
  };
  test("what is older goes", () => expect(left(days(0, 9, 10, 11, 400), NOON)).toEqual([10, 9, 0]));
  test("a clock that is years ahead forgets nothing that the newest hour does not outdate", () =>
    expect(left(days(0, 9, 11), NOON + 5_000 * DAY * 1000)).toEqual([9, 0]));
  test("a clock that is years behind forgets nothing", () =>
    expect(left(days(0, 9, 11), NOON - 5_000 * DAY * 1000)).toEqual([11, 9, 0]));
  test("an empty file", () => expect(left([], NOON)).toEqual([]));
});

describe("a file that is none", () => {
  test("is said to be damaged, set aside whole, and a new one works", () => {
    using at = makeFolder();
    mkdirSync(at.folder.path, { mode: 0o700 });
    const junk = "no database at all ".repeat(1_000);
    writeFileSync(at.path, junk, { mode: 0o600 });
    expect(thrown(() => openUsageFile(at.folder))).toBeInstanceOf(DamagedFileError);
    const aside = setUsageFileAside(at.folder);
    expect(aside).toMatch(/^usage\.db\.set-aside-[0-9a-f]{8}$/);
    expect(readFileSync(`${at.folder.path}/${aside}`, "utf8")).toBe(junk);
    openUsageFile(at.folder).close();
  });
  test("one with holes in it", () => {
    using at = makeFolder();
    const file = openUsageFile(at.folder);
    file.add(rows(...Array.from({ length: 200 }, (_, index) => ({ sent: `model-${index}`, key: "k".repeat(150) }))));
    file.close();
    const bytes = readFileSync(at.path);
    writeFileSync(at.path, bytes.fill(0xa5, 4_096, 20_000));
    expect(thrown(() => openUsageFile(at.folder))).toBeInstanceOf(DamagedFileError);
  });
  test("one that breaks while it is open", () => {
    using at = makeFolder();
    const file = openUsageFile(at.folder);
    file.add(rows(...Array.from({ length: 200 }, (_, index) => ({ sent: `model-${index}` }))));
    at.inside((database) => database.run("PRAGMA wal_checkpoint(TRUNCATE)"));
    writeFileSync(at.path, Buffer.alloc(40_000, 0xa5));
    expect(thrown(() => file.sum(["model"], ALL, 1_000))).toBeInstanceOf(DamagedFileError);
    file.close();
  });
  test("of a newer ccb: refused, and not a byte of it changed", () => {
    using at = makeFolder();
    openUsageFile(at.folder).close();
    at.inside((database) => database.run("PRAGMA user_version = 99"));
    const before = readFileSync(at.path);
    expect(thrown(() => openUsageFile(at.folder))).toBeInstanceOf(NewerFileError);
    expect(readFileSync(at.path).equals(before)).toBe(true);
  });
  test("a link to somewhere else", () => {
    using at = makeFolder();
    mkdirSync(at.folder.path, { mode: 0o700 });
    symlinkSync("/etc/hostname", at.path);
    const error = thrown(() => openUsageFile(at.folder));
    expect(error instanceof VaultError && error.fault).toBe("foreign");
  });
});
