// Counting behind the requests: when it is written, what happens where it cannot be, and what is asked meanwhile.
import { describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { wordsOf } from "../../src/core/language.ts";
import { openUsageFile, setUsageFileAside } from "../../src/usage/file.ts";
import type { UsageFile } from "../../src/usage/file.ts";
import { createUsage } from "../../src/usage/usage.ts";
import type { UsageDeps, UsageSettings } from "../../src/usage/usage.ts";
import { createTestClock } from "../support/clock.ts";
import { createTestLog } from "../support/log.ts";
import { counted, NOON } from "./_counted.ts";
import { makeFolder } from "./_folder.ts";
import type { TestFolder } from "./_folder.ts";

const DAY = 86_400_000;
const ON: UsageSettings = { enabled: true, retention_days: 400, prices: {} };

const filesOf = ({ folder }: TestFolder): NonNullable<UsageDeps["files"]> => ({
  path: folder.path,
  open: () => openUsageFile(folder),
  setAside: () => setUsageFileAside(folder),
});

function make(files: UsageDeps["files"], startMs = NOON) {
  const clock = createTestClock(startMs);
  const log = createTestLog();
  let settings = ON;
  const usage = createUsage({
    clock,
    log: log.log,
    announce: log.announce,
    words: wordsOf("en"),
    settings: () => settings,
    files,
    offset: () => 0,
  });
  return {
    usage,
    clock,
    ...log,
    set: (more: Partial<UsageSettings>) => {
      settings = { ...settings, ...more };
    },
    count: (query = "") => usage.answer(new URLSearchParams(query)).totals.requests,
    ask: (query = "") => usage.answer(new URLSearchParams(query)),
  };
}

/** What is in the file, seen from outside. */
const written = (at: TestFolder): number =>
  at.inside((database) => {
    const row = database.query<{ requests: number | null }, []>("SELECT SUM(requests) AS requests FROM usage").get();
    return row?.requests ?? 0;
  });

describe("batches", () => {
  test("two seconds after the first request it is written", async () => {
    using at = makeFolder();
    const it = make(filesOf(at));
    it.usage.note(counted({ started_at: NOON }));
    expect(it.count()).toBe(1);
    await it.clock.advance(1_000);
    it.usage.note(counted());
    expect(written(at)).toBe(0);
    await it.clock.advance(1_000);
    expect(written(at)).toBe(2);
    // Nothing waits any more.
    expect(it.clock.timers()).toEqual([]);
    it.usage.note(counted());
    expect([it.count(), written(at)]).toEqual([3, 2]);
    it.usage.stop();
    expect([written(at), it.clock.timers()]).toEqual([3, []]);
  });
  test("a new process goes on from there", async () => {
    using at = makeFolder();
    const first = make(filesOf(at));
    first.usage.start();
    for (let index = 0; index < 10; index += 1) first.usage.note(counted());
    first.usage.stop();
    const second = make(filesOf(at), NOON + DAY);
    second.usage.start();
    await second.clock.advance(500);
    second.usage.note(counted({ started_at: NOON + DAY }));
    expect(second.ask("by=day").rows.map(({ of: { day }, requests }) => [day, requests])).toEqual([
      ["2026-01-15", 10],
      ["2026-01-16", 1],
    ]);
    expect(second.count("since=2026-01-16")).toBe(1);
    second.usage.stop();
  });
  test("without a file memory counts, and no timer runs", () => {
    const it = make(null);
    it.usage.start();
    it.usage.note(counted());
    expect([it.count(), it.ask().durable, it.clock.timers()]).toEqual([1, false, []]);
    it.usage.stop();
  });
  test("switched off: nothing is opened, counted or told; switched on again it goes on", async () => {
    using at = makeFolder();
    const it = make(filesOf(at));
    it.set({ enabled: false });
    it.usage.start();
    it.usage.note(counted());
    expect(it.ask()).toMatchObject({ enabled: false, durable: false, rows: [], totals: { requests: 0 } });
    await it.clock.advance(10_000);
    expect(() => at.names()).toThrow();
    it.set({ enabled: true });
    it.usage.note(counted());
    await it.clock.advance(2_000);
    expect(written(at)).toBe(1);
    it.usage.stop();
  });
  test("prices of the configuration hold for what was counted before", () => {
    const it = make(null);
    it.usage.note(counted({ sent: "mine", of: [1_000_000, 0, 0, 0] }));
    expect(it.ask().totals).toMatchObject({ cost_usd: 0, unpriced_requests: 1 });
    it.set({ prices: { mine: { input: 3, output: 1 } } });
    expect(it.ask().totals).toMatchObject({ cost_usd: 3, unpriced_requests: 0 });
  });
});

describe("retention", () => {
  test("at the start and every hour", async () => {
    using at = makeFolder();
    const early = make(filesOf(at));
    early.usage.note(counted({ started_at: NOON - 3 * DAY }));
    early.usage.note(counted());
    early.usage.stop();
    const it = make(filesOf(at));
    it.usage.start();
    await it.clock.advance(1_000);
    expect(written(at)).toBe(2);
    it.set({ retention_days: 2 });
    it.usage.note(counted());
    await it.clock.advance(2_000);
    expect(written(at)).toBe(3);
    await it.clock.advance(3_600_000);
    it.usage.note(counted());
    await it.clock.advance(2_000);
    expect(written(at)).toBe(3);
    it.usage.stop();
  });
  test("a clock that jumps back does not put it off", async () => {
    using at = makeFolder();
    const it = make(filesOf(at), NOON + 1_000 * DAY);
    it.usage.note(counted({ started_at: NOON + 1_000 * DAY }));
    await it.clock.advance(2_000);
    it.clock.sleep(-1_000 * DAY);
    it.set({ retention_days: 2 });
    it.usage.note(counted({ started_at: NOON - 3 * DAY }));
    await it.clock.advance(2_000);
    it.usage.note(counted());
    await it.clock.advance(3_700_000);
    it.usage.note(counted());
    await it.clock.advance(2_000);
    expect(it.ask("since=0&until=2040-01-01&by=day").rows.map(({ of: { day } }) => day)).toEqual([
      "2026-01-15",
      "2028-10-11",
    ]);
    it.usage.stop();
  });
});

describe("trouble", () => {
  class Full extends Error {
    readonly code = "SQLITE_FULL";
  }
  /** A file that is full until it is not. */
  function failing(): NonNullable<UsageDeps["files"]> & {
    full: boolean;
    readonly added: number;
    opened: number;
    readonly tried: number;
  } {
    let added = 0;
    let tried = 0;
    const file: UsageFile = {
      add(rows) {
        tried += 1;
        if (files.full) throw new Full();
        added += rows.reduce((sum, { requests }) => sum + requests, 0);
      },
      sum: () => [],
      forget: () => {},
      isThere: () => true,
      close: () => {},
    };
    const files = {
      full: true,
      opened: 0,
      get added() {
        return added;
      },
      get tried() {
        return tried;
      },
      path: "/state/usage",
      open() {
        files.opened += 1;
        return file;
      },
      setAside: () => null,
    };
    return files;
  }

  test("a full disk is said once, nothing is lost, and its end is said too", async () => {
    const files = failing();
    const it = make(files);
    for (let index = 0; index < 50; index += 1) {
      it.usage.note(counted());
      await it.clock.advance(10_000);
    }
    expect(it.announced).toEqual([expect.stringContaining("Usage cannot be written to /state/usage")]);
    expect(it.lines.filter(({ event }) => event === "usage_not_written")).toHaveLength(1);
    expect([it.count("since=0"), it.ask().durable]).toEqual([50, false]);
    // Tried ever more seldom, but tried.
    expect(files.tried).toBeGreaterThan(5);
    expect(files.tried).toBeLessThan(20);
    files.full = false;
    await it.clock.advance(60_000);
    expect([files.added, it.announced.length, it.ask().durable]).toEqual([50, 2, true]);
    it.usage.stop();
  });
  test("at the stop it is tried once, and the stop comes to its end", () => {
    const files = failing();
    const it = make(files);
    it.usage.note(counted());
    it.usage.stop();
    expect([files.opened, it.clock.timers()]).toEqual([1, []]);
  });
  test("a damaged file is set aside and named; what was counted goes into the new one", async () => {
    using at = makeFolder();
    const first = make(filesOf(at));
    first.usage.note(counted());
    first.usage.stop();
    writeFileSync(at.path, "junk ".repeat(3_000));
    const it = make(filesOf(at));
    it.usage.start();
    it.usage.note(counted());
    await it.clock.advance(2_000);
    const aside = at.names().find((name) => name.includes("set-aside")) ?? "none";
    expect(it.announced).toEqual([expect.stringContaining(`It is kept as ${filesOf(at).path}/${aside};`)]);
    expect(it.lines).toContainEqual(
      expect.objectContaining({ event: "usage_file_set_aside", fields: { file: aside } }),
    );
    expect([written(at), it.ask().durable]).toEqual([1, true]);
    it.usage.stop();
  });
  test("a damaged file that somebody asks", () => {
    using at = makeFolder();
    const first = make(filesOf(at));
    first.usage.note(counted());
    first.usage.stop();
    writeFileSync(at.path, "junk ".repeat(3_000));
    const it = make(filesOf(at));
    expect(it.count()).toBe(0);
    expect(at.names().filter((name) => name.includes("set-aside"))).toHaveLength(1);
    it.usage.stop();
  });
  test("a file that is taken away while it is open: another is begun", async () => {
    using at = makeFolder();
    const it = make(filesOf(at));
    it.usage.note(counted());
    await it.clock.advance(2_000);
    rmSync(at.folder.path, { recursive: true });
    it.usage.note(counted());
    await it.clock.advance(2_000);
    expect([written(at), it.count(), it.announced]).toEqual([1, 1, []]);
    it.usage.stop();
  });
  test("a newer file stays as it is; memory counts, and that is said", async () => {
    using at = makeFolder();
    openUsageFile(at.folder).close();
    at.inside((database) => database.run("PRAGMA user_version = 99"));
    const it = make(filesOf(at));
    it.usage.start();
    it.usage.note(counted());
    await it.clock.advance(600_000);
    expect(it.announced).toEqual([expect.stringContaining("written by a newer ccb")]);
    expect([it.count(), it.ask().durable, at.names()]).toEqual([1, false, ["usage.db"]]);
    it.usage.stop();
    expect(written(at)).toBe(0);
  });
});

test("a note costs a request a few microseconds", async () => {
  using at = makeFolder();
  const it = make(filesOf(at));
  const traces = Array.from({ length: 100 }, (_, index) => counted({ sent: `m${index % 7}`, key: `k${index % 5}` }));
  for (let round = 0; round < 100; round += 1) for (const trace of traces) it.usage.note(trace);
  // The best of some: other programs of the machine take their turns, too.
  let microseconds = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 10; turn += 1) {
    const began = performance.now();
    for (let round = 0; round < 50; round += 1) for (const trace of traces) it.usage.note(trace);
    microseconds = Math.min(microseconds, ((performance.now() - began) * 1000) / 5_000);
  }
  const flushed = performance.now();
  await it.clock.advance(2_000);
  console.log(`a note: ${microseconds.toFixed(2)} µs; a batch: ${(performance.now() - flushed).toFixed(1)} ms`);
  expect(microseconds).toBeLessThan(5);
  expect(written(at)).toBe(60_000);
  it.usage.stop();
});
