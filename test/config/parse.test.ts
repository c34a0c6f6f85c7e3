// The shape of providers.yaml: YAML, keys, types and bounds, with the line and column that a complaint names.
import { expect, test } from "bun:test";

import { accept, complaints, OFFICIAL, provider, PROVIDER, settings, table } from "./_parse.ts";

table("the file as a whole", [
  ["empty", "", "1:1: error: the file is empty"],
  ["comments only", "# nothing\n", "1:1: error: the file is empty"],
  ["a list", "- a\n", "1:1: error: must be a section"],
  ["no providers", "settings: {port: 1}\n", "1:1: error: providers: this key is missing"],
  ["providers empty", "providers: []\n", "1:12: error: providers: must be a list of 1 to"],
  ["providers without entries", "providers:\n", "1:11: error: providers: is empty; give a list"],
  ["a provider that is text", "providers: [x]\n", "1:13: error: providers[0]: must be a section"],
  [
    "only disabled ones",
    provider(`${OFFICIAL}, auth_value: oauth, enabled: false`),
    "1:1: warning: providers: all providers are disabled",
  ],
]);

table("YAML", [
  ["an open quote", 'providers: "abc\n', "2:1: error: a quote, bracket"],
  ["a tab", "providers:\n\t- a\n", "2:1: error: a tab indents"],
  [
    "a password that begins with *",
    "providers: *hunter2\n",
    "1:12: error: providers: an unquoted value that begins with * or &",
  ],
  ["a password that begins with !", "providers: !hunter2\n", "1:12: error: an unquoted value that begins with !"],
  ["a backslash in double quotes", 'providers: "\\q"\n', "1:13: error: an unknown escape"],
  [
    "a variable in braces",
    "providers: [{auth_value: ${KEY}, name: x}]\n",
    "1:27: error: in { } and [ ] an unquoted ${NAME}",
  ],
  ["two documents", `providers:\n${PROVIDER}---\nproviders: []\n`, "3:1: error: a second YAML document"],
  ["a key twice", `providers:\n${PROVIDER}providers: []\n`, "3:1: error: providers: this key stands here twice"],
  ["a key twice, deeper", settings("  port: 1\n  port: 2"), "5:3: error: settings.port: this key stands here twice"],
  ["a key that is a list", `providers:\n${PROVIDER}? [a]\n: b\n`, "3:3: error: …: a key must be plain text"],
  ["__proto__", settings("  __proto__: {host: 0.0.0.0}"), "4:3: error: settings.__proto__: unknown key"],
]);

