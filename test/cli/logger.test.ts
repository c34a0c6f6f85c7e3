// The log's two forms: coloured lines for a person, JSON lines for a machine; batches, levels, nothing that a terminal would obey.
import { describe, expect, test } from "bun:test";
import { createLogger } from "../../src/cli/logger.ts";
import type { LogLevel } from "../../src/core/ports.ts";
import { createTestClock } from "../support/clock.ts";

function start(level: LogLevel, coloured: boolean) {
  const clock = createTestClock();
  const written: string[] = [];
  const logger = createLogger({ level, coloured: () => coloured, clock, write: (text) => written.push(text) });
  return { clock, written, ...logger };
}
const ESC = "\u001b";

describe("JSON lines", () => {
  test("one object a line, fields beside the message, unset ones left out", () => {
    const { log, flush, written } = start("DEBUG", false);
    log.info("request", { method: "POST", status: 200, model: undefined, account: null });
    log.warning("connection_silent", {});
    flush();
    const lines = written.join("").split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { level: "INFO", message: "request", method: "POST", status: 200 },
      { level: "WARNING", message: "connection_silent" },
    ]);
    expect(lines[0]).not.toContain("model");
  });

  test("a line break in a value stays in its line", () => {
    const { log, flush, written } = start("INFO", false);
    log.info("request", { model: 'a\n{"message":"forged"}' });
    flush();
    expect(written.join("").trimEnd().split("\n").length).toBe(1);
  });
});

describe("for a person", () => {
  test("time, level, what happened, then name=value", () => {
    const { log, flush, written } = start("INFO", true);
    log.info("request", {
      provider: "Claude Code Official",
      method: "POST",
      path: "/v1/messages",
      status: 200,
      attempts: 1,
      model: undefined,
    });
    flush();
    const plain = written.join("").replaceAll(/\u001b\[\d+m/g, ""); // oxlint-disable-line no-control-regex
    expect(plain).toMatch(
      /^\d\d:\d\d:\d\d INFO {4}request POST \/v1\/messages 200 provider="Claude Code Official" attempts=1\n$/,
    );
  });

  for (const [what, value] of [
    ["clears the screen", `${ESC}[2J`],
    ["sets the title", `${ESC}]0;owned\u0007`],
    ["forges a line", "x\r\n12:00:00 INFO forged"],
    ["C1 codes", "\u009b2J"],
    ["turns the text around", "\u202egnp.exe"],
  ] as const) {
    test(`a value that ${what} is shown, not obeyed`, () => {
      for (const name of ["model", "path"]) {
        const { log, flush, written } = start("INFO", true);
        log.info("request", { [name]: value });
        flush();
        const text = written.join("").replaceAll(/\u001b\[\d+m/g, ""); // oxlint-disable-line no-control-regex
        // oxlint-disable-next-line no-control-regex
        expect(text).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e]*\n$/);
      }
    });
  }
});

describe("levels and batches", () => {
  for (const [level, expected] of [
    ["DEBUG", 4],
    ["INFO", 3],
    ["WARNING", 2],
    ["ERROR", 1],
  ] as const) {
    test(level, () => {
      const { log, flush, written } = start(level, false);
      for (const name of ["debug", "info", "warning", "error"] as const) log[name]("event");
      flush();
      expect(written.join("").split("\n").length - 1).toBe(expected);
    });
  }

  test("lines of a moment leave in one write, soon, and none is lost or repeated", async () => {
    const { log, clock, written } = start("INFO", false);
    log.info("one");
    log.info("two");
    expect(written).toEqual([]);
    await clock.advance(20);
    expect(written.length).toBe(1);
    log.info("three");
    await clock.advance(20);
    expect(written.join("").split("\n").length - 1).toBe(3);
    expect(clock.timers()).toEqual([]);
  });
});
