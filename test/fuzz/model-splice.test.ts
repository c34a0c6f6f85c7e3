// Another model name in a body: JSON.parse before and after differ in the model alone, and no other byte moves.
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { memberRanges, parseRange } from "../../src/balance/json-members.ts";
import { spliceModel } from "../../src/balance/model-routes.ts";
import { CcbError } from "../../src/core/errors.ts";
import { assertModelAllowed, FULL_ACCESS } from "../../src/relay/access.ts";
import { peekBody } from "../../src/relay/peek.ts";
import { must, subject } from "./_fuzz.ts";
import { edits, mutateBytes } from "./_mutate.ts";

const fuzz = subject("model splice");

/** Stands in a drawn text where a model's name is, until the name is put in: no JSON text holds it as it is. */
const HERE = "\u0000";

const space = fc.oneof(
  { weight: 6, arbitrary: fc.constant("") },
  { weight: 2, arbitrary: fc.constant(" ") },
  fc.string({ unit: fc.constantFrom(" ", "\n", "\r", "\t"), maxLength: 4 }),
);
const letters = fc.oneof(
  fc.constantFrom(
    "model",
    "Model",
    "models",
    "mode",
    "",
    "stream",
    "messages",
    "max_tokens",
    "system",
    "metadata",
    "__proto__",
    'a"b',
    "a\\",
    "\\",
  ),
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.string({ unit: fc.constantFrom('"', "\\", "{", "}", "[", "]", ",", ":", "model", "\n", "é", "👋"), maxLength: 6 }),
);
const escape = (text: string, which: number): string =>
  Array.from(text)
    .map((letter, index) => {
      const quoted = JSON.stringify(letter).slice(1, -1);
      if (((which >> (index % 16)) & 1) === 0 || letter.length > 1) return quoted;
      const hex = letter.charCodeAt(0).toString(16).padStart(4, "0");
      return `\\u${which % 3 === 0 ? hex.toUpperCase() : hex}`;
    })
    .join("");
/** A string as JSON, any of its letters as \u0061. */
const text = fc.tuple(letters, fc.oneof(fc.constant(0), fc.nat({ max: 65_535 }))).map(([value, which]) => ({
  value,
  written: `"${escape(value.toWellFormed(), which)}"`,
}));
const name = fc.oneof(
  fc.constantFrom("claude-opus-5", "claude-haiku-4-5", 'a"b\\', "模型", "👋", "", "x".repeat(300)),
  fc.string({ unit: "grapheme", maxLength: 20 }).map((value) => value.toWellFormed()),
);

/** Any JSON value, written out, with names that look like the one that is looked for. */
const value = fc.letrec<{ any: string; object: string; list: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    text.map(({ written }) => written),
    fc.constantFrom(
      "0",
      "-1.5e+10",
      "1E400",
      "true",
      "false",
      "null",
      '"model"',
      '"\\""',
      '"\\\\"',
      '"{\\"model\\":\\"x\\"}"',
    ),
    fc.nat({ max: 2_000 }).map((length) => `"${"a\\\\".repeat(length % 40)}${"b".repeat(length)}"`),
  ),
  object: fc
    .array(fc.tuple(text, tie("any"), space), { maxLength: 4 })
    .map((members) => `{${members.map(([key, of, gap]) => `${gap}${key.written}${gap}:${gap}${of}`).join(",")}}`),
  list: fc
    .array(fc.tuple(tie("any"), space), { maxLength: 4 })
    .map((items) => `[${items.map(([of, gap]) => `${gap}${of}${gap}`).join(",")}]`),
  any: fc.oneof({ depthSize: "small", withCrossShrink: true }, tie("leaf"), tie("object"), tie("list")),
})).any;

const modelKey = fc.nat({ max: 65_535 }).map((which) => `"${which % 4 === 0 ? escape("model", which >> 2) : "model"}"`);
/** One member at the top: a model (with a mark in place of its name), a model that is no name, or anything else. */
const member = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(modelKey, space).map(([key, gap]) => `${gap}${key}${gap}:${gap}${HERE}${gap}`) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(modelKey, fc.constantFrom("null", "1", "[]", '{"model":"x"}', "true"))
      .map(([key, of]) => `${key}:${of}`),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(text, value, space)
      .filter(([key]) => key.value !== "model")
      .map(([key, of, gap]) => `${gap}${key.written}${gap}:${gap}${of}${gap}`),
  },
);
const body = fc.record({
  before: space,
  after: space,
  members: fc.array(member, { maxLength: 6 }),
  old: fc.array(text, { minLength: 1, maxLength: 3 }),
  huge: fc.nat({ max: 200 }),
});

