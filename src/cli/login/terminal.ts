// What a person types: lines as they come, and a secret that is not shown.
import { builtin } from "../../core/builtin.ts";
import type { ReadStream } from "node:tty";

export interface Lines {
  /** The next line without its end; null: there will be none. */
  next(): Promise<string | null>;
  close(): void;
}

/** Reads lines; those that come before anybody asks wait. */
export function readLines(input: ReadStream): Lines {
  const lines: string[] = [];
  let waiting: ((line: string | null) => void) | null = null;
  let ended = false;
  const reader = builtin.readline().createInterface({ input, terminal: false });
  reader.on("line", (line) => {
    if (waiting === null) lines.push(line);
    else waiting(line);
    waiting = null;
  });
  reader.on("close", () => {
    ended = true;
    waiting?.(null);
    waiting = null;
  });
  return {
    next() {
      const line = lines.shift();
      if (line !== undefined || ended) return Promise.resolve(line ?? null);
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    close: () => reader.close(),
  };
}

/** The longest text that is taken; what is longer is no token. */
const LIMIT = 65_536;

/** All of a stream that is no terminal, at most 64 KiB. */
export async function readAll(input: ReadStream): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.byteLength;
    if (size > LIMIT) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

const ENTER = /[\r\n]/;
const INTERRUPT = "\u0003";
const END = "\u0004";
const ERASE: readonly string[] = ["\u0008", "\u007f"];
/** What a terminal puts around a pasted text, and other sequences that are no characters. */
// oxlint-disable-next-line no-control-regex
const SEQUENCES = /\u001b\[[0-9;?]*[A-Za-z~]/g;

/** A line from a terminal that is not shown on it; null: the person pressed Ctrl-C, or Ctrl-D on an empty line. */
export function readHidden(input: ReadStream): Promise<string | null> {
  return new Promise((resolve) => {
    let text = "";
    function end(result: string | null): void {
      input.off("data", onData);
      input.setRawMode(false);
      input.pause();
      resolve(result);
    }
    function onData(chunk: Buffer | string): void {
      for (const character of String(chunk).replaceAll(SEQUENCES, "")) {
        if (ENTER.test(character)) return end(text);
        if (character === INTERRUPT || (character === END && text === "")) return end(null);
        if (ERASE.includes(character)) text = text.slice(0, -1);
        else if (text.length < LIMIT) text += character;
      }
    }
    input.setRawMode(true);
    input.on("data", onData);
    input.resume();
  });
}
