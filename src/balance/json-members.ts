// Where a top-level member of a JSON object stands in the bytes: found by a scan, as parsing megabytes for one name
// would cost more than the whole relay.

/** Half open, in bytes. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isOpen = (byte: number | undefined): boolean => byte === OPEN_BRACE || byte === 0x5b;
const isClose = (byte: number | undefined): boolean => byte === CLOSE_BRACE || byte === 0x5d;

/** Index of the first byte from there on that is no white space of JSON. */
export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

/** Index behind the string that begins at `start`; -1 where it never ends. */
export function behindString(bytes: Uint8Array, start: number): number {
  for (let quote = bytes.indexOf(QUOTE, start + 1); quote !== -1; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let slashes = 0;
    while (bytes[quote - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
  }
  return -1;
}

/** Index behind the value that begins at `start`; -1 where it never ends or there is none. */
function behindValue(bytes: Uint8Array, start: number): number {
  if (bytes[start] === QUOTE) return behindString(bytes, start);
  let at = start;
  if (!isOpen(bytes[start])) {
    while (at < bytes.length && bytes[at] !== COMMA && !isClose(bytes[at]) && !isSpace(bytes[at])) at += 1;
    return at === start ? -1 : at;
  }
  let depth = 0;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = behindString(bytes, at);
      if (at === -1) return -1;
      continue;
    }
    at += 1;
    if (isOpen(byte)) depth += 1;
    else if (isClose(byte) && --depth === 0) return at;
  }
  return -1;
}

/** So much of the end is looked through: a client writes its long members first, or last. */
const END_BYTES = 64 * 1024;

const ESCAPED_LETTERS = ["\\u004", "\\u005", "\\u006", "\\u007"];

/**
 * Whether an ASCII letter, or `_`, may stand somewhere as \u0061: no client writes it so, but a parser reads it, and two
 * spellings of one name could tell two readers different things.
 */
export const hasEscapedLetter = (bytes: Uint8Array): boolean =>
  ESCAPED_LETTERS.some((escaped) => toBuffer(bytes).includes(escaped));

/**
 * The value of the last top-level member called `name` (ASCII letters and `_`) of a valid JSON object, where it stands
 * near the end: how many brackets close behind it says how deep it stands, so nothing before it is looked at. null: the
 * word is nowhere a key or a string of its own. undefined: it may stand further ahead, or be spelled otherwise.
 */
export function memberNearEnd(bytes: Uint8Array, name: string): Range | null | undefined {
  const text = toBuffer(bytes);
  const quoted = `"${name}"`;
  const key = text.lastIndexOf(quoted);
  if (key === -1) return hasEscapedLetter(text) ? undefined : null;
  if (key < bytes.length - END_BYTES) return undefined;
  const colon = skipSpace(bytes, key + quoted.length);
  if (bytes[colon] !== COLON || bytes[key - 1] === BACKSLASH) return undefined;
  let depth = 1;
  for (let at = colon; at < bytes.length;) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = behindString(bytes, at);
      if (at === -1) return undefined;
      continue;
    }
    if (isOpen(byte)) depth += 1;
    else if (isClose(byte)) depth -= 1;
    at += 1;
    if (depth === 0) {
      // The outermost object is over here, or it was not the outermost.
      if (skipSpace(bytes, at) < bytes.length) return undefined;
      const start = skipSpace(bytes, colon + 1);
      return { start, end: behindValue(bytes, start) };
    }
  }
  return undefined;
}

/** A view, not a copy: its `includes` is native, and most bodies do not hold the word. */
export const toBuffer = (body: Uint8Array): Buffer =>
  Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);

const decoder = new TextDecoder();

/** The value in a range, or undefined where it is no JSON. */
export function parseRange(bytes: Uint8Array, range: Range): unknown {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes.subarray(range.start, range.end)));
    return value;
  } catch {
    return undefined;
  }
}

/** Tells whether the quoted key in a range is `name` (ASCII), also with \u escapes (RFC 8259 §7: six bytes each). */
export function isKey(bytes: Uint8Array, key: Range, name: string): boolean {
  const length = key.end - key.start - 2;
  const first = bytes[key.start + 1];
  if (first !== name.charCodeAt(0) && first !== BACKSLASH) return false;
  if (length < name.length || length > name.length * 6) return false;
  if (length > name.length) {
    return bytes.subarray(key.start, key.end).includes(BACKSLASH) && parseRange(bytes, key) === name;
  }
  for (let index = 0; index < length; index += 1) {
    if (bytes[key.start + 1 + index] !== name.charCodeAt(index)) return false;
  }
  return true;
}

/**
 * The values of every top-level member called `name`, in order: a name may stand there twice, and a parser takes the
 * last. Whatever is no JSON object gives what was found up to the fault; nothing throws.
 */
export function memberRanges(bytes: Uint8Array, name: string): readonly Range[] {
  const found: Range[] = [];
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== OPEN_BRACE) return found;
  while (at !== -1 && (bytes[at] === OPEN_BRACE || bytes[at] === COMMA)) {
    const start = skipSpace(bytes, at + 1);
    const end = bytes[start] === QUOTE ? behindString(bytes, start) : -1;
    if (end === -1) return found;
    const colon = skipSpace(bytes, end);
    if (bytes[colon] !== COLON) return found;
    const value = { start: skipSpace(bytes, colon + 1), end: 0 };
    value.end = behindValue(bytes, value.start);
    if (value.end === -1) return found;
    if (isKey(bytes, { start, end }, name)) found.push(value);
    at = skipSpace(bytes, value.end);
  }
  return found;
}
