// Any text as configuration: a result and never an exception, every problem with its place, and no secret in any word.
import * as fc from "fast-check";
import { parse as parseYaml, stringify } from "yaml";
import { parseConfig } from "../../src/config/parse.ts";
import type { ParseResult } from "../../src/config/parse.ts";
import type { Problem } from "../../src/config/problem.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { showConfig } from "../../src/config/show.ts";
import { en } from "../../src/core/words/en.ts";
import { zhCN } from "../../src/core/words/zh-cn.ts";
import { must, subject } from "./_fuzz.ts";
import { edits, mutateUtf8 } from "./_mutate.ts";

const fuzz = subject("configuration");

const ENV = { KEY: "sk-ant-api03-from-the-environment-0123456789", PORT: "9191" };
const FILE = "/home/me/.config/ccb/providers.yaml";
const hex = fc.string({ unit: fc.constantFrom(..."0123456789abcdef".split("")), minLength: 24, maxLength: 28 });
/** What a key of an upstream looks like, and one of ccb's own (43 characters by chance). */
const secret = fc.oneof(
  fc.tuple(fc.constantFrom("sk-ant-oat01-", "sk-ant-api03-", "sk-"), hex).map((parts) => parts.join("")),
  hex.map((text) => `Zq7_${text}-${text}`.slice(0, 43)),
);

/** Stands where a drawn file has its secret. */
const MARK = "<secret>";
const NAMES = ["A", "Official", "Ä b", "公司"];
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined, freq: 2 });
const account = fc.oneof(
  fc.constantFrom("me@example.com", "é@例.example"),
  fc.record({
    email: fc.constantFrom("you@example.com", "z@example.com (Org)"),
    priority: maybe(fc.nat({ max: 9 })),
    weight: maybe(fc.constantFrom(1, 2.5)),
    reserve_percent: maybe(fc.nat({ max: 100 })),
  }),
);
/** Right by itself; what does not go with what is for the rules to say. */
const providerOf = (name: string) =>
  fc.oneof(
    fc.record({
      name: fc.constant(name),
      type: maybe(fc.constant("anthropic")),
      base_url: fc.constantFrom("https://api.anthropic.com", "https://api.anthropic.com/", "http://127.0.0.1:1/claude"),
      auth_value: fc.constant("oauth"),
      enabled: maybe(fc.constant(true)),
      priority: maybe(fc.nat({ max: 9 })),
      weight: maybe(fc.constantFrom(1, 0.5)),
      extra_usage: maybe(fc.constantFrom("last", "never", "allow")),
      accounts: maybe(
        fc.uniqueArray(account, {
          minLength: 1,
          maxLength: 3,
          selector: (of) => (typeof of === "string" ? of : of.email),
        }),
      ),
      proxy: maybe(fc.constantFrom("http://127.0.0.1:10808", `http://u:${MARK}@127.0.0.1:1`)),
    }),
    fc.record({
      name: fc.constant(name),
      base_url: fc.constantFrom("https://api.anthropic.com", "https://gateway.example:8443/claude"),
      auth_type: maybe(fc.constantFrom("api_key", "auth_token")),
      auth_value: fc.constantFrom(MARK, MARK, "${KEY}", "passthrough"),
      enabled: maybe(fc.boolean()),
    }),
  );
