// The findings on a terminal, or as JSON.
import { colouredOutput } from "../colours.ts";
import type { Static } from "@sinclair/typebox";
import type { Words } from "../../core/words/en.ts";
import * as runtime from "../runtime.ts";
import { createScreen, styled } from "../shown.ts";
import type { Style } from "../shown.ts";
import { renderTable } from "../table.ts";
import type { DoctorReportSchema, Level } from "./report.ts";

export const STYLES: Readonly<Record<Level, Style>> = { ok: "good", warning: "warning", problem: "bad" };
/** Begins the line that says what to do. */
const ADVICE = "→ ";
const CONTINUED = "  ";
const INDENT = "    ";

/** Writes a report to standard output. What comes from outside is spelled out, never obeyed. */
export function showReport(report: Static<typeof DoctorReportSchema>, words: Words, json: boolean): void {
  const screen = createScreen(runtime.writeOutput, colouredOutput());
  if (json) {
    screen.json(report);
    return;
  }
  const { doctor } = words;
  const columns = [{ title: "" }, { title: "" }, { title: "" }];
  const rows = report.findings.map(({ level, check, text }) => [
    styled(STYLES[level], doctor.level[level]),
    doctor.check[check],
    text.split("\n")[0] ?? "",
  ]);
  const lines = renderTable(columns, rows, runtime.textWidth, { titles: false });
  for (const [index, { text, advice }] of report.findings.entries()) {
    screen.line(...(lines[index] ?? []));
    for (const line of text.split("\n").slice(1)) screen.line(INDENT, line);
    for (const [at, line] of (advice ?? "").split("\n").entries())
      if (line !== "") screen.line(INDENT, at === 0 ? ADVICE : CONTINUED, line);
  }
  const count = (wanted: Level): number => report.findings.filter(({ level }) => level === wanted).length;
  screen.line();
  screen.line(
    styled(STYLES[report.result], doctor.summary({ problems: count("problem"), warnings: count("warning") })),
  );
}
