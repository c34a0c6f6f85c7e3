// The body of an error reply as text, for the verdict alone: the client gets the bytes as they came.
import { builtin } from "../core/builtin.ts";

/** An envelope is a few hundred bytes, a firewall's page some kilobytes. */
export const ERROR_TEXT_BYTES = 64 * 1024;
/** A body that unpacks to more than this is no error message: it is not read at all. */
const UNPACKED_BYTES = 1024 * 1024;
const MAX_CODINGS = 3;

function unpack(bytes: Uint8Array, coding: string, maxOutputLength: number): Uint8Array {
  const zlib = builtin.zlib();
  const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH, ZSTD_e_flush } = zlib.constants;
  // With a flush at the end instead of a finish, the beginning of a body that was cut off is still readable.
  const bounds = { finishFlush: Z_SYNC_FLUSH, maxOutputLength };
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return zlib.gunzipSync(bytes, bounds);
    case "br":
      return zlib.brotliDecompressSync(bytes, { finishFlush: BROTLI_OPERATION_FLUSH, maxOutputLength });
    case "zstd":
      return zlib.zstdDecompressSync(bytes, { finishFlush: ZSTD_e_flush, maxOutputLength });
    case "deflate":
      // RFC 9110 §8.4.1.2: zlib's format, but some send the bare stream.
      return (bytes[0] ?? 0) % 16 === 8 ? zlib.inflateSync(bytes, bounds) : zlib.inflateRawSync(bytes, bounds);
    default:
      throw new Error("unknown coding");
  }
}

/** JSON or HTML as it is: a proxy that unpacked a body may have kept its `content-encoding`. */
function looksLikeText(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b || bytes[0] === 0x3c;
}

/**
 * A body unpacked by its `content-encoding` (RFC 9110 §8.4: several are listed in the order in which they were applied),
 * as far as it is there: it may be cut off. null: unreadable, or more than `most` bytes. Never throws.
 */
export function unpackBody(bytes: Uint8Array, contentEncoding: string | null, most: number): Uint8Array | null {
  const codings = (contentEncoding ?? "")
    .split(",")
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "" && coding !== "identity");
  let plain = bytes;
  if (codings.length > MAX_CODINGS) return null;
  try {
    for (const coding of codings.toReversed()) plain = unpack(plain, coding, most);
    return plain;
  } catch {
    return looksLikeText(bytes) ? bytes : null;
  }
}

/** The first 64 kB of an error body as text. The body may be cut off. Never throws: what cannot be read is "". */
export function decodeErrorBody(
  bytes: Uint8Array,
  contentEncoding: string | null,
  limit: number = ERROR_TEXT_BYTES,
): string {
  const plain = unpackBody(bytes, contentEncoding, UNPACKED_BYTES);
  // As if more could come: a character that is cut in two at the end is left out, not made another.
  return plain === null ? "" : new TextDecoder().decode(plain.subarray(0, limit), { stream: true });
}
