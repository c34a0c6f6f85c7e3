// What has to hold for any text: parsing never throws, and no secret of the text is ever shown.
import { expect, test } from "bun:test";
import * as fc from "fast-check";

import { parseConfig } from "../../src/config/parse.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { showConfig } from "../../src/config/show.ts";
import { en } from "../../src/core/words/en.ts";
import { zhCN } from "../../src/core/words/zh-cn.ts";

/** All that a person, a log or a reply could come to see of a result. */
function everythingShown(text: string, env: Record<string, string>): string {
  const result = parseConfig(text, { file: "/f.yaml", env });
  const problems = result.ok ? result.config.warnings : result.problems;
  const said = problems.flatMap((problem) => [formatProblem(problem, en), formatProblem(problem, zhCN)]);
  const config = result.ok
    ? [showConfig(result.config), JSON.stringify(result.config), Bun.inspect(result.config, { depth: 20 })]
    : [];
  return [...said, ...config].join("\n");
}

const fragment = fc.constantFrom(
  "providers",
  "settings",
  "name",
  "auth_value",
  "oauth",
  "host",
  "auth",
  "enabled",
  "true",
  "null",
  "0.0.0.0",
  "https://a.example",
  ":",
  ": ",
  "- ",
  "\n",
  "\n  ",
  "\n    ",
  "{",
  "}",
  "[",
  "]",
  ",",
  '"',
  "'",
  "|",
  ">",
  "*a",
  "&a ",
  "!",
  "!!str ",
  "<<",
  "?",
  "${",
  "}",
  "$$",
  "---",
  "...",
  "%YAML",
  "\t",
  "#",
  "\\",
  "\u0000",
  "\ufeff",
  "\ud800",
  "__proto__",
  "constructor",
  ".nan",
  "1e999",
  "0x7f",
);

test("no text makes it throw", () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join("")),
    fc.json(),
  );
  fc.assert(
    fc.property(text, (yaml) => {
      const result = parseConfig(yaml, { file: null, env: {} });
      const problems = result.ok ? result.config.warnings : result.problems;
      for (const problem of problems) {
        expect(formatProblem(problem, en)).not.toContain("undefined");
        expect(problem.line).toBeGreaterThan(0);
        expect(problem.column).toBeGreaterThan(0);
      }
      expect(result.ok || problems.some((problem) => problem.severity === "error")).toBe(true);
    }),
    { numRuns: 1500 },
  );
});

test("no value of any type makes it throw, in any place", () => {
  const keys = [
    "name",
    "type",
    "base_url",
    "auth_type",
    "auth_value",
    "enabled",
    "priority",
    "weight",
    "extra_usage",
    "accounts",
    "proxy",
  ];
  const settings = [
    "host",
    "port",
    "log_level",
    "language",
    "oauth",
    "timeouts",
    "balancing",
    "max_body_mb",
    "ca_file",
    "auth",
    "reload",
  ];
  const oauth = ["service_name", "client_id", "token_url", "redirect_uri", "scopes", "proxy", "allowed_origins"];
  const section = (names: string[]) => fc.dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 1 }));
  const whole = fc.record({
    providers: fc.array(section(keys)),
    model_routes: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
    settings: fc.tuple(section(settings), section(oauth)).map(([outer, oauth]) => Object.assign(outer, { oauth })),
  });
  fc.assert(
    fc.property(whole, (value) => {
      expect(typeof parseConfig(JSON.stringify(value), { file: null, env: {} }).ok).toBe("boolean");
    }),
    { numRuns: 500 },
  );
});

