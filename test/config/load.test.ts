// Which file is read, whether it is believed, and what flags and variables change.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { EMBEDDED_CONFIG } from "../../src/config/embedded.ts";
import { MAX_FILE_BYTES, refuseOwnership } from "../../src/config/files.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { LoadOptions, LoadResult } from "../../src/config/load.ts";
import { configCandidates, userConfigFile } from "../../src/config/locate.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { en } from "../../src/core/words/en.ts";
import { parse, PROVIDER } from "./_parse.ts";

const WITH_PORT = (port: number): string => `providers:\n${PROVIDER}settings: {port: ${port}}\n`;

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ccb-config-"));
  mkdirSync(join(root, "cwd"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string | Uint8Array, mode = 0o600): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

function load(options: Partial<LoadOptions> = {}): Promise<LoadResult> {
  return loadConfig({
    flags: {},
    env: {},
    platform: "linux",
    home: join(root, "home"),
    cwd: join(root, "cwd"),
    uid: process.getuid?.(),
    systemFile: join(root, "etc/providers.yaml"),
    ...options,
  });
}

function said(result: LoadResult): string[] {
  return (result.ok ? result.config.warnings : result.problems).map((problem) =>
    formatProblem(problem, en).replaceAll(root, ""),
  );
}

function inForce(result: LoadResult): { file: string | undefined; port: number } {
  if (!result.ok) throw new Error(said(result).join("\n"));
  return { file: result.config.file?.replace(root, ""), port: result.config.settings.port };
}

describe("the file", () => {
  test("each stands above the next: --config, CCB_CONFIG, the user's, the system's, the embedded one", async () => {
    put("cwd/flag.yaml", WITH_PORT(1));
    const env = { CCB_CONFIG: put("variable.yaml", WITH_PORT(2)) };
    const own = put("home/.config/ccb/providers.yaml", WITH_PORT(3));
    const system = put("etc/providers.yaml", WITH_PORT(4));
    expect(inForce(await load({ flags: { config: "flag.yaml" }, env }))).toEqual({
      file: "/cwd/flag.yaml",
      port: 1,
    });
    expect(inForce(await load({ env }))).toEqual({ file: "/variable.yaml", port: 2 });
    expect(inForce(await load({ env: { CCB_CONFIG: "" } }))).toEqual({
      file: "/home/.config/ccb/providers.yaml",
      port: 3,
    });
    rmSync(own);
    expect(inForce(await load())).toEqual({ file: "/etc/providers.yaml", port: 4 });
    rmSync(system);
    expect(inForce(await load())).toEqual({ file: undefined, port: 9090 });
  });

  test("a named file that is not there is an error, and no other is taken", async () => {
    put("home/.config/ccb/providers.yaml", WITH_PORT(3));
    expect(said(await load({ flags: { config: "no.yaml" } }))).toEqual(["/cwd/no.yaml: error: there is no such file"]);
    expect(said(await load({ env: { CCB_CONFIG: "/no/such/file.yaml" } }))).toEqual([
      "/no/such/file.yaml: error: there is no such file",
    ]);
  });

  test("the one in the working directory is not read unasked, but told of", async () => {
    const file = put("cwd/providers.yaml", WITH_PORT(5));
    const unasked = await load();
    expect(inForce(unasked).port).toBe(9090);
    expect(unasked.unreadFile).toBe(file);
    const asked = await load({ flags: { config: "providers.yaml" } });
    expect(inForce(asked).port).toBe(5);
    expect(asked.unreadFile).toBeNull();
  });

  test.each([
    [0o660, "chmod go-w"],
    [0o606, "chmod go-w"],
    [0o622, "chmod go-w"],
  ])("mode %o is refused", async (mode, words) => {
    put("home/.config/ccb/providers.yaml", WITH_PORT(3), mode);
    const result = await load();
    expect(result.ok).toBe(false);
    expect(said(result)[0]).toContain(words);
  });

  test("a file that all may read is fine", async () => {
    put("home/.config/ccb/providers.yaml", WITH_PORT(3), 0o644);
    expect(inForce(await load()).port).toBe(3);
  });

  test("the owner has to be the user, or root", async () => {
    expect(refuseOwnership("/f", 1000, 0o600, 1000)).toBeNull();
    expect(refuseOwnership("/f", 0, 0o644, 1000)).toBeNull();
    expect(refuseOwnership("/f", 1001, 0o600, 1000)?.(en)).toContain("belongs to another user");
    expect(refuseOwnership("/f", 1001, 0o600, 0)?.(en)).toContain("belongs to another user");
    expect(refuseOwnership("C:/f", 0, 0o666, undefined)).toBeNull();
  });

  test("what is no text of a sensible size is refused", async () => {
    const config = "x.yaml";
    put("cwd/x.yaml", new Uint8Array([0x61, 0xff, 0xfe]));
    expect(said(await load({ flags: { config } }))).toEqual(["/cwd/x.yaml: error: is not UTF-8 text"]);
    put("cwd/x.yaml", "#".repeat(MAX_FILE_BYTES + 1));
    expect(said(await load({ flags: { config } }))).toEqual([
      `/cwd/x.yaml: error: is larger than ${MAX_FILE_BYTES} bytes`,
    ]);
    expect(said(await load({ flags: { config: "." } }))).toEqual(["/cwd: error: is not a regular file"]);
  });

  test("a byte order mark is no matter", async () => {
    put("home/.config/ccb/providers.yaml", `\uFEFF${WITH_PORT(6)}`);
    expect(inForce(await load()).port).toBe(6);
  });

  test("problems name the file, the line and the column", async () => {
    put("home/.config/ccb/providers.yaml", WITH_PORT(70_000));
    expect(said(await load())).toEqual([
      "/home/.config/ccb/providers.yaml:3:18: error: settings.port: must be a whole number from 0 to 65535",
    ]);
  });

  test("ca_file has to hold certificates", async () => {
    put("home/.config/ccb/providers.yaml", `providers:\n${PROVIDER}settings: {ca_file: ca.pem}\n`);
    expect(said(await load())[0]).toContain(":3:21: error: settings.ca_file: cannot be read");
    put("home/.config/ccb/ca.pem", "hello");
    expect((await load()).ok).toBe(false);
    put("home/.config/ccb/ca.pem", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n");
    const result = await load();
    expect(result.ok && result.config.settings.ca_file).toBe(join(root, "home/.config/ccb/ca.pem"));
  });
});

describe("the user's folder", () => {
  const at = (platform: string, env: Record<string, string>): string =>
    userConfigFile({
      env,
      platform,
      home: platform === "win32" ? "C:\\Users\\me" : "/home/me",
      cwd: "/",
    });

  test.each([
    ["linux", {}, "/home/me/.config/ccb/providers.yaml"],
    ["linux", { XDG_CONFIG_HOME: "/x" }, "/x/ccb/providers.yaml"],
    ["linux", { XDG_CONFIG_HOME: "relative" }, "/home/me/.config/ccb/providers.yaml"],
    ["darwin", {}, "/home/me/Library/Application Support/ccb/providers.yaml"],
    ["win32", { APPDATA: "D:\\Roaming" }, "D:\\Roaming\\ccb\\providers.yaml"],
    ["win32", {}, "C:\\Users\\me\\AppData\\Roaming\\ccb\\providers.yaml"],
  ])("%s %o", (platform, env, expected) => {
    expect(at(platform, env)).toBe(expected);
  });

  test("Windows has no /etc", () => {
    expect(
      configCandidates(undefined, { env: {}, platform: "win32", home: "C:\\", cwd: "C:\\" }, "/etc/x").paths,
    ).toHaveLength(1);
  });
});

describe("flags and variables", () => {
  test("flag, variable, file, default", async () => {
    put(
      "home/.config/ccb/providers.yaml",
      `providers:\n${PROVIDER}settings: {port: 1, log_level: ERROR, host: "::1"}\n`,
    );
    const env = { CCB_PORT: "2", CCB_HOST: "localhost", CCB_LOG_LEVEL: "" };
    const result = await load({ env, flags: { port: "3", log_level: "debug" } });
    expect(result.ok && result.config.settings).toMatchObject({
      port: 3,
      host: "localhost",
      log_level: "DEBUG",
    });
    const second = await load({ env });
    expect(second.ok && second.config.settings).toMatchObject({
      port: 2,
      host: "localhost",
      log_level: "ERROR",
    });
  });

  test("what is wrong with them is told together with what is wrong in the file", async () => {
    put("home/.config/ccb/providers.yaml", WITH_PORT(70_000));
    const env = { CCB_PORT: "0x50", CCB_LOG_LEVEL: "loud" };
    expect(said(await load({ env, flags: { host: "0.0.0.0" } })).map((line) => line.slice(0, 60))).toEqual([
      "error: CCB_PORT: must be a whole number from 0 to 65535".slice(0, 60),
      "error: CCB_LOG_LEVEL: must be one of: DEBUG, INFO, WARNING, ERROR".slice(0, 60),
      "/home/.config/ccb/providers.yaml:3:18: error: settings.port: must".slice(0, 60),
    ]);
  });

  test("a host that others reach is held against the keys of the file", async () => {
    const file = (settings: string): unknown =>
      put("home/.config/ccb/providers.yaml", `providers:\n${PROVIDER}settings: {${settings}}\n`);
    const key = "api_keys: [{name: a, key: 0123456789abcdefghijklmn, role: admin}]";
    file("port: 1");
    expect(said(await load({ flags: { host: "0.0.0.0" } })).map((line) => line.slice(0, 47))).toEqual(
      ["error: --host: 0.0.0.0 is more than this machine"].map((line) => line.slice(0, 47)),
    );
    expect(said(await load({ env: { CCB_HOST: "::" } }))[0]).toStartWith("error: CCB_HOST: :: is more");
    file(`auth: {enabled: true, ${key}}`);
    expect(said(await load({ flags: { host: "192.0.2.1" } }))[0]).toContain("in the clear");
    file(`auth: {enabled: true, ${key}}, plain_http_from: [172.16.0.0/12]`);
    const sound = await load({ flags: { host: "192.0.2.1" } });
    expect(sound.ok && sound.config.settings.host).toBe("192.0.2.1");
    // And the other way round: a file that is open is not, where the flag says so.
    file("host: 0.0.0.0");
    expect((await load({})).ok).toBe(false);
    expect((await load({ flags: { host: "127.0.0.1" } })).ok).toBe(true);
    expect(said(await load({ flags: { host: "none" } }))[0]).toContain('--host: host "none" listens nowhere');
  });

  test.each(["70000", "-1", "", "8e3"])("--port %p is refused even where the file is right", async (port) => {
    expect((await load({ flags: { port } })).ok).toBe(false);
  });
});

test("the embedded default loads without a warning, and so do its examples once they are let in", () => {
  const plain = parse(EMBEDDED_CONFIG);
  expect(plain.ok && plain.config.warnings).toEqual([]);
  const examples = EMBEDDED_CONFIG.replaceAll(/^ {2}# (- name:| {2}[a-z_]+: )/gm, "  $1");
  const full = parse(examples, { ANTHROPIC_API_KEY: "sk-ant-api03-abc" });
  expect(full.ok && full.config.warnings).toEqual([]);
  expect(full.ok && full.config.providers.map((provider) => [provider.credential.kind, provider.priority])).toEqual([
    ["oauth", 1],
    ["key", 2],
    ["passthrough", 3],
  ]);
});

test("every key of balancing stands in the embedded default, and its other examples are right too", () => {
  expect(EMBEDDED_CONFIG.match(/^ {2}balancing:\n(?: {4}.*\n)+/m)?.[0].match(/^ {4}\w+/gm)).toHaveLength(7);
  const examples = EMBEDDED_CONFIG.replaceAll(/^ {4}# accounts: \[.*\n/gm, "")
    .replaceAll(/^ {4}# (?=(?:weight|extra_usage|accounts|priority): )/gm, "    ")
    .replaceAll(/^ {4}# (?=accounts:| {2}- | {4}\w+: )/gm, "    ")
    .replaceAll(/^# (?=model_routes:| {2}["-]| {4}- | {6}\w+: )/gm, "")
    .replaceAll(/^ {2}# (- name:| {2}[a-z_]+: )/gm, "  $1");
  const result = parse(examples, { ANTHROPIC_API_KEY: "sk-ant-api03-abc" });
  if (!result.ok) throw new Error(result.problems.map((problem) => formatProblem(problem, en)).join("\n"));
  expect(result.config.warnings).toEqual([]);
  expect(result.config.providers[0]).toMatchObject({
    weight: 1,
    extra_usage: "last",
    accounts: [
      { email: "me@example.com", priority: null, weight: null, reserve_percent: 0 },
      { email: "you@example.com", priority: 2, weight: 3, reserve_percent: 20 },
    ],
  });
  expect(result.config.model_routes).toEqual([
    {
      pattern: "*haiku*",
      entries: [
        { provider: "Anthropic API", model: "claude-haiku-4-5", priority: 1 },
        { provider: "Claude Code Official", model: "passthrough", priority: 2 },
      ],
    },
  ]);
});
