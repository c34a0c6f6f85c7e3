// A Log port that keeps its lines, and an Announce port that keeps its texts.
import type { Announce, Log, LogFields, LogLevel } from "../../src/core/ports.ts";

export interface LogLine {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

export interface TestLog {
  readonly log: Log;
  readonly announce: Announce;
  readonly lines: readonly LogLine[];
  readonly announced: readonly string[];
  /** The lines of one event. */
  of(event: string): LogLine[];
  /** Everything as text: what a test searches for secrets. */
  text(): string;
}

export function createTestLog(): TestLog {
  const lines: LogLine[] = [];
  const announced: string[] = [];
  const at =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}): void => {
      lines.push({ level, event, fields });
    };
  return {
    log: { debug: at("DEBUG"), info: at("INFO"), warning: at("WARNING"), error: at("ERROR") },
    announce: (text) => {
      announced.push(text);
    },
    lines,
    announced,
    of: (event) => lines.filter((line) => line.event === event),
    text: () => [...lines.map((line) => JSON.stringify(line)), ...announced].join("\n"),
  };
}
