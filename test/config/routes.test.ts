// model_routes: what they become, and what is said about slips.
import { expect, test } from "bun:test";

import { accept, complaints, PROVIDER, table } from "./_parse.ts";

const RELAY = "  - {name: Relay A, base_url: https://relay.example, auth_value: passthrough, enabled: false}\n";
const SKIPPED = "  - {name: Old, type: openai}\n";
const HEAD = `providers:\n${PROVIDER}${RELAY}`;
const routes = (lines: string): string => `${HEAD}model_routes:\n${lines}\n`;
const withSkipped = (lines: string): string => `${HEAD}${SKIPPED}model_routes:\n${lines}\n`;

test("routes are as the file orders them, whatever the patterns look like", () => {
  const patterns = ["*", "4", "b*", "1", "a?"];
  const lines = patterns.map((pattern) => `  "${pattern}": [{provider: A}]`).join("\n");
  expect(accept(routes(lines)).model_routes.map(({ pattern }) => pattern)).toEqual(patterns);
});

test("the model is passed through and the priority is the provider's own, unless they are set", () => {
  const config = accept(
    routes('  "*haiku*":\n    - {provider: Relay A, model: "vendor/other:1", priority: 0}\n    - {provider: A}'),
  );
  expect(config.warnings).toEqual([]);
  expect(config.model_routes).toEqual([
    {
      pattern: "*haiku*",
      entries: [
        { provider: "Relay A", model: "vendor/other:1", priority: 0 },
        { provider: "A", model: "passthrough", priority: null },
      ],
    },
  ]);
});

test.each(["model_routes:\n", "model_routes: {}\n", ""])("none: %p", (section) => {
  expect(accept(HEAD + section).model_routes).toEqual([]);
});

test("an entry of a skipped provider is left out, and a route of nothing else too", () => {
  const text = withSkipped('  "a*": [{provider: Old}, {provider: A}]\n  "b*": [{provider: Old}, {provider: Old}]');
  expect(complaints(text).slice(1)).toEqual([
    "6:21: warning: model_routes.a*[0].provider: not used: this provider was skipped",
    expect.stringContaining("7:3: warning: model_routes.b*: not in force: all its providers were skipped"),
    "7:21: warning: model_routes.b*[0].provider: not used: this provider was skipped",
    "7:38: warning: model_routes.b*[1].provider: not used: this provider was skipped",
  ]);
  expect(accept(text).model_routes.map(({ pattern, entries }) => [pattern, entries.length])).toEqual([["a*", 1]]);
});

table("slips in model_routes", [
  [
    "a provider that does not exist",
    routes('  "*": [{provider: Relai A}]'),
    '5:20: error: model_routes.*[0].provider: no provider has this name; did you mean "Relay A"?',
  ],
  [
    "in another case",
    routes('  "*": [{provider: relay a}]'),
    '5:20: error: model_routes.*[0].provider: no provider has this name; did you mean "Relay A"?',
  ],
  [
    "like none",
    routes('  "*": [{provider: Somewhere}]'),
    '5:20: error: model_routes.*[0].provider: no provider has this name; the file has: "A", "Relay A"',
  ],
  [
    "like none, in Chinese",
    `providers:\n${PROVIDER.replace("name: A", "name: 官方")}model_routes: {"*": [{provider: 中转}]}\n`,
    '3:33: error: model_routes.*[0].provider: no provider has this name; the file has: "官方"',
  ],
  [
    "a faulty provider is known all the same",
    `providers:\n${PROVIDER.replace("oauth", "OAuth")}model_routes: {"*": [{provider: A}]}\n`,
    "2:64: error: providers[0].auth_value: did you mean",
  ],
  ["nobody at all", `${HEAD}model_routes: {"*": []}\n`, "4:21: error: model_routes.*: must be a list of 1 to 1000"],
  ["an empty route", routes('  "*":'), "5:7: error: model_routes.*: is empty; give a list of 1"],
  ["a name alone", routes('  "*": A'), "5:8: error: model_routes.*: must be a list of 1"],
  ["a list of names", routes('  "*": [A]'), "5:9: error: model_routes.*[0]: must be a section"],
  ["a list of routes", `${HEAD}model_routes: [A]\n`, "4:15: error: model_routes: must be a section"],
  ["no pattern", routes('  "": [{provider: A}]'), "5:3: error: model_routes.…: must be text of 1 to 200"],
  ["a control character", routes('  "a\\u0007": [{provider: A}]'), "5:3: error: model_routes.…: must be text of 1"],
  [
    "a star without quotes",
    routes("  *: [{provider: A}]"),
    "5:6: error: a key that begins with * must stand in quotes",
  ],
  ["a pattern without quotes", routes("  *haiku*: [{provider: A}]"), "5:12: error: a key that begins with *"],
  [
    "one in lines",
    routes("  *haiku*:\n    - {provider: A}"),
    "5:10: error: a key that begins with *",
    "6:1: error: this is not valid YAML",
  ],
  ["one before a blank", routes("  *a : [{provider: A}]"), "5:3: error: model_routes.…: a key that begins with *"],
  [
    "the same pattern twice",
    routes('  "*": [{provider: A}]\n  "*": [{provider: A}]'),
    "6:3: error: model_routes.*: this",
  ],
  [
    "mistyped keys",
    routes('  "*": [{provder: A, modle: x}]'),
    "5:9: error: model_routes.*[0].provider: this key is missing",
    '5:10: error: model_routes.*[0].provder: unknown key; did you mean "provider"?',
    '5:22: error: model_routes.*[0].modle: unknown key; did you mean "model"?',
  ],
  [
    "values of the wrong kind",
    routes('  "*": [{provider: A, model: "", priority: first}]'),
    "5:30: error: model_routes.*[0].model: must be text of 1 to 200",
    "5:44: error: model_routes.*[0].priority: must be a whole number from 0",
  ],
  [
    "nearly passthrough",
    routes('  "*": [{provider: A, model: pass-through}]'),
    '5:30: error: model_routes.*[0].model: did you mean "passthrough"?',
  ],
  [
    "the same entry twice",
    routes('  "*": [{provider: A}, {provider: A, model: x}, {provider: A, priority: 2}]'),
    "5:49: warning: model_routes.*[2]: not used: the same provider stands",
  ],
]);
