// The log: LogTape behind the Log port. Coloured lines on a terminal, JSON lines when piped.
import { configureSync, getLogger } from "@logtape/logtape";
import type { LogLevel as TapeLevel, LogRecord, TextFormatter } from "@logtape/logtape";
import type { Clock, Log, LogFields, LogLevel } from "../core/ports.ts";
import { spellOut } from "../core/spell-out.ts";

const LEVELS = { DEBUG: "debug", INFO: "info", WARNING: "warning", ERROR: "error" } as const satisfies Record<
  LogLevel,
  TapeLevel
>;
const COLOURS: Readonly<Partial<Record<TapeLevel, string>>> = {
  debug: "\u001b[2m",
  info: "\u001b[36m",
  warning: "\u001b[33m",
  error: "\u001b[31m",
};
const RESET = "\u001b[0m";
const DIM = "\u001b[2m";

/** Lines wait this long for others, so that one write serves many requests, milliseconds. */
const BATCH_MS = 20;

/** What a request line begins with; the rest follows as name=value. */
const FIRST = ["method", "path", "status"];

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
const terminalFormatter: TextFormatter = ({ timestamp, level, rawMessage, properties }: LogRecord) => {
  const colour = COLOURS[level] ?? "";
  const text = String(rawMessage);
  const head = FIRST.filter((name) => properties[name] !== undefined).map((name) => shown(properties[name]));
  const rest = Object.entries(properties)
    .filter(([name, value]) => value !== undefined && !FIRST.includes(name))
    .map(([name, value]) => `${DIM}${name}=${RESET}${shown(value)}`);
  return `${[`${DIM}${localTime(timestamp)}${RESET}`, `${colour}${level.toUpperCase().padEnd(7)}${RESET}`, text, ...head, ...rest].join(" ")}\n`;
};

/** One line for a program: an object with the time, the level in the words of the setting, the event and its fields. */
const jsonFormatter: TextFormatter = ({ timestamp, level, rawMessage, properties }: LogRecord) =>
  `${JSON.stringify({
    "@timestamp": new Date(timestamp).toISOString(),
    level: level.toUpperCase(),
    message: String(rawMessage),
    logger: "ccb",
    ...properties,
  })}\n`;

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly coloured: boolean;
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

/** Configures LogTape for this process and gives the port to it. Lines leave in batches, off the request path. */
export function createLogger({ level, coloured, clock, write }: LoggerOptions): Logger {
  const format = coloured ? terminalFormatter : jsonFormatter;
  const waiting: string[] = [];
  function flush(): void {
    if (waiting.length > 0) write(waiting.splice(0).join(""));
  }
  function setLevel(lowest: LogLevel): void {
    configureSync({
      reset: true,
      sinks: {
        out: (record) => {
          if (waiting.push(format(record)) === 1) clock.after(BATCH_MS, flush);
        },
      },
      loggers: [
        { category: ["ccb"], lowestLevel: LEVELS[lowest], sinks: ["out"] },
        { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["out"] },
      ],
    });
  }
  setLevel(level);
  const logger = getLogger(["ccb"]);
  const withFields = (fields?: LogFields): Record<string, unknown> => ({ ...fields });
  return {
    flush,
    setLevel,
    log: {
      debug: (event, fields) => logger.debug(event, withFields(fields)),
      info: (event, fields) => logger.info(event, withFields(fields)),
      warning: (event, fields) => logger.warning(event, withFields(fields)),
      error: (event, fields) => logger.error(event, withFields(fields)),
    },
  };
}
