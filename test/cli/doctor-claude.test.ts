// What the doctor says of Claude Code's environment: the shell's and that of its settings files.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judgeClaudeCode } from "../../src/cli/doctor/claude-code.ts";
import { readClientEnvironment } from "../../src/cli/doctor/claude-settings.ts";
import { checkClaudeVersion } from "../../src/cli/doctor/claude-version.ts";
import { clientProxy } from "../../src/cli/doctor/client-proxy.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { wordsOf } from "../../src/core/language.ts";

const words = wordsOf("en");
const home = mkdtempSync(join(tmpdir(), "ccb-doctor-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const OAUTH = "providers: [{name: O, base_url: https://api.anthropic.com, auth_value: oauth}]";
const THROUGH = "providers: [{name: O, base_url: https://api.anthropic.com, auth_value: passthrough}]";
const KEYS = `${OAUTH}\nsettings: {auth: {enabled: true, api_key: a-key-of-ccb-0123456789}}`;
const SOCKET = `${OAUTH}\nsettings: {host: none, socket: /run/ccb.sock}`;

const HERE = { ANTHROPIC_BASE_URL: "http://localhost:9090", ANTHROPIC_AUTH_TOKEN: "ccb" };

let folders = 0;
interface Files {
  /** Contents of ~/.claude/settings.json, ./.claude/settings.json and ./.claude/settings.local.json. */
  readonly user?: unknown;
  readonly project?: unknown;
  readonly local?: unknown;
}

function clientOf(env: Readonly<Record<string, string>>, { user, project, local }: Files = {}) {
  const place = join(home, String((folders += 1)));
  for (const [folder, name, content] of [
    ["home", "settings.json", user],
    ["work", "settings.json", project],
    ["work", "settings.local.json", local],
  ] as const) {
    if (content === undefined) continue;
    mkdirSync(join(place, folder, ".claude"), { recursive: true });
    const text = typeof content === "string" ? content : JSON.stringify(content);
    writeFileSync(join(place, folder, ".claude", name), text);
  }
  // A platform without a folder that the machine's owner manages.
  return readClientEnvironment({ env, platform: "test", home: join(place, "home"), cwd: join(place, "work") });
}

function judge(yaml: string, env: Readonly<Record<string, string>>, files: Files = {}): readonly string[] {
  const parsed = parseConfig(yaml, { file: null, env: {} });
  if (!parsed.ok) throw new Error(parsed.problems.map((problem) => problem.say(words)).join("\n"));
  const findings = judgeClaudeCode(clientOf(env, files), parsed.config, words);
  for (const { level, advice } of findings) if (level !== "ok") expect(advice).toBeString();
  return findings.map(({ level, text }) => `${level}: ${text}`);
}

describe("where it leads", () => {
  test("here: all is well, and what a custom base URL changes is said", () => {
    const [url, credential, changes, ...more] = judge(OAUTH, HERE);
    expect(url).toBe("ok: ANTHROPIC_BASE_URL leads here: http://localhost:9090");
    expect(credential).toBe("ok: It sends ANTHROPIC_AUTH_TOKEN, which ccb replaces by the account or key that it chooses."); // prettier-ignore
    expect(changes).toStartWith("ok: With a base URL of its own");
    expect(more).toEqual([]);
    expect(judge(OAUTH, { ...HERE, ANTHROPIC_BASE_URL: "http://127.0.0.1:9090/" })[0]).toStartWith("ok:");
    expect(judge(OAUTH, { ...HERE, ANTHROPIC_BASE_URL: "http://[::1]:9090" })[0]).toStartWith("ok:");
  });

  for (const [what, value, expected] of [
    ["elsewhere", "https://api.example.com", "warning: ANTHROPIC_BASE_URL leads to https://api.example.com, and this ccb is at http://localhost:9090."], // prettier-ignore
    ["another port", "http://localhost:9091", "warning: ANTHROPIC_BASE_URL leads to http://localhost:9091"],
    ["a path", "http://localhost:9090/v1", "problem: ANTHROPIC_BASE_URL ends in /v1."],
    ["TLS that is not spoken", "https://localhost:9090", "problem: ANTHROPIC_BASE_URL does not begin with http://"],
    ["no address", "localhost:9090", "problem: ANTHROPIC_BASE_URL is no http or https address."],
    [
      "a password",
      "http://me:hunter2@example.com/hunter2?hunter2",
      "warning: ANTHROPIC_BASE_URL leads to http://example.com/…,",
    ],
  ] as const) {
    test(what, () => {
      const findings = judge(OAUTH, { ANTHROPIC_BASE_URL: value, ANTHROPIC_AUTH_TOKEN: "ccb" });
      expect(findings.length).toBe(1);
      expect(findings[0]).toStartWith(expected);
      expect(findings.join("\n")).not.toContain("hunter2");
    });
  }

  test("nowhere, and a ccb without an address", () => {
    expect(judge(OAUTH, {})).toEqual([
      "warning: ANTHROPIC_BASE_URL is not set here: a `claude` started from this shell does not go through ccb.",
    ]);
    expect(judge(SOCKET, HERE)[0]).toStartWith("problem: ccb listens at its socket alone");
  });

  test("a cloud goes before all", () => {
    expect(judge(OAUTH, { ...HERE, CLAUDE_CODE_USE_BEDROCK: "1" })[0]).toStartWith("warning: CLAUDE_CODE_USE_BEDROCK is set"); // prettier-ignore
    expect(judge(OAUTH, { ...HERE, CLAUDE_CODE_USE_BEDROCK: "0" })[0]).toStartWith("ok:");
  });
});

describe("settings files", () => {
  test("stand over the shell, the nearer over the farther, and are named", () => {
    const user = { env: { ANTHROPIC_BASE_URL: "https://api.example.com", ANTHROPIC_AUTH_TOKEN: "ccb" } };
    expect(judge(OAUTH, HERE, { user })[0]).toMatch(
      /^warning: ANTHROPIC_BASE_URL \(from .*settings\.json\) leads to https:\/\/api\.example\.com/,
    );
    const local = { env: { ANTHROPIC_BASE_URL: "http://localhost:9090" } };
    expect(judge(OAUTH, {}, { user, local })[0]).toMatch(
      /^ok: ANTHROPIC_BASE_URL \(from .*settings\.local\.json\) leads here/,
    );
  });

  test("one that is broken is named, without its text", () => {
    const findings = judge(OAUTH, HERE, { project: '{"env": {"TOKEN": "hunter2" oops' });
    expect(findings[0]).toMatch(/^warning: .*settings\.json cannot be read as settings of Claude Code \(SyntaxError\)/);
    expect(findings.join("\n")).not.toMatch(/hunter2|oops/);
    expect(judge(OAUTH, HERE, { user: [1] })[0]).toContain("cannot be read");
  });
});

describe("what it signs with", () => {
  const url = { ANTHROPIC_BASE_URL: HERE.ANTHROPIC_BASE_URL };
  const credential = (yaml: string, env: Readonly<Record<string, string>>, files: Files = {}): readonly string[] =>
    judge(yaml, { ...url, ...env }, files).slice(1, -1);

  test("accounts: any word will do, none will not", () => {
    expect(credential(OAUTH, {})[0]).toStartWith("warning: No credential is set");
    expect(credential(OAUTH, { ANTHROPIC_API_KEY: "x" })[0]).toStartWith("ok: It sends ANTHROPIC_API_KEY");
    expect(credential(OAUTH, {}, { user: { apiKeyHelper: "echo" } })[0]).toStartWith("ok: It sends apiKeyHelper");
    expect(credential(OAUTH, { CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat01-x" })[0]).toStartWith("warning: CLAUDE_CODE_OAUTH_TOKEN goes to ccb"); // prettier-ignore
  });

  test("two at once: which one counts", () => {
    expect(credential(OAUTH, { ANTHROPIC_AUTH_TOKEN: "x", ANTHROPIC_API_KEY: "y" })).toEqual([
      "ok: It sends ANTHROPIC_AUTH_TOKEN, which ccb replaces by the account or key that it chooses.",
      "warning: ANTHROPIC_AUTH_TOKEN is used; ANTHROPIC_API_KEY is set too.",
    ]);
  });

  test("ccb's keys", () => {
    expect(credential(KEYS, {})[0]).toStartWith("problem: ccb asks for a key here");
    expect(credential(KEYS, { ANTHROPIC_AUTH_TOKEN: "a-key-of-ccb-0123456789" })).toEqual([
      "ok: It sends ANTHROPIC_AUTH_TOKEN as ccb's key.",
    ]);
  });

  test("pass-through: its own login, and no placeholder in its place", () => {
    expect(credential(THROUGH, {})).toEqual([]);
    expect(credential(THROUGH, { ANTHROPIC_API_KEY: "x" })[0]).toStartWith("ok: It sends ANTHROPIC_API_KEY, which ccb passes through"); // prettier-ignore
    expect(credential(THROUGH, { ANTHROPIC_AUTH_TOKEN: "ccb" })[0]).toStartWith("problem: ANTHROPIC_AUTH_TOKEN is set, and ccb passes it through"); // prettier-ignore
  });
});

describe("its proxy", () => {
  const url = new URL("http://localhost:9090");

  test("is asked for loopback too, unless NO_PROXY says otherwise", () => {
    expect(judge(OAUTH, { ...HERE, HTTPS_PROXY: "http://me:hunter2@p:1" })[2]).toBe(
      "problem: HTTPS_PROXY is set, and NO_PROXY does not name localhost: Claude Code asks the proxy for ccb.",
    );
    expect(clientProxy(clientOf({ HTTP_PROXY: "http://p:1" }), url)).toEqual({ name: "HTTP_PROXY", address: "http://p:1" }); // prettier-ignore
    expect(clientProxy(clientOf({ HTTP_PROXY: "http://p:1", NO_PROXY: "x,localhost" }), url)).toBeNull();
    expect(clientProxy(clientOf({ NO_PROXY: "localhost" }, { user: { env: { HTTP_PROXY: "http://p:1" } } }), url)).toBeNull(); // prettier-ignore
    expect(clientProxy(clientOf({}), url)).toBeNull();
  });
});

describe("claude --version", () => {
  let made = 0;
  async function version(script: string | null): Promise<string> {
    const path = join(home, `claude-${(made += 1)}`);
    if (script !== null) writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const env = { PATH: process.env["PATH"] ?? "" };
    const { level, text } = await checkClaudeVersion({ words, env, find: () => (script === null ? null : path) });
    return `${level}: ${text}`;
  }

  test("there, not there, failing, mute", async () => {
    expect(await version('echo "2.1.330 (Claude Code)"; echo more')).toBe("ok: Version 2.1.330 (Claude Code)");
    expect(await version(null)).toBe("ok: There is no `claude` on the PATH.");
    expect(await version("echo 1.0; exit 3")).toBe("warning: `claude --version` does not work (3).");
    expect(await version("true")).toStartWith("warning:");
  });
});
