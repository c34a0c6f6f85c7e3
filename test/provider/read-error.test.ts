// Error bodies as text, whatever their coding, and whole or not.
import { describe, expect, test } from "bun:test";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { ERROR_TEXT_BYTES, decodeErrorBody } from "../../src/provider/read-error.ts";

const TEXT = JSON.stringify({ type: "error", error: { type: "overloaded_error", message: "Überlastet 过载" } });
const bytes = new TextEncoder().encode(TEXT);
const pack = {
  gzip: gzipSync,
  "x-gzip": gzipSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
  deflate: deflateSync,
};

describe("codings", () => {
  for (const [coding, packed] of Object.entries(pack)) {
    test(coding, () => expect(decodeErrorBody(packed(bytes), coding)).toBe(TEXT));
    test(`${coding}: a bomb is not unpacked`, () =>
      expect(decodeErrorBody(packed(Buffer.alloc(8_000_000, "a")), coding)).toBe(""));
  }
  test("deflate without zlib's frame", () => expect(decodeErrorBody(deflateRawSync(bytes), "deflate")).toBe(TEXT));
  test("none, identity, upper case", () => {
    expect(decodeErrorBody(bytes, null)).toBe(TEXT);
    expect(decodeErrorBody(bytes, "identity")).toBe(TEXT);
    expect(decodeErrorBody(gzipSync(bytes), "GZip")).toBe(TEXT);
  });
  test("several, in the order in which they were applied", () => {
    expect(decodeErrorBody(brotliCompressSync(gzipSync(bytes)), "gzip, br")).toBe(TEXT);
  });
  test("too many, or an unknown one: nothing", () => {
    expect(decodeErrorBody(gzipSync(bytes), "gzip, gzip, gzip, gzip")).toBe("");
    expect(decodeErrorBody(new Uint8Array([1, 2, 3]), "aws-chunked")).toBe("");
  });
  test("a body that is text in spite of its coding", () => expect(decodeErrorBody(bytes, "gzip")).toBe(TEXT));
});

test("a body that was cut off is read as far as it goes", () => {
  const long = Array.from({ length: 5000 }, (_, index) => `line ${index * 7919}`).join("\n");
  for (const coding of ["gzip", "br", "deflate"] as const) {
    const packed = pack[coding](Buffer.from(long));
    const text = decodeErrorBody(packed.subarray(0, packed.length - 8), coding);
    expect(text.length).toBeGreaterThan(1000);
    expect(long.startsWith(text.slice(0, 1000))).toBe(true);
  }
});

test("never more than 64 kB", () => {
  expect(decodeErrorBody(Buffer.alloc(500_000, "a"), null)).toHaveLength(ERROR_TEXT_BYTES);
  expect(decodeErrorBody(gzipSync(Buffer.alloc(500_000, "a")), "gzip")).toHaveLength(ERROR_TEXT_BYTES);
});

test("any bytes under any coding: no throw, bounded", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.oneof(fc.string(), fc.constantFrom("gzip", "br", "zstd", "deflate", "gzip, br", null)),
      (raw, coding) => {
        expect(decodeErrorBody(raw, coding).length).toBeLessThanOrEqual(ERROR_TEXT_BYTES);
      },
    ),
    { numRuns: 1000 },
  );
});