test("a bomb of aliases is refused at once", () => {
  const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(", ")}]`);
  const said = complaints(`l0: &l0 [a, a, a, a, a, a, a, a, a]\n${levels.join("\n")}\n`);
  expect(said).toHaveLength(1);
  expect(said[0]).toContain("too many values");
});

test("a value nested without end, and an alias of itself, are refused", () => {
  expect(complaints("[".repeat(100_000))).not.toEqual([]);
  const deep = `providers: ${"[".repeat(1000)}${"]".repeat(1000)}\n`;
  expect(complaints(deep)).toEqual([expect.stringContaining("nested too deeply")]);
  expect(complaints("providers: &a [*a]\n")[0]).toContain("nested too deeply");
});

test("an anchor may be shared", () => {
  const text = `providers:\n  - {${OFFICIAL}, auth_value: oauth, proxy: &p "http://127.0.0.1:1"}\nsettings: {oauth: {proxy: *p}}\n`;
  expect(accept(text).settings.oauth.proxy?.reveal()).toBe("http://127.0.0.1:1/");
});

table("keys", [
  [
    "mistyped",
    "providers:\n  - {nmae: A, base_url: https://a.example, auth_value: k-1234567890123456}\n",
    "2:5: error: providers[0].name: this key is missing",
    '2:6: error: providers[0].nmae: unknown key; did you mean "name"?',
  ],
  [
    "another style",
    provider(`${OFFICIAL}, authValue: oauth, auth_value: oauth`),
    '2:52: error: providers[0].authValue: unknown key; did you mean "auth_value"?',
  ],
  [
    "in the wrong section",
    `providers:\n${PROVIDER}port: 9090\n`,
    '3:1: error: port: unknown key here; it belongs to "settings.port"',
  ],
  [
    "like none",
    settings("  timeouts:\n    zzzz: 1"),
    "5:5: error: settings.timeouts.zzzz: unknown key; valid here: first_byte, first_byte_stream, idle, upload",
  ],
  [
    "a blank forgotten: no key is shown",
    "providers: [{name: A, auth_value:hunter2}]\n",
    "1:13: error: providers[0].base_url: this key is missing",
    "1:13: error: providers[0].auth_value: this key is missing",
    "1:23: error: providers[0].…: unknown key",
  ],
  [
    "a comma within a key: the rest of it is not shown",
    provider(`${OFFICIAL}, auth_value: oauth, k-ant-oat01-a0b1c2d3e4f5`),
    "2:71: error: providers[0].…: unknown key",
  ],
  [
    "the same of a key in letters of both cases",
    provider(`${OFFICIAL}, auth_value: oauth, GhIjKlMn_opQrStUvWx9y2`),
    "2:71: error: providers[0].…: unknown key",
  ],
  [
    "the same in capitals",
    provider(`${OFFICIAL}, auth_value: oauth, QMXHAFLYJLDFRVAVUW`),
    "2:71: error: providers[0].…: unknown key",
  ],
  [
    "a word with a capital is shown",
    provider(`${OFFICIAL}, auth_value: oauth, extraUsages: 1`),
    '2:71: error: providers[0].extraUsages: unknown key; did you mean "extra_usage"?',
  ],
]);

table("types and bounds", [
  ["port as text", settings('  port: "9090"'), "4:9: error: settings.port: must be a whole number from 0 to 65535"],
  ["port too large", settings("  port: 65536"), "4:9: error: settings.port: must be a whole number"],
  ["a fraction", settings("  port: 1.5"), "4:9: error: settings.port: must be a whole number"],
  [
    "not a finite number",
    settings("  timeouts: {idle: .inf}"),
    "4:20: error: settings.timeouts.idle: must be a number from 0",
  ],
  ["negative", settings("  timeouts: {idle: -1}"), "4:20: error: settings.timeouts.idle: must be a number from 0"],
  [
    "more than a timer takes",
    settings("  timeouts: {idle: 2147484}"),
    "4:20: error: settings.timeouts.idle: must be a number from 0 to 2147483",
  ],
  [
    "zero megabytes",
    settings("  max_body_mb: 0"),
    "4:16: error: settings.max_body_mb: must be a number greater than 0",
  ],
  [
    "yes is text in YAML 1.2",
    settings("  oauth: {enable_persistence: yes}"),
    "4:31: error: settings.oauth.enable_persistence: must be true or false",
  ],
  [
    "a word",
    settings("  log_level: TRACE"),
    "4:14: error: settings.log_level: must be one of: DEBUG, INFO, WARNING, ERROR",
  ],
  ["a language", settings("  language: fr"), "4:13: error: settings.language: must be one of: auto, zh-CN, en"],
  [
    "another type",
    provider(`${OFFICIAL}, auth_value: oauth, type: gemini`),
    '2:77: error: providers[0].type: must be "anthropic"',
  ],
  [
    "a number as name",
    provider("name: 7, base_url: https://api.anthropic.com, auth_value: oauth"),
    "2:12: error: providers[0].name: must be text",
  ],
  [
    "a line break in a name",
    provider('name: "A\\nB", base_url: https://api.anthropic.com, auth_value: oauth'),
    "2:12: error: providers[0].name: must be text",
  ],
  [
    "half of a pair in a name",
    provider('name: "A\\ud800", base_url: https://api.anthropic.com, auth_value: oauth'),
    "2:12: error: providers[0].name: must be text",
  ],
  ["an empty key", settings("  port:"), "4:8: error: settings.port: is empty; give a whole number"],
  ["a section that is text", settings("  oauth: on"), "4:10: error: settings.oauth: must be a section"],
  ["a section that is a list", `providers:\n${PROVIDER}settings: [a]\n`, "3:11: error: settings: must be a section"],
  [
    "no accounts",
    provider(`${OFFICIAL}, auth_value: oauth, accounts: []`),
    "2:81: error: providers[0].accounts: must be a list of 1",
  ],
  ["scopes", settings('  oauth: {scopes: "a  b"}'), "4:19: error: settings.oauth.scopes: must be scopes"],
  [
    "client_id",
    settings('  oauth: {client_id: "a b"}'),
    "4:22: error: settings.oauth.client_id: must be 1 to 200 visible",
  ],
]);

test("everything is reported at once, in the order of the text", () => {
  const said = complaints(
    'providers:\n  - {name: A, base_url: ftp://x, auth_value: "${NO}", priorty: 1}\n  - {name: a, base_url: https://b.example, auth_value: oauth}\nsettings:\n  host: 0.0.0.0\n  port: x\n',
  );
  expect(said.map((line) => line.split(":").slice(0, 2).join(":"))).toEqual([
    "2:25",
    "2:47",
    "2:55",
    "3:12",
    "3:56",
    "5:9",
    "6:9",
  ]);
});
