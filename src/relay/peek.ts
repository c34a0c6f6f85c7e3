// Two top-level members of a JSON body, found by a scan of the bytes: parsing megabytes to learn one name would cost
// more than the whole relay (facts/bun, "big bodies").
import { behindString, isKey, memberNearEnd, skipSpace, toBuffer } from "../balance/json-members.ts";

export interface Peeked {
  readonly model: string | null;
  readonly stream: boolean;
  /** null: not said, or not needed, since the answer is a stream. */
  readonly maxTokens: number | null;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const ZERO = 0x30;

/** `max_tokens`, each letter as \u0073 (RFC 8259 §7), and the opening quote: a longer key is another one. */
const LONGEST_KEY_BYTES = 10 * 6 + 1;

const KEYS = ["model", "stream", "max_tokens"] as const;

const textOf = (bytes: Uint8Array, from: number, to: number): string => toBuffer(bytes).toString("utf8", from, to);

/** The string between two quotes; `end` is behind the second. */
function stringAt(bytes: Uint8Array, start: number, end: number): string | null {
  try {
    const value: unknown = JSON.parse(textOf(bytes, start, end));
    return typeof value === "string" ? value : null;
  } catch {
    return null;
  }
}

/** The key that stands between two quotes, of those that are looked for; null: another one. */
function keyAt(bytes: Uint8Array, start: number, end: number): string | null {
  for (const key of KEYS) if (isKey(bytes, { start, end }, key)) return key;
  return null;
}

function numberAt(bytes: Uint8Array, start: number): number | null {
  let number: number | null = null;
  for (let at = start; at < start + LONGEST_NUMBER; at += 1) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) break;
    number = (number ?? 0) * 10 + digit;
  }
  return number;
}

/** Digits of a number that are looked at: more would be no number of tokens. */
const LONGEST_NUMBER = 12;

/** More than this is looked at from both ends before all of it is: nearly all bytes are the conversation's. */
const LARGE_BYTES = 64 * 1024;

/** The members before the conversation are short. */
const HEAD_BYTES = 1024;

/** What has been found of the three. */
interface Found {
  model: string | null;
  stream: boolean | null;
  maxTokens: number | null;
}

const isComplete = ({ model, stream, maxTokens }: Found): boolean =>
  model !== null && (stream === true || (stream === false && maxTokens !== null));

/** Looks for them from the beginning, up to `limit`; what was found before stays. */
function scan(bytes: Uint8Array, limit: number, found: Found): void {
  let depth = 0;
  let at = skipSpace(bytes, 0);
  while (at < limit && !isComplete(found)) {
    const byte = bytes[at] ?? 0;
    if (byte !== QUOTE) {
      if (byte === 0x7b || byte === 0x5b) depth += 1;
      else if (byte === 0x7d || byte === 0x5d) depth -= 1;
      at += 1;
      continue;
    }
    const end = behindString(bytes, at);
    if (end === -1) break;
    const colon = depth === 1 ? skipSpace(bytes, end) : -1;
    if (colon !== -1 && bytes[colon] === COLON) {
      const value = skipSpace(bytes, colon + 1);
      const key = end - at - 1 <= LONGEST_KEY_BYTES ? keyAt(bytes, at, end) : null;
      if (key === "model" && bytes[value] === QUOTE) {
        const valueEnd = behindString(bytes, value);
        if (valueEnd === -1) break;
        found.model ??= stringAt(bytes, value, valueEnd);
        at = valueEnd;
        continue;
      }
      if (key === "stream") found.stream ??= textOf(bytes, value, value + 4) === "true";
      if (key === "max_tokens") found.maxTokens ??= numberAt(bytes, value);
      at = value;
      continue;
    }
    at = end;
  }
}

/** Looks for what is missing from the end. True: what was not found is not there. */
function scanEnd(bytes: Uint8Array, found: Found): boolean {
  const model = found.model === null ? memberNearEnd(bytes, "model") : null;
  const stream = found.stream === null ? memberNearEnd(bytes, "stream") : null;
  if (model && bytes[model.start] === QUOTE) found.model = stringAt(bytes, model.start, model.end);
  if (stream) found.stream = textOf(bytes, stream.start, stream.end) === "true";
  if (found.stream === true) return model !== undefined;
  const maxTokens = found.maxTokens === null ? memberNearEnd(bytes, "max_tokens") : null;
  if (maxTokens) found.maxTokens = numberAt(bytes, maxTokens.start);
  return model !== undefined && stream !== undefined && maxTokens !== undefined;
}

/**
 * The model, the stream flag and, where it is not a stream, `max_tokens` of a Messages request. Whatever is no JSON object
 * says nothing of them. The scan ends as soon as all are known: of a name that stands there twice, the first counts; of
 * a large body one at its beginning, then one at its end.
 */
export function peekBody(bytes: Uint8Array): Peeked {
  const found: Found = { model: null, stream: null, maxTokens: null };
  if (bytes[skipSpace(bytes, 0)] !== 0x7b) return { model: null, stream: false, maxTokens: null };
  const large = bytes.length > LARGE_BYTES;
  scan(bytes, large ? HEAD_BYTES : bytes.length, found);
  if (large && !isComplete(found) && !scanEnd(bytes, found)) scan(bytes, bytes.length, found);
  const { model, stream, maxTokens } = found;
  return { model, stream: stream ?? false, maxTokens: stream === true ? null : maxTokens };
}