const route = fc.array(
  fc.record({
    provider: fc.constantFrom(...NAMES),
    model: maybe(fc.constantFrom("claude-haiku-4-5", "passthrough")),
    priority: maybe(fc.nat({ max: 9 })),
  }),
  { minLength: 1, maxLength: 2 },
);
const clientKey = fc.record({
  name: fc.constantFrom("me", "work", "ci"),
  key: fc.constant(`two-${MARK}`),
  role: maybe(fc.constantFrom("client", "admin")),
  requests_per_minute: maybe(fc.constantFrom(1, 60)),
  allow: maybe(
    fc.record({ models: maybe(fc.constant(["*haiku*"])), accounts: maybe(fc.constant(["me@example.com"])) }),
  ),
});
const settings = fc.record({
  host: maybe(fc.constantFrom("127.0.0.1", "localhost", "::1")),
  port: maybe(fc.constantFrom(9090, 0)),
  log_level: maybe(fc.constantFrom("DEBUG", "INFO", "ERROR")),
  language: maybe(fc.constantFrom("auto", "zh-CN", "en")),
  oauth: maybe(
    fc.record({
      store: maybe(fc.constantFrom("keyring", "file", "memory")),
      service_name: maybe(fc.constant("ccb")),
      enable_auto_refresh: maybe(fc.boolean()),
      proxy: maybe(fc.constant(`http://u:${MARK}@127.0.0.1:1`)),
      scopes: maybe(fc.constant("user:profile user:inference")),
    }),
  ),
  timeouts: maybe(fc.record({ first_byte: maybe(fc.nat({ max: 600 })), idle: maybe(fc.constantFrom(0, 0.5)) })),
  balancing: maybe(
    fc.record({
      strategy: maybe(fc.constantFrom("session", "drain")),
      max_attempts: maybe(fc.integer({ min: 1, max: 9 })),
    }),
  ),
  max_body_mb: maybe(fc.constantFrom(1, 32.5)),
  allowed_hosts: maybe(fc.constantFrom(["ccb.example"], [])),
  auth: maybe(
    fc.record({
      enabled: fc.constant(true),
      api_key: fc.constant(`one-${MARK}`),
      api_keys: maybe(fc.array(clientKey, { maxLength: 1 })),
      exempt_paths: maybe(fc.constant(["/health"])),
    }),
  ),
});
interface Drawn {
  readonly value: Readonly<Record<string, unknown>>;
  readonly key: string;
}
const drawn: fc.Arbitrary<Drawn> = fc
  .record({
    key: secret,
    providers: fc.tuple(...NAMES.map((name) => providerOf(name))),
    count: fc.integer({ min: 1, max: NAMES.length }),
    routes: maybe(fc.dictionary(fc.constantFrom("*haiku*", "claude-*", "*"), route, { maxKeys: 2 })),
    settings: maybe(settings),
  })
  .map(({ key, providers, count, routes, settings }) => ({
    value: filled({ providers: providers.slice(0, count), model_routes: routes, settings }, key),
    key,
  }));
/** With the secret in place of the mark; a key whose value is undefined is not there. */
function filled(value: object, key: string): Record<string, unknown> {
  const of: Record<string, unknown> = JSON.parse(JSON.stringify(value).replaceAll(MARK, key));
  return of;
}

type Layout = "block" | "flow" | "json" | "quoted";
const layout = fc.constantFrom<Layout>("block", "block", "flow", "json", "quoted");
function write(value: unknown, how: Layout, comments: boolean): string {
  const text =
    how === "json"
      ? JSON.stringify(value, null, 1)
      : stringify(value, {
          lineWidth: 0,
          ...(how === "flow" ? { collectionStyle: "flow" as const } : {}),
          ...(how === "quoted" ? { defaultStringType: "QUOTE_DOUBLE" as const } : {}),
        });
  if (!comments || how === "json") return text;
  // Unquoted, a variable may stand for a number.
  return `# ccb\n${text.replace("port: 9090", "port: ${PORT}").replaceAll(/$/gm, " # é")}\n`;
}

const problemsOf = (result: ParseResult): readonly Problem[] => (result.ok ? result.config.warnings : result.problems);

