// model and stream of a body, found by a scan: the same as a parser finds, and no throw whatever the bytes.
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { peekBody } from "../../src/relay/peek.ts";

const encoder = new TextEncoder();
const peek = (text: string): { model: string | null; stream: boolean } => {
  const { model, stream } = peekBody(encoder.encode(text));
  return { model, stream };
};

/** What a parser says of it. */
function parsed(text: string): { model: string | null; stream: boolean } {
  const value: Record<string, unknown> = JSON.parse(text);
  const own = (key: string): unknown => (Object.hasOwn(value, key) ? value[key] : undefined);
  const model = own("model");
  return { model: typeof model === "string" ? model : null, stream: own("stream") === true };
}

describe("as a parser reads it", () => {
  for (const text of [
    "{}",
    '{"model":"claude-opus-5","stream":true}',
    '{"stream":true,"model":"claude-opus-5"}',
    ' \r\n\t{ "model" \n:\t"a b" , "stream"\r\n: true }',
    '{"messages":[{"model":"nested","stream":true}],"model":"top"}',
    '{"metadata":{"stream":true,"model":"nested"},"stream":false}',
    '{"a":"model","model":"b"}',
    '{"a":"\\"model\\":\\"x\\"","model":"b"}',
    '{"a":"ends in a backslash \\\\","model":"b","stream":true}',
    '{"a":"brackets }]}","model":"b"}',
    String.raw`{"model":"\u0063laude \"x\" \\","stream":true}`,
    String.raw`{"\u006dodel":"escaped key","strea\u006d":true}`,
    '{"model":null,"stream":null}',
    '{"model":5,"stream":"true"}',
    '{"model":["x"],"stream":{"stream":true}}',
    '{"model":"你好 👋","stream":true}',
    '{"model":"","stream":true}',
    '{"Model":"x","models":"y","stream ":true}',
  ]) {
    test(text.slice(0, 60), () => expect(peek(text)).toEqual(parsed(text)));
  }
});

describe("max_tokens, where the answer is no stream", () => {
  for (const [text, expected] of [
    ['{"model":"m","max_tokens":100}', 100],
    ['{"max_tokens": 64000 ,"model":"m","stream":false}', 64_000],
    ['{"model":"m","stream":false,"messages":[{"max_tokens":1}],"max_tokens":7}', 7],
    ['{"model":"m","stream":true,"max_tokens":7}', null],
    ['{"model":"m"}', null],
    ['{"model":"m","max_tokens":"7"}', null],
    ['{"model":"m","max_tokens":-7}', null],
    ['{"model":"m","max_tokens":', null],
  ] as const) {
    test(text, () => expect(peekBody(encoder.encode(text)).maxTokens).toBe(expected));
  }
});

test("of a name that stands there twice, the first counts: the rest is not looked at", () => {
  expect(peek('{"model":"first","stream":true,"model":"last","stream":false}')).toEqual({
    model: "first",
    stream: true,
  });
});

const NOTHING = { model: null, stream: false };

describe("what is no JSON object says nothing", () => {
  for (const text of ["", " ", "[]", '[{"model":"x"}]', '"model"', "null", "1", "model", ':"x"']) {
    test(JSON.stringify(text), () => expect(peek(text)).toEqual(NOTHING));
  }
});

/** JSON text with any whitespace between its tokens and any character of a string escaped (of the basic plane: half a pair is no character). */
function spelled(value: unknown, space: () => string, escape: () => boolean): string {
  const quoted = (text: string): string =>
    `"${Array.from(
      JSON.stringify(text)
        .slice(1, -1)
        .matchAll(/\\u[0-9a-f]{4}|\\.|[^]/gu),
      ([token]) => (token.length === 1 && escape() ? `\\u${token.charCodeAt(0).toString(16).padStart(4, "0")}` : token),
    ).join("")}"`;
  const list = (items: readonly string[]): string => items.map((item) => space() + item + space()).join(",");
  const write = (inner: unknown): string => {
    if (typeof inner === "string") return quoted(inner);
    if (Array.isArray(inner)) return `[${list(inner.map(write))}]`;
    if (typeof inner !== "object" || inner === null) return JSON.stringify(inner);
    return `{${list(Object.entries(inner).map(([key, member]) => `${quoted(key)}${space()}:${space()}${write(member)}`))}}`;
  };
  return space() + write(value) + space();
}

