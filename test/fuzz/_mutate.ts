// Damage to a good input: what a slip of the hand, a torn file or somebody with bad intentions makes of it.
import * as fc from "fast-check";

interface Edit {
  readonly kind: "delete" | "double" | "replace" | "insert" | "swap" | "cut" | "flip";
  /** Places as numbers without an end: taken by the length of what is changed. */
  readonly at: number;
  readonly to: number;
  readonly length: number;
  readonly token: string;
}

export type Edits = readonly Edit[];

const place = fc.nat({ max: 0x3fff_ffff });

/** Up to `most` edits, at least one; `tokens` are what the format itself is made of. */
export function edits(tokens: readonly string[], most = 4): fc.Arbitrary<Edits> {
  const edit = fc.record({
    kind: fc.constantFrom<Edit["kind"]>("delete", "double", "replace", "insert", "insert", "swap", "cut", "flip"),
    at: place,
    to: place,
    length: fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 3 }) }, fc.nat({ max: 40 })),
    token: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...tokens) }, fc.string({ unit: "binary", maxLength: 3 })),
  });
  return fc.array(edit, { minLength: 1, maxLength: most });
}

function edited(text: string, { kind, at: anywhere, to: elsewhere, length, token }: Edit): string {
  const at = anywhere % (text.length + 1);
  const to = elsewhere % (text.length + 1);
  const end = Math.min(text.length, at + length);
  switch (kind) {
    case "delete":
      return text.slice(0, at) + text.slice(end);
    case "double":
      return text.slice(0, end) + text.slice(at, end) + text.slice(end);
    case "replace":
      return text.slice(0, at) + token + text.slice(end);
    case "insert":
      return text.slice(0, at) + token + text.slice(at);
    case "swap": {
      const part = text.slice(at, end);
      const rest = text.slice(0, at) + text.slice(end);
      return rest.slice(0, to) + part + rest.slice(to);
    }
    case "cut":
      // Mostly near the end: what is left of the beginning is what is read.
      return text.slice(0, text.length - (anywhere % Math.min(text.length + 1, 60)));
    case "flip": {
      const code = text.charCodeAt(at);
      return Number.isNaN(code)
        ? text
        : text.slice(0, at) + String.fromCharCode(code ^ (1 << (length % 8))) + text.slice(at + 1);
    }
  }
}

/** The text after the edits, character by character. */
export const mutateText = (text: string, list: Edits): string => list.reduce(edited, text);

/** The bytes after the edits, byte by byte. */
export function mutateBytes(bytes: Uint8Array, list: Edits): Uint8Array<ArrayBuffer> {
  const latin1 = Buffer.from(bytes).toString("latin1");
  return new Uint8Array(Buffer.from(mutateText(latin1, list), "latin1"));
}

/** The text of the bytes of a text after the edits. */
export const mutateUtf8 = (text: string, list: Edits): string =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(mutateBytes(Buffer.from(text), list));

/** Where to cut; `each`: behind every byte. */
export type Cuts = readonly number[] | "each";

/** `bytes` in pieces that end at the given places, some of them empty. */
export function cutAt(bytes: Uint8Array<ArrayBuffer>, cuts: Cuts): Uint8Array<ArrayBuffer>[] {
  if (cuts === "each") return Array.from(bytes, (byte) => new Uint8Array([byte]));
  const ends = [...cuts.map((at) => at % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  let from = 0;
  return ends.map((end) => {
    const piece = bytes.slice(from, end);
    from = end;
    return piece;
  });
}

/** A few places, very many, or all. */
export const cuts: fc.Arbitrary<Cuts> = fc.oneof(
  { weight: 5, arbitrary: fc.array(place, { maxLength: 6 }) },
  { weight: 2, arbitrary: fc.array(place, { minLength: 20, maxLength: 200 }) },
  { weight: 1, arbitrary: fc.constant<Cuts>("each") },
);