/** Every problem with its place, in words that are whole. */
function assertPlaces(text: string, result: ParseResult): void {
  const problems = problemsOf(result);
  const lines = text.replaceAll("\r\n", "\n").split("\n").length;
  must(result.ok || problems.some(({ severity }) => severity === "error"), "refused without a word");
  must(!result.ok || problems.every(({ severity }) => severity === "warning"), "taken with an error");
  for (const problem of problems) {
    const { file, line, column, path } = problem;
    must(file === FILE, "another file", file);
    must(line !== null && line >= 1 && line <= lines + 1, "no such line", line, lines);
    must(column !== null && column >= 1, "no such column", column);
    // oxlint-disable-next-line no-control-regex
    must(!/[\u0000-\u001f\u007f]/.test(path), "a control character in a path", path);
    for (const words of [en, zhCN]) {
      const said = formatProblem(problem, words);
      must(problem.say(words) !== "" && !/undefined|\[object|NaN/.test(said), "words with a hole", said);
    }
  }
}

/** All that a person, a log or a reply could come to see of it. What `ccb check` prints takes longest, so not each time. */
function shownOf(result: ParseResult, checked: boolean): string {
  const said = problemsOf(result).flatMap((problem) => [formatProblem(problem, en), formatProblem(problem, zhCN)]);
  if (!result.ok) return said.join("\n");
  return [
    ...said,
    checked ? showConfig(result.config) : "",
    JSON.stringify(result.config),
    Bun.inspect(result.config, { depth: 20 }),
  ].join("\n");
}

const SECRET_FIELDS = new Set(["auth_value", "proxy", "api_key", "key", "key_sha256"]);

/** Whether the damage made a name, an address or another open value of what was a key: then it is one, and may be shown. */
function isOpen(text: string, key: string): boolean {
  const holds = (value: unknown): boolean => {
    if (typeof value === "string") return value.replaceAll("${KEY}", ENV.KEY).includes(key);
    if (typeof value !== "object" || value === null) return false;
    return Object.entries(value).some(
      ([field, inner]) => holds(inner) && !(SECRET_FIELDS.has(field) && typeof inner === "string"),
    );
  };
  try {
    return holds(parseYaml(text, { logLevel: "silent", uniqueKeys: false }));
  } catch {
    return false;
  }
}

function assertHidden(text: string, result: ParseResult, keys: readonly string[], checked = false): void {
  const shown = shownOf(result, checked);
  for (const key of keys) {
    // As a whole: damage may make anything of a part of it, a key of YAML too.
    if (shown.includes(key) && !isOpen(text, key)) must(false, "a secret is shown", key, text, shown);
  }
}

const parse = (text: string): ParseResult => parseConfig(text, { file: FILE, env: ENV });

fuzz("a good file is taken, in any layout, and shows no secret", {
  values: fc.tuple(drawn, layout, fc.boolean()),
  share: 0.05,
  reaches: { taken: 0.3, "with keys": 0.05 },
  check([{ value, key }, how, comments], reach) {
    const text = write(value, how, comments);
    const result = parse(text);
    assertPlaces(text, result);
    assertHidden(text, result, [key, ENV.KEY], true);
    if (!result.ok) return;
    reach("taken");
    if (result.config.settings.auth.keys.length > 0) reach("with keys");
    must(
      Array.isArray(value["providers"]) && result.config.providers.length === value["providers"].length,
      "another number of providers",
    );
    must(parse(JSON.stringify(value)).ok, "another layout is refused", text);
  },
});

const TOKENS = [
  "\n", "\n  ", "\n    ", "- ", ": ", ":", ",", "{", "}", "[", "]", '"', "'", "|", ">", "*a", "&a ", "!", "!!str ", "<<: ", "? ", "${", "${KEY}", "${NO}", "$${", "---\n", "...", "%YAML", "\t", " #", "\\", "\\u0000", "\u0000",
  "\u00ef\u00bb\u00bf", "\u00ff", "\u00c2\u0085", "\r", "\r\n", "__proto__", "constructor", ".nan", "1e999", "0x7f", "null", "~", "name", "providers:", "settings:", "auth_value: ", "  key: ",
]; // prettier-ignore

/** What people get wrong by hand: what to look for, and what stands there then. */
const SLIPS: readonly (readonly [RegExp, string])[] = [
  [/: /g, ":"],
  [/: /g, " "],
  [/:/g, ": :"],
  [/\n +/g, "\n"],
  [/\n/g, "\n "],
  [/\n/g, " "],
  [/- /g, "-"],
  [/"/g, ""],
  [/"/g, "'"],
  [/, /g, " "],
  [/[{}[\]]/g, ""],
  [/(?<=auth_value|key|proxy): /g, ":"],
  [/auth_value: /g, "auth_value: *"],
  [/auth_value: /g, "auth_value: !"],
  [/auth_value: /g, "auth_value: |\n"],
  [/_/g, "-"],
  [/(?<=: )/g, '"'],
];
const slips = fc.array(fc.tuple(fc.constantFrom(...SLIPS), fc.nat({ max: 1_000 })), { minLength: 1, maxLength: 2 });
function slipped(text: string, [[wrong, right], which]: readonly [readonly [RegExp, string], number]): string {
  const found = [...text.matchAll(wrong)];
  const match = found[which % Math.max(1, found.length)];
  return match === undefined ? text : text.slice(0, match.index) + right + text.slice(match.index + match[0].length);
}

fuzz("damaged by hand or byte by byte: no exception, every problem with its place, no secret", {
  values: fc.tuple(
    drawn,
    layout,
    fc.boolean(),
    fc.oneof(edits(TOKENS, 4), fc.constant([])),
    fc.oneof(slips, fc.constant([])),
  ),
  share: 0.6,
  reaches: { taken: 0.05, "YAML broken": 0.1, "refused by what it says": 0.1 },
  check([{ value, key }, how, comments, list, byHand], reach) {
    const text = mutateUtf8(byHand.reduce(slipped, write(value, how, comments)), list);
    const result = parse(text);
    assertPlaces(text, result);
    const some = text.length % 16 === 0;
    assertHidden(text, result, [key, ENV.KEY], some);
    reach(
      result.ok
        ? "taken"
        : result.problems.every(({ path }) => path === "")
          ? "YAML broken"
          : "refused by what it says",
    );
    if (!some) return;
    const again = problemsOf(parse(text)).map((problem) => formatProblem(problem, en));
    must(
      Bun.deepEquals(
        again,
        problemsOf(result).map((problem) => formatProblem(problem, en)),
      ),
      "other words the second time",
    );
  },
});

const isMapping = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Every mapping of a value, with the path that a problem would name. */
function mappings(value: unknown, path: string): { readonly path: string; readonly of: Record<string, unknown> }[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => mappings(item, `${path}[${index}]`));
  if (!isMapping(value)) return [];
  const inner = Object.entries(value).flatMap(([key, item]) => mappings(item, path === "" ? key : `${path}.${key}`));
  return [{ path, of: value }, ...inner];
}
const junk = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    [],
    {},
    "",
    " ",
    -1,
    Infinity,
    1.5,
    true,
    "x\u0000",
    [[]],
    { a: 1 },
    [null],
    "${NO}",
    "https://",
    "${",
    99_999_999,
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

fuzz("a value of any kind in any place, an unknown key, a missing one: said at that very place", {
  values: fc.record({
    drawn,
    which: fc.nat(),
    field: fc.nat(),
    how: fc.constantFrom("replace", "remove", "unknown"),
    value: junk,
  }),
  share: 0.35,
  reaches: { unknown: 0.25, "not taken": 0.4 },
  check({ drawn: { value, key }, which, field, how, value: other }, reach) {
    const root = structuredClone(value);
    const all = mappings(root, "");
    const { path, of } = all[which % all.length] ?? { path: "", of: root };
    const fields = Object.keys(of);
    const name = fields[field % fields.length] ?? "zzz";
    if (how === "remove") delete of[name];
    else if (how === "replace") of[name] = other;
    else of["zzz_unknown"] = other;
    const text = JSON.stringify(root, null, 1);
    const result = parse(text);
    assertPlaces(text, result);
    if (how !== "replace" || !JSON.stringify(other).includes(key)) assertHidden(text, result, [key]);
    if (!result.ok) reach("not taken");
    // Any pattern may be one, and what hangs on a pattern is a list.
    if (how !== "unknown" || path === "model_routes") return;
    reach("unknown");
    must(!result.ok, "an unknown key was taken", path);
    const line = text.split("\n").findIndex((row) => row.includes('"zzz_unknown"')) + 1;
    const display = path.replaceAll(/\.(?![a-z_][a-z0-9_.-]{0,39}(?:[.[]|$))[^.[]+/gi, ".…");
    const said = result.problems.find((problem) => problem.line === line);
    must(
      said !== undefined,
      "nothing is said of that line",
      path,
      line,
      result.problems.map((problem) => formatProblem(problem, en)),
    );
    if (!path.startsWith("model_routes"))
      must(said.path === (path === "" ? "zzz_unknown" : `${display}.zzz_unknown`), "another path", said.path, path);
  },
});
