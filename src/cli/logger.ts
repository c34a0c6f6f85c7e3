// The log behind the Log port: coloured lines on a terminal, JSON lines when piped. Each request leaves a line, so a line
// costs a few assignments when it is written; it is put into words with others, behind the requests.
import type { Clock, Log, LogFields, LogLevel } from "../core/ports.ts";
import { spellOut } from "../core/spell-out.ts";

const RANK: Readonly<Record<LogLevel, number>> = { DEBUG: 0, INFO: 1, WARNING: 2, ERROR: 3 };
const COLOURS: Readonly<Record<LogLevel, string>> = {
  DEBUG: "\u001b[2m",
  INFO: "\u001b[36m",
  WARNING: "\u001b[33m",
  ERROR: "\u001b[31m",
};
const RESET = "\u001b[0m";
const DIM = "\u001b[2m";

/** Lines wait this long for others, so that one write serves many requests, milliseconds. */
const BATCH_MS = 20;

/** What a request line begins with; the rest follows as name=value. */
const FIRST = ["method", "path", "status"];

interface Line {
  /** Wall clock, milliseconds. */
  readonly at: number;
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

const localTime = (timestamp: number): string => {
  const date = new Date(timestamp);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
};

/** A value as a terminal may see it: quoted where it holds spaces. Paths and models come from clients. */
function shown(value: unknown): string {
  const text = String(value);
  return spellOut(typeof value === "string" && /[\s"\p{C}]/u.test(text) ? JSON.stringify(text) : text);
}

/** One line for a person: `12:00:01 INFO    request POST /v1/messages 200 provider="…" …`. */
function toTerminal({ at, level, event, fields }: Line): string {
  const head = FIRST.filter((name) => fields[name] !== undefined).map((name) => shown(fields[name]));
  const rest = Object.entries(fields)
    .filter(([name, value]) => value !== undefined && !FIRST.includes(name))
    .map(([name, value]) => `${DIM}${name}=${RESET}${shown(value)}`);
  const time = `${DIM}${localTime(at)}${RESET}`;
  return `${[time, `${COLOURS[level]}${level.padEnd(7)}${RESET}`, event, ...head, ...rest].join(" ")}\n`;
}

/** The beginning of a line, up to its fields. */
function toHead({ at, level, event }: Pick<Line, "at" | "level" | "event">): string {
  const head = JSON.stringify({ "@timestamp": new Date(at).toISOString(), level, message: event, logger: "ccb" });
  return head.slice(0, -1);
}

/** The one that was made last: in a millisecond a busy server has several lines, mostly of one event. */
let last = { at: 0, level: "INFO", event: "", head: "" };

function headOf(line: Line): string {
  const { at, level, event } = line;
  if (last.at !== at || last.event !== event || last.level !== level) last = { at, level, event, head: toHead(line) };
  return last.head;
}

/** One line for a program: an object with the time, the level in the words of the setting, the event and its fields. */
function toJson(line: Line): string {
  const fields = JSON.stringify(line.fields);
  return fields === "{}" ? `${headOf(line)}}\n` : `${headOf(line)},${fields.slice(1)}\n`;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Asked for with the first line that is written: to look at the output is to open it. */
  readonly coloured: () => boolean;
  readonly clock: Clock;
  readonly write: (text: string) => void;
}

export interface Logger {
  readonly log: Log;
  /** Writes what waits. */
  readonly flush: () => void;
  /** Another level is in force from here on. */
  readonly setLevel: (level: LogLevel) => void;
}

const NO_FIELDS: LogFields = {};

/** Creates the log of this process. Lines leave in batches, off the request path. */
export function createLogger({ level, coloured, clock, write }: LoggerOptions): Logger {
  let format: ((line: Line) => string) | null = null;
  let waiting: Line[] = [];
  let lowest = RANK[level];
  function flush(): void {
    if (waiting.length === 0) return;
    const lines = waiting;
    waiting = [];
    format ??= coloured() ? toTerminal : toJson;
    write(lines.map(format).join(""));
  }
  const at =
    (own: LogLevel) =>
    (event: string, fields: LogFields = NO_FIELDS): void => {
      if (RANK[own] < lowest) return;
      if (waiting.push({ at: clock.now(), level: own, event, fields }) === 1) clock.after(BATCH_MS, flush);
    };
  return {
    flush,
    setLevel: (next) => void (lowest = RANK[next]),
    log: { debug: at("DEBUG"), info: at("INFO"), warning: at("WARNING"), error: at("ERROR") },
  };
}