interface Drawn {
  /** With marks. */
  readonly drawn: string;
  readonly old: readonly { readonly written: string }[];
}
const drawnBody: fc.Arbitrary<Drawn> = body.map(({ before, after, members, old, huge }) => {
  const first = huge === 0 ? [`"messages":"${"long \\n text ".repeat(20_000)}"`] : [];
  return { drawn: `${before}{${[...first, ...members].join(",")}}${after}`, old };
});
const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
function written({ drawn, old }: Drawn): string {
  let index = 0;
  return drawn.replaceAll(HERE, () => old[index++ % old.length]?.written ?? '""');
}

/** What a reader gets that goes by RFC 8259; undefined: no JSON. */
function read(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function assertModelAlone(bytes: Uint8Array<ArrayBuffer>, after: Uint8Array<ArrayBuffer>, name: string): void {
  const was = read(bytes);
  if (was === undefined) return;
  const is = read(after);
  if (!isObject(was) || typeof was["model"] !== "string" || !Object.hasOwn(was, "model")) {
    // Where it stands there twice and the last is none, the one before may have been replaced.
    must(isDeepStrictEqual(is, was), "something changed where there was no model", was, is);
    return;
  }
  must(isObject(is) && is["model"] === name, "not the new name", is);
  must(isDeepStrictEqual({ ...is, model: null }, { ...was, model: null }), "more than the model changed", was, is);
  must(Object.keys(is).join("\n") === Object.keys(was).join("\n"), "the members changed places");
}

fuzz("every model at the top gets the name; every other byte stays", {
  values: fc.tuple(drawnBody, name),
  reaches: { "a model": 0.5, "two models": 0.15, "no model": 0.1 },
  check([drawn, name], reach) {
    const bytes = utf8(written(drawn));
    const copy = bytes.slice();
    const after = spliceModel(bytes, name);
    must(Buffer.from(bytes).equals(copy), "the body itself was changed");
    const expected = utf8(drawn.drawn.replaceAll(HERE, () => JSON.stringify(name)));
    must(Buffer.from(after).equals(expected), "other bytes", written(drawn), new TextDecoder().decode(after));
    assertModelAlone(bytes, after, name);
    const models = drawn.drawn.split(HERE).length - 1;
    reach(models === 0 ? "no model" : "a model");
    if (models > 1) reach("two models");
    // Once more changes nothing more.
    must(Buffer.from(spliceModel(after, name)).equals(after), "twice is not once");
  },
});

const TOKENS = [
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"model"',
  '"model":"x",',
  "\\u006d",
  "\\u",
  "null",
  "\u00ef\u00bb\u00bf",
  "\u00ff",
  "\u0000",
  " ",
  "1",
  '{"model":"y"}',
];

fuzz("damaged bodies: what is still JSON differs in the model alone, the rest throws nothing", {
  values: fc.tuple(drawnBody, name, edits(TOKENS, 3)),
  reaches: { "still JSON": 0.1, "no JSON": 0.3 },
  check([drawn, name, list], reach) {
    const bytes = mutateBytes(utf8(written(drawn)), list);
    const after = spliceModel(bytes, name);
    reach(read(bytes) === undefined ? "no JSON" : "still JSON");
    assertModelAlone(bytes, after, name);
    const peeked = peekBody(bytes);
    must(peeked.model === null || typeof peeked.model === "string", "a model that is no text", peeked);
    must(peeked.maxTokens === null || Number.isFinite(peeked.maxTokens), "no number", peeked);
  },
});

const ALLOWED = "claude-haiku-*";
const access = { ...FULL_ACCESS, key: "k", allow: { providers: null, accounts: null, models: [ALLOWED] } };

fuzz("no body names a model to its reader that the key may not use", {
  values: fc.tuple(
    body.map(({ before, after, members }) => `${before}{${members.join(",")}}${after}`),
    fc.array(
      fc.constantFrom('"claude-haiku-4-5"', '"claude-haiku-4-5"', '"claude-opus-5"', '"claude-h\\u0061iku-1"', '""'),
      { minLength: 1, maxLength: 3 },
    ),
    fc.oneof(fc.constant([]), edits(TOKENS, 2)),
  ),
  reaches: { "let in": 0.1, "kept out": 0.3 },
  check([drawn, names, list], reach) {
    let index = 0;
    const bytes = mutateBytes(utf8(drawn.replaceAll(HERE, () => names[index++ % names.length] ?? '""')), list);
    try {
      assertModelAllowed(access, { method: "POST", path: "/v1/messages", body: { kind: "whole", bytes } });
    } catch (error) {
      if (!(error instanceof CcbError) || error.code !== "key_model") throw error;
      reach("kept out");
      return;
    }
    reach("let in");
    const is = read(bytes);
    // A reader that takes the last, one that takes the first, and ccb's own way to choose.
    if (isObject(is)) must(/^claude-haiku-/i.test(String(is["model"])), "another model went through", is);
    const { model } = peekBody(bytes);
    must(model === null || /^claude-haiku-/i.test(model), "ccb chose by another model", model);
    for (const range of memberRanges(bytes, "model"))
      must(/^claude-haiku-/i.test(String(parseRange(bytes, range))), "one of them is another");
  },
});