const KEYS = fc.oneof(
  fc.constantFrom("model", "stream", "messages", "Model", "\\model", '"stream'),
  fc.string({ unit: "binary" }),
);
const VALUES = fc.oneof(
  fc.constantFrom<unknown>("claude-opus-5", true, false, null, "true"),
  fc.string({ unit: "binary" }),
  fc.jsonValue(),
  fc.dictionary(KEYS, fc.jsonValue()),
  fc.array(fc.dictionary(KEYS, fc.jsonValue())),
);
const OBJECTS = fc.dictionary(KEYS, VALUES, { maxKeys: 8, noNullPrototype: true });

test("any object, however it is written, reads as a parser reads it", () => {
  fc.assert(
    fc.property(
      OBJECTS,
      fc.array(fc.constantFrom("", " ", "\n", "\t\r "), { minLength: 1 }),
      fc.array(fc.boolean(), { minLength: 1 }),
      (value, spaces, escapes) => {
        let turn = 0;
        const next = <T>(list: readonly T[], otherwise: T): T => list[turn++ % list.length] ?? otherwise;
        const text = spelled(
          value,
          () => next(spaces, ""),
          () => next(escapes, false),
        );
        expect(peek(text)).toEqual(parsed(text));
      },
    ),
    { numRuns: 2000 },
  );
});

test("a name with an escaped letter, far behind the beginning of a large body", () => {
  const long = "x".repeat(70_000);
  const MEMBERS = { model: '"m"', stream: "false", max_tokens: "17" };
  for (const name of Object.keys(MEMBERS))
    for (let at = 0; at < name.length; at++) {
      const escaped = `\\u${name.charCodeAt(at).toString(16).padStart(4, "0")}`;
      const text = Object.entries(MEMBERS)
        .map(([key, value]) => `"${key === name ? key.slice(0, at) + escaped + key.slice(at + 1) : key}":${value}`)
        .join(",");
      expect(peekBody(encoder.encode(`{"messages":"${long}",${text}}`))).toEqual({
        model: "m",
        stream: false,
        maxTokens: 17,
      });
    }
});

describe("a long conversation, wherever it stands among the members", () => {
  const LONG = 'A "line" of {a} conversation: "stream": true, "model": "x".\n'.repeat(1_200);
  const MEMBERS = fc.dictionary(
    fc.constantFrom("model", "stream", "max_tokens", "tools", "metadata", "system"),
    fc.oneof(
      fc.constantFrom<unknown>("claude-opus-5", true, false, null, "true", "stream", 16, 32_000),
      fc.dictionary(fc.constantFrom("model", "stream", "max_tokens"), fc.jsonValue()),
      fc.array(fc.dictionary(fc.constantFrom("model", "stream", "a"), fc.constantFrom<unknown>("stream", true, 1))),
    ),
    { noNullPrototype: true },
  );
  test("reads as a parser reads it", () => {
    fc.assert(
      fc.property(MEMBERS, fc.nat(6), fc.boolean(), (members, place, nested) => {
        const entries = Object.entries(members);
        entries.splice(place, 0, ["messages", nested ? [{ content: LONG, stream: true, model: "y" }] : LONG]);
        const text = JSON.stringify(Object.fromEntries(entries));
        expect(peek(text)).toEqual(parsed(text));
        const { max_tokens } = members;
        const read = peekBody(encoder.encode(text));
        expect(read.maxTokens).toBe(read.stream || typeof max_tokens !== "number" ? null : max_tokens);
      }),
      { numRuns: 500 },
    );
  });
});

test("a body cut anywhere never throws and never says more than the whole", () => {
  fc.assert(
    fc.property(OBJECTS, fc.nat(), (value, cut) => {
      const bytes = encoder.encode(JSON.stringify(value));
      const whole = peekBody(bytes);
      const { model, stream } = peekBody(bytes.subarray(0, cut % (bytes.length + 1)));
      return (model === null || model === whole.model) && (!stream || whole.stream);
    }),
    { numRuns: 2000 },
  );
});

test("any bytes at all never throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      peekBody(Uint8Array.from([0x7b, ...bytes]));
      peekBody(bytes);
    }),
    { numRuns: 2000 },
  );
});

test("32 MB are looked through in a fraction of what parsing takes", () => {
  const bytes = encoder.encode(
    JSON.stringify({ messages: [{ role: "user", content: 'x\\"'.repeat(8_000_000) }], model: "m", stream: true }),
  );
  const before = performance.now();
  expect(peekBody(bytes)).toEqual({ model: "m", stream: true, maxTokens: null });
  // About 40 ms here; the bound is for a machine that is busy with everything else.
  expect(performance.now() - before).toBeLessThan(1500);
});
