// The body of an error reply as text, for the verdict alone: the client gets the bytes as they came.
import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from "node:zlib";

/** An envelope is a few hundred bytes, a firewall's page some kilobytes. */
export const ERROR_TEXT_BYTES = 64 * 1024;
/** A body that unpacks to more than this is no error message: it is not read at all. */
const UNPACKED_BYTES = 1024 * 1024;
const MAX_CODINGS = 3;

// With a flush at the end instead of a finish, the beginning of a body that was cut off is still readable.
const zlib = { finishFlush: constants.Z_SYNC_FLUSH };
const brotli = { finishFlush: constants.BROTLI_OPERATION_FLUSH };
const zstd = { finishFlush: constants.ZSTD_e_flush };

function unpack(bytes: Uint8Array, coding: string, maxOutputLength: number): Uint8Array {
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return gunzipSync(bytes, { ...zlib, maxOutputLength });
    case "br":
      return brotliDecompressSync(bytes, { ...brotli, maxOutputLength });
    case "zstd":
      return zstdDecompressSync(bytes, { ...zstd, maxOutputLength });
    case "deflate":
      // RFC 9110 §8.4.1.2: zlib's format, but some send the bare stream.
      return (bytes[0] ?? 0) % 16 === 8
        ? inflateSync(bytes, { ...zlib, maxOutputLength })
        : inflateRawSync(bytes, { ...zlib, maxOutputLength });
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
