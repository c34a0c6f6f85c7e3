// The older Python balancer's configuration starts as it is, and says what is not used.
import { describe, expect, test } from "bun:test";

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { accept, complaints, PROVIDER } from "./_parse.ts";

const OLD = readFileSync(join(import.meta.dir, "old-balancer.yaml"), "utf8");

const UNUSED = [
  "settings.selection_strategy",
  "settings.failure_cooldown",
  "settings.unhealthy_threshold",
  "settings.unhealthy_reset_on_success",
  "settings.unhealthy_reset_timeout",
  "settings.sticky_provider_duration",
  "settings.reload",
  "settings.reload_includes",
  "settings.timeouts.non_streaming",
  "settings.timeouts.streaming",
  "settings.timeouts.caching",
  "settings.unhealthy_exception_patterns",
  "settings.unhealthy_response_body_patterns",
  "settings.unhealthy_http_codes",
  "settings.log_color",
  "settings.log_file_path",
  "settings.app_name",
  "settings.app_version",
  "settings.auth",
  "settings.deduplication",
  "settings.testing",
];

describe("old-balancer.yaml", () => {
  test("loads; unused keys and unusable providers are warned about, each in its place", () => {
    const config = accept(OLD);
    expect(config.providers.map((provider) => [provider.name, provider.credential.kind, provider.enabled])).toEqual([
      ["Official", "passthrough", false],
      ["Official OAuth", "oauth", true],
      ["Relay A", "key", true],
    ]);
    expect(config.providers[0]?.proxy?.reveal()).toBe("http://127.0.0.1:10808/");
    expect(config.settings.oauth.proxy?.reveal()).toBe("http://127.0.0.1:10808/");
    expect(config.settings.timeouts.idle).toBe(600);
    expect(config.warnings.every((warning) => warning.severity === "warning")).toBe(true);
    const lines = OLD.split("\n");
    const lineOf = (start: string): number => lines.findIndex((line) => ` ${line}`.includes(` ${start}`)) + 1;
    expect(config.warnings.map((warning) => `${warning.line} ${warning.path}`)).toEqual([
      `${lineOf('auth_value: ""')} providers[3].auth_value`,
      `${lineOf('type: "openai"')} providers[4].type`,
      `${lineOf('{provider: "Router"')} model_routes.*sonnet*[2].provider`,
      ...UNUSED.map((path) => `${lineOf(`${path.split(".").at(-1)}:`)} ${path}`),
    ]);
  });

  test("its routes are in force, but for the provider that was skipped", () => {
    expect(accept(OLD).model_routes).toEqual([
      {
        pattern: "*sonnet*",
        entries: [
          { provider: "Relay A", model: "passthrough", priority: 1 },
          { provider: "Official OAuth", model: "passthrough", priority: 2 },
        ],
      },
      { pattern: "*haiku*", entries: [{ provider: "Relay A", model: "claude-haiku-other", priority: 1 }] },
    ]);
  });

  test("keys that ccb has under another name name it", () => {
    const said = complaints(OLD);
    for (const [old, now] of [
      ["selection_strategy", "strategy"],
      ["failure_cooldown", "failure_cooldown_seconds"],
      ["unhealthy_threshold", "unhealthy_threshold"],
    ]) {
      expect(said.find((line) => line.includes(`warning: settings.${old}:`))).toContain(`settings.balancing.${now} `);
    }
  });

  test("its keys are in force once they are switched on", () => {
    const asking = OLD.replace(/(auth:\s*\{\s*enabled: )false/, "$1true");
    expect(complaints(asking).filter((line) => line.includes("settings.auth"))).toEqual([
      expect.stringContaining("warning: settings.auth.api_key: short enough to be guessed"),
    ]);
    const { auth } = accept(asking).settings;
    expect(auth.keys.map(({ name, role }) => [name, role])).toEqual([["api_key", "client"]]);
    expect(auth.exempt_paths).toEqual(["/health", "/docs", "/redoc", "/openapi.json"]);
  });

  test("no door is left open: a host that others reach stops the start", () => {
    const open = OLD.replace('host: "127.0.0.1"', 'host: "0.0.0.0"');
    expect(complaints(open).filter((line) => line.includes("error"))).toEqual([
      expect.stringContaining("settings.host: 0.0.0.0 is more than this machine"),
    ]);
  });
});

test("what is not used is not judged: a variable missing there is no error", () => {
  const text = `providers:\n${PROVIDER}  - {name: B, type: openai, auth_value: "\${NO}", models: 1}\nsettings:\n  auth: {enabled: false, api_key: "\${NO}"}\n  app_name: "\${NO}"\n`;
  expect(complaints(text).map((line) => line.split(": ").slice(0, 3).join(": "))).toEqual([
    "3:21: warning: providers[1].type",
    "5:3: warning: settings.auth",
    "6:3: warning: settings.app_name",
  ]);
});

test("whether client keys are on is judged even if it comes from a missing variable", () => {
  const said = complaints(`providers:\n${PROVIDER}settings: {auth: {enabled: "\${NO}"}}\n`);
  expect(said.some((line) => line.startsWith("3:29: error: settings.auth.enabled: the environment variable NO"))).toBe(
    true,
  );
});

test.each(['""', "", '"  "', "~"])("an empty key (%s) skips its provider", (value) => {
  const said = complaints(
    `providers:\n${PROVIDER}  - name: B\n    base_url: https://b.example\n    auth_value: ${value}\n`,
  );
  expect(said).toHaveLength(1);
  expect(said[0]).toContain("warning: providers[1].auth_value: skipped");
});

test("a key from an empty variable is no empty key but an error", () => {
  const said = complaints(`providers:\n${PROVIDER}  - {name: B, base_url: https://b.example, auth_value: "\${NO}"}\n`, {
    NO: "",
  });
  expect(said).toHaveLength(1);
  expect(said[0]).toContain("error: providers[1].auth_value: the environment variable NO");
});

test("a file of which nothing can be used is an error", () => {
  const said = complaints("providers:\n  - {name: B, type: OpenAI, auth_value: x}\n");
  expect(said.join("\n")).toContain("error: providers: none of the providers can be used");
});
