// A changed file is noticed once, when it has come to rest, however it was saved.
import { renameSync, mkdtempSync, rmSync, symlinkSync, writeFileSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { fingerprintOf } from "../../src/config/files.ts";
import { codeOf } from "../../src/core/errors.ts";
import { createFileWatch } from "../../src/config/watch.ts";
import { createTestClock } from "../support/clock.ts";

type Look = string | null | Error;

/** Nobody tells of changes. */
const hear = () => Promise.resolve(null);

/** A watch of a file that rests and that nobody tells of, but for what is given. */
function watchFile(given: Partial<Parameters<typeof createFileWatch>[0]>) {
  const clock = createTestClock();
  const stop = createFileWatch({
    clock,
    path: "/f",
    hear,
    stat: () => Promise.resolve("a"),
    onChange: () => {},
    ...given,
  });
  return { clock, stop };
}

/** A watch whose looks find what is listed, the last one again and again; says after which look it called. */
async function calls(looks: readonly Look[], known?: string | null): Promise<number[]> {
  const clock = createTestClock();
  const called: number[] = [];
  let looked = 0;
  const stop = createFileWatch({
    clock,
    hear,
    path: "/f",
    ...(known === undefined ? {} : { known }),
    stat: (path) => {
      expect(path).toBe("/f");
      const look = looks[Math.min(looked++, looks.length - 1)];
      return look instanceof Error ? Promise.reject(look) : Promise.resolve(look ?? null);
    },
    onChange: () => called.push(looked),
  });
  while (looked < looks.length + 4) await clock.advance(500);
  stop();
  expect(clock.timers()).toEqual([]);
  return called;
}

const FAULT = new Error("EACCES");

describe("a change", () => {
  test.each<[string, readonly Look[], readonly number[]]>([
    ["none", ["a"], []],
    ["once", ["a", "b"], [3]],
    ["still being written", ["a", "b", "c", "d"], [5]],
    ["undone before it came to rest", ["a", "b", "a"], []],
    ["there and back", ["a", "b", "b", "a"], [3, 5]],
    ["missing for good", ["a", null], []],
    ["missing, then back as it was", ["a", null, null, "a"], []],
    ["missing, then back as another", ["a", null, "b"], [4]],
    ["missing in between two looks at the new one", ["a", "b", null, "b"], [5]],
    ["missing at first", [null, null, "a"], [4]],
    ["unreadable for a while", ["a", FAULT, FAULT, "a"], []],
    ["unreadable, then another", ["a", FAULT, "b"], [4]],
    ["unreadable at first: nobody knows what was read", [FAULT, "a"], [3]],
  ])("%s", async (_what, looks, expected) => {
    expect(await calls(looks)).toEqual([...expected]);
  });

  test("between the reading and the first look", async () => {
    expect(await calls(["b"], "a")).toEqual([2]);
    expect(await calls(["a"], "a")).toEqual([]);
    expect(await calls(["a"], null)).toEqual([2]);
  });
});

test("it looks every two seconds, and not again while a look takes its time", async () => {
  const waiting: ((print: string) => void)[] = [];
  let called = 0;
  const { clock, stop } = watchFile({
    stat: () => new Promise((resolve) => waiting.push(resolve)),
    onChange: () => called++,
  });
  await clock.advance(10_000);
  expect(waiting).toHaveLength(1);
  waiting[0]?.("a");
  await clock.advance(1999);
  expect(waiting).toHaveLength(1);
  await clock.advance(1);
  expect(waiting).toHaveLength(2);
  // Something new is looked at again sooner: it is in force within about two seconds.
  waiting[1]?.("b");
  await clock.advance(499);
  expect(waiting).toHaveLength(2);
  await clock.advance(1);
  // Stopped while it looks: what it finds is nobody's concern any more.
  stop();
  waiting[2]?.("b");
  await clock.advance(5000);
  expect([waiting.length, called, clock.timers().length]).toEqual([3, 0, 0]);
});

test("told of changes, it looks at once, once for many of them, and seldom by itself", async () => {
  const clock = createTestClock();
  const looks: number[] = [];
  const changes: number[] = [];
  let print = "a";
  let hearing = 0;
  let tell = (): void => {};
  const stop = createFileWatch({
    clock,
    path: "/f",
    hear: (path, onEvent) => {
      expect(path).toBe("/f");
      hearing += 1;
      tell = onEvent;
      return Promise.resolve(() => void (hearing -= 1));
    },
    stat: () => {
      looks.push(clock.monotonic());
      return Promise.resolve(print);
    },
    onChange: () => changes.push(clock.monotonic()),
  });
  await clock.advance(40_000);
  const began = looks[0] ?? 0;
  expect(looks.map((at) => at - began)).toEqual([0, 500, 10_500, 20_500, 30_500]);
  looks.length = 0;
  print = "b";
  for (let event = 0; event < 50; event++) {
    tell();
    await clock.advance(100);
  }
  await clock.advance(2_000);
  // Twice a second while there is something to hear; in force after the second look.
  expect(looks.length).toBeLessThanOrEqual(13);
  expect(changes.map((at) => at - began)).toEqual([41_000]);
  expect(hearing).toBe(1);
  stop();
  expect([hearing, clock.timers()]).toEqual([0, []]);
});

test("changed after the first look, before anybody could tell", async () => {
  let print = "a";
  let called = 0;
  const { clock, stop } = watchFile({
    hear: () => {
      print = "b";
      return Promise.resolve(() => {});
    },
    stat: () => Promise.resolve(print),
    onChange: () => called++,
  });
  await clock.advance(1_000);
  expect(called).toBe(1);
  stop();
});

test("a change that nobody told of: what is heard is another folder by now, and it is heard anew", async () => {
  let print = "a";
  let heard = 0;
  const { clock, stop } = watchFile({
    hear: () => {
      heard += 1;
      return Promise.resolve(() => {});
    },
    stat: () => Promise.resolve(print),
  });
  await clock.advance(1_000);
  expect(heard).toBe(1);
  print = "b";
  await clock.advance(30_000);
  expect(heard).toBe(2);
  stop();
});

test("told while it looks: it looks again", async () => {
  const waiting: ((print: string) => void)[] = [];
  let tell = (): void => {};
  let called = 0;
  const { clock, stop } = watchFile({
    known: "a",
    hear: (_path, onEvent) => {
      tell = onEvent;
      return Promise.resolve(() => {});
    },
    stat: () => new Promise((resolve) => waiting.push(resolve)),
    onChange: () => called++,
  });
  await clock.advance(0);
  tell();
  await clock.advance(5_000);
  expect(waiting).toHaveLength(1);
  waiting[0]?.("a");
  await clock.advance(500);
  waiting[1]?.("b");
  await clock.advance(500);
  waiting[2]?.("b");
  await clock.advance(0);
  expect(called).toBe(1);
  stop();
  expect(clock.timers()).toEqual([]);
});

test("stopped before it hears: what it began to hear ends", async () => {
  const heard = Promise.withResolvers<() => void>();
  let ended = 0;
  const { clock, stop } = watchFile({ hear: () => heard.promise });
  await clock.advance(0);
  stop();
  heard.resolve(() => void (ended += 1));
  await clock.advance(0);
  expect([ended, clock.timers()]).toEqual([1, []]);
});

describe("real files", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ccb-watch-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const at = (name: string): string => join(folder, name);
  const put = (name: string, text: string): void => writeFileSync(at(name), text, { mode: 0o600 });

  /** How often the watch calls for what is done to the file. */
  async function noticed(path: string, change: () => void): Promise<number> {
    const clock = createTestClock();
    let called = 0;
    let looked = Promise.withResolvers<void>();
    const stop = createFileWatch({
      clock,
      hear,
      path,
      stat: async (file) => {
        const print = await fingerprintOf(file);
        // The watch goes on in the turn after this one.
        setImmediate(looked.resolve);
        return print;
      },
      onChange: () => called++,
    });
    await looked.promise;
    change();
    for (let look = 0; look < 4; look++) {
      looked = Promise.withResolvers<void>();
      const next = looked.promise;
      await clock.advance(2000);
      await next;
    }
    stop();
    return called;
  }

  test.each<[string, () => void]>([
    ["written in place", () => put("f", "another")],
    ["written in place, as long as before", () => put("f", "TEXT")],
    ["saved under another name and renamed", () => (put("f~", "text"), renameSync(at("f~"), at("f")))],
    ["moved aside and written anew", () => (renameSync(at("f"), at("f.bak")), put("f", "text"))],
    ["removed and written again", () => (rmSync(at("f")), put("f", "text"))],
    ["given another mode, after it was refused for the old one", () => chmodSync(at("f"), 0o640)],
  ])("%s", async (_what, change) => {
    put("f", "text");
    expect(await noticed(at("f"), change)).toBe(1);
  });

  test("left alone, or removed", async () => {
    put("f", "text");
    expect(await noticed(at("f"), () => {})).toBe(0);
    expect(await noticed(at("f"), () => rmSync(at("f")))).toBe(0);
    expect(await noticed(at("f"), () => put("f", "text"))).toBe(1);
  });

  test("a link that leads elsewhere, and a change of what it leads to", async () => {
    put("one", "text");
    put("two", "text");
    symlinkSync(at("one"), at("f"));
    const swap = (): void => {
      symlinkSync(at("two"), at("f~"));
      renameSync(at("f~"), at("f"));
    };
    expect(await noticed(at("f"), swap)).toBe(1);
    expect(await noticed(at("f"), () => put("two", "other"))).toBe(1);
    expect(await noticed(at("f"), () => rmSync(at("two")))).toBe(0);
  });

  test("missing is null, also where a folder is missing or is a file; other faults reject", async () => {
    put("f", "text");
    expect(await fingerprintOf(at("no"))).toBeNull();
    expect(await fingerprintOf(at("no/f"))).toBeNull();
    expect(await fingerprintOf(at("f/f"))).toBeNull();
    expect(await fingerprintOf(at("x".repeat(5000))).catch(codeOf)).toBe("ENAMETOOLONG");
  });
});
