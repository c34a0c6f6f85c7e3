// Globs over model names, and the one name in the body that changes.
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { matchRoute, matchesGlob, spliceModel } from "../../src/balance/model-routes.ts";
import type { ModelRoute } from "../../src/config/config.ts";

const route = (pattern: string): ModelRoute => ({
  pattern,
  entries: [{ provider: pattern, model: "passthrough", priority: 1 }],
});
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const spliced = (text: string, name: string): string => decoder.decode(spliceModel(encoder.encode(text), name));

describe("routes", () => {
  test("the first match wins; no match is no route", () => {
    const routes = ["*haiku*", "claude-opus-5-?", "claude-*", "Claude-Opus-5-5"].map(route);
    const names = ["claude-3-5-HAIKU-latest", "claude-opus-5-5", "claude-opus-5-55", "gpt", "CLAUDE-", null];
    expect(names.map((name) => matchRoute(routes, name)?.pattern ?? null)).toEqual([
      "*haiku*",
      "claude-opus-5-?",
      "claude-*",
      null,
      "claude-*",
      null,
    ]);
  });

  test("as the regular expression says", () => {
    const glob = fc.string({ unit: fc.constantFrom("a", "B", "*", "?", "."), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom("a", "A", "b", ".", "c"), maxLength: 10 });
    fc.assert(
      fc.property(glob, text, (pattern, given) => {
        const source = pattern.replaceAll(".", "[.]").replaceAll("*", ".*").replaceAll("?", ".");
        expect(matchesGlob(pattern, given)).toBe(new RegExp(`^${source}$`, "i").test(given));
      }),
      { numRuns: 2000 },
    );
  });

  test("many stars take no time", () => {
    expect(matchesGlob(`${"*a".repeat(60)}b`, "a".repeat(5000))).toBe(false);
  });
});

describe("the model in the body", () => {
  test("only the top-level name changes, byte for byte", () => {
    expect(
      spliced(
        ' {"a":{"model":"x"}, "model" :\n"old" ,"messages":[{"model":"y"},"\\"model\\":\\"z\\""]}\n',
        'new "one"',
      ),
    ).toBe(' {"a":{"model":"x"}, "model" :\n"new \\"one\\"" ,"messages":[{"model":"y"},"\\"model\\":\\"z\\""]}\n');
  });

  test("of two, both change: some parsers read the first, some the last", () => {
    const text = spliced('{"model":"one","x":1,"mod\\u0065l":"two"}', "new");
    expect(text).toBe('{"model":"new","x":1,"mod\\u0065l":"new"}');
    expect(JSON.parse(text)).toEqual({ model: "new", x: 1 });
  });

  test("what is no string, or no object, stays as it is", () => {
    for (const text of [
      '{"model":5}',
      '{"model":null}',
      '{"model":{"model":"x"}}',
      "[]",
      '[{"model":"x"}]',
      '"model"',
      "",
      "{",
      '{"model":"x',
      '{"Model":"x"}',
    ]) {
      expect(spliced(text, "new")).toBe(text);
    }
  });

  test("a parser finds another model and nothing else new, however the JSON is written", () => {
    const key = fc.oneof(fc.constantFrom("model", "models", "Model", "metadata"), fc.string({ unit: "binary" }));
    const value = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.jsonValue(),
      fc.dictionary(key, fc.jsonValue(), { noNullPrototype: true }),
    );
    const object = fc.dictionary(key, value, { noNullPrototype: true });
    fc.assert(
      fc.property(object, fc.string({ unit: "binary" }), fc.constantFrom(undefined, 1, "\t"), (body, name, indent) => {
        const text = JSON.stringify(body, null, indent);
        const before: Record<string, unknown> = JSON.parse(text);
        const expected =
          Object.hasOwn(before, "model") && typeof before["model"] === "string"
            ? { ...before, model: JSON.parse(JSON.stringify(name)) }
            : before;
        expect(JSON.parse(spliced(text, name))).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  test("no bytes make it throw", () => {
    const json = fc.string({ unit: fc.constantFrom("{", "}", "[", "]", ",", ":", '"', "\\", " ", "model", "1") });
    fc.assert(
      fc.property(json, (text) => spliced(text, "new").length >= 0),
      { numRuns: 2000 },
    );
  });
});