const PLACES: readonly ((secret: string) => string)[] = [
  (s) => `providers:\n  - {name: A, base_url: https://api.anthropic.com, auth_type: api_key, auth_value: "${s}"}\n`,
  (s) => `providers:\n  - {name: A, base_url: https://api.anthropic.com, auth_value: ${s}}\n`,
  (s) => `providers:\n  - {name: A, base_url: https://api.anthropic.com, auth_value:${s}}\n`,
  // A hand that slips while it writes the colon.
  (s) => `providers:\n  - {name: A, base_url: https://api.anthropic.com, auth_valu${s}}\n`,
  (s) => `providers:\n  - name: A\n    base_url: https://relay.example\n    auth_value: ${s}\n`,
  (s) => `providers:\n  - name: A\n    base_url: https://relay.example\n    auth_value:${s}\n`,
  (s) => `providers:\n  - name: A\n    auth_value: *${s}\n    proxy: !${s} x\n`,
  (s) => `providers:\n  - {name: A, base_url: "http://u:${s}@relay.example/?k=${s}", auth_value: oauth}\n`,
  (s) =>
    `providers:\n  - {name: A, base_url: https://api.anthropic.com, auth_value: oauth, proxy: "http://u:${s}@127.0.0.1:1"}\n`,
  (s) =>
    `providers:\n  - {name: A, base_url: https://api.anthropic.com, auth_value: oauth, proxy: "socks5://${s}@127.0.0.1:1"}\n`,
  (s) =>
    `providers:\n  - {name: A, base_url: https://api.anthropic.com, auth_value: oauth}\nsettings:\n  oauth: {proxy: "http://${s}:x@127.0.0.1:1"}\n`,
  (s) =>
    `providers:\n  - {name: A, base_url: https://api.anthropic.com, auth_value: oauth}\nsettings:\n  auth: {enabled: true, api_key: "${s}"}\n`,
  (s) =>
    `providers:\n  - {name: A, base_url: https://api.anthropic.com, auth_value: oauth}\nsettings:\n  auth: {enabled: "${s}", ap_key: "${s}"}\n  port: "${s}"\n`,
  (s) => `providers:\n  - {name: A, base_url: https://api.anthropic.com, auth_value: oauth}\n${s}\n`,
  (s) =>
    `providers:\n  - {name: A, base_url: https://api.anthropic.com, auth_value: oauth, accounts: [{mail: "${s}"}, {email: "x", weight: "${s}"}]}\n`,
  (s) =>
    `providers:\n  - {name: A, base_url: https://api.anthropic.com, auth_value: oauth}\nmodel_routes: {"auth_value:${s}": [{provider: "${s}", ${s}: 1}], ${s}: "${s}"}\n`,
  (s) => `providers:\n  - {name: A, base_url: https://api.anthropic.com, auth_value: oauth}\n${s}: 1\n`,
  (s) =>
    `providers:\n  - {name: A, base_url: https://api.anthropic.com, auth_type: "${s}", auth_value: "\${KEY} \${${s}}"}\n`,
];

test("no secret is shown, wherever it stands and whatever is broken around it", () => {
  const hex = fc.string({
    unit: fc.constantFrom(..."0123456789abcdef".split("")),
    minLength: 12,
    maxLength: 40,
  });
  const secret = fc
    .tuple(fc.constantFrom("sk-ant-oat01-", "sk-ant-ort01-", "sk-ant-api03-", "sk-"), hex)
    .map((parts) => parts.join(""));
  const damage = fc.record({
    // Not a double between 0 and 1: nearly all of those that fast-check makes are next to nothing, and the place the first.
    at: fc.integer({ min: 0, max: 9_999 }),
    by: fc.oneof(fc.constant(""), fragment),
  });
  fc.assert(
    fc.property(secret, fc.constantFrom(...PLACES), damage, (key, place, { at, by }) => {
      const text = place(key);
      const cut = Math.floor((at / 10_000) * text.length);
      // Damage beside the secret, not within it, not even within its sk-: half a secret is no longer the one looked for.
      const within = text.slice(Math.max(0, cut - key.length + 1), cut + key.length - 1).includes(key);
      const broken = within ? text : text.slice(0, cut) + by + text.slice(cut);
      expect(everythingShown(broken, { KEY: key })).not.toContain(key.slice(-12));
    }),
    { numRuns: 1500 },
  );
});
