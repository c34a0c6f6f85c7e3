// Tables, colours and times as a terminal shows them.
import { describe, expect, test } from "bun:test";
import { createScreen, styled } from "../../src/cli/shown.ts";
import { renderTable } from "../../src/cli/table.ts";
import { clockTime, clockUntil, duration, grouped } from "../../src/cli/times.ts";

const width = (text: string): number => Bun.stringWidth(text);

function shown(coloured: boolean, work: (screen: ReturnType<typeof createScreen>) => void): string {
  let text = "";
  work(createScreen((piece) => void (text += piece), coloured));
  return text;
}

describe("a table", () => {
  const columns = [{ title: "NAME" }, { title: "N", align: "right" }, { title: "LAST" }] as const;
  const rows = [["张三", "1", "a"], ["me", "1000", styled("good", "b")], ["missing"]];
  const plain = (lines: ReturnType<typeof renderTable>): string =>
    shown(false, (screen) => {
      for (const line of lines) screen.line(...line);
    });

  test("keeps its columns, whatever the script", () => {
    expect(plain(renderTable(columns, rows, width))).toBe(
      ["NAME        N  LAST", "张三        1  a", "me       1000  b", "missing", ""].join("\n"),
    );
  });

  test("without titles and with widths settled before, row by row", () => {
    const wide = [{ title: "NAME", min: 8 }, { title: "LAST" }];
    const one = renderTable(wide, [["me", "x"]], width, { titles: false, indent: "  " });
    expect(plain(one)).toBe("  me        x\n");
  });

  test("no rows", () => expect(plain(renderTable(columns, [], width))).toBe("NAME  N  LAST\n"));
});

describe("a screen", () => {
  const evil = "a\u001b[2J\n\u009b1m\u202eb";
  const spelled = String.raw`a\u001b[2J\u000a\u009b1m\u202eb`;

  test("colours where it may, and never obeys what it is given", () => {
    expect(shown(true, (screen) => screen.line(styled("bad", evil), evil))).toBe(
      `\u001b[31m${spelled}\u001b[0m${spelled}\n`,
    );
    expect(shown(false, (screen) => screen.line(styled("bad", evil), evil))).toBe(`${spelled}${spelled}\n`);
  });

  test("lines keep their breaks and nothing else", () => {
    expect(shown(true, (screen) => screen.lines("a\u0007\nb"))).toBe("a\\u0007\nb\n");
  });

  test("JSON stays the same value, on several lines or one", () => {
    const value = { text: evil, list: [1] };
    for (const layout of ["lines", "line"] as const) {
      const text = shown(true, (screen) => screen.json(value, layout));
      expect(JSON.parse(text)).toEqual(value);
      // oxlint-disable-next-line no-control-regex
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(text.trimEnd().includes("\n")).toBe(layout === "lines");
    }
  });
});

describe("times", () => {
  const noon = new Date(2026, 0, 15, 12, 0, 5).getTime();

  test("by the clock of the place, with the day where it is another", () => {
    expect(clockTime(noon, noon + 1000)).toBe("12:00:05");
    expect(clockTime(noon, noon + 86_400_000)).toBe("2026-01-15 12:00:05");
    expect(clockUntil(noon / 1000, noon / 1000 - 7_195, "en")).toBe("12:00 (in 2 hours)");
    expect(clockUntil(noon / 1000, noon / 1000 - 7_195, "zh-CN")).toBe("12:00 (2小时后)");
  });

  test("how long", () => {
    expect([0, 842, 6_120, 59_900, 125_400, 3_600_000].map(duration)).toEqual([
      "0 ms",
      "842 ms",
      "6.1 s",
      "59.9 s",
      "2 min 5 s",
      "60 min 0 s",
    ]);
    expect([51_200, 0, null].map(grouped)).toEqual(["51,200", "0", "?"]);
  });
});
