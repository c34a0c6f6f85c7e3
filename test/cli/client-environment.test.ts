// ccb env: the lines, as real shells read them; and what is set for whom.
import { afterAll, describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Value } from "@sinclair/typebox/value";
import { EnvironmentSchema } from "../../src/cli/client-environment/env.ts";
import { parseShell, toLines, usualShell } from "../../src/cli/client-environment/shell.ts";
import { clientVariables, mergeNoProxy } from "../../src/cli/client-environment/variables.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { configText, makeHome, runCcb } from "../support/binary.ts";

const ODD = `it's "odd" $HOME \`id\` \\ %PATH% ; & | * é 中`;
const home = makeHome();
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe("quoting", () => {
  for (const shell of ["bash", "zsh", "fish", "dash"] as const) {
    const path = Bun.which(shell);
    // The machine may not have them all; the texts below say the rest.
    if (path !== null)
      test(`${shell} reads back what was meant`, () => {
        const lines = toLines(parseShell(shell) ?? "cmd", { ODD, PLAIN: "x" });
        const { stdout } = Bun.spawnSync([path, "-c", `${lines}printenv ODD; printenv PLAIN`]);
        expect(stdout.toString()).toBe(`${ODD}\nx\n`);
      });
  }

  test("of those that the machine may not have", () => {
    expect(toLines("fish", { A: "it's \\" })).toBe("set -gx A 'it\\'s \\\\'\n");
    expect(toLines("powershell", { A: "it's ‘$x’" })).toBe("$env:A = 'it''s ‘‘$x’’'\n");
    expect(toLines("cmd", { A: 'a & "b"\nc' })).toBe('set "A=a & "b" c"\n');
  });

  test("the shell of a person", () => {
    expect(usualShell("linux", { SHELL: "/usr/bin/fish" })).toBe("fish");
    expect(usualShell("linux", { SHELL: "/bin/dash" })).toBe("bash");
    expect(usualShell("linux", {})).toBe("bash");
    expect(usualShell("darwin", { SHELL: "/bin/zsh" })).toBe("zsh");
    expect(usualShell("win32", {})).toBe("powershell");
    expect(usualShell("win32", { SHELL: "C:\\Program Files\\Git\\bin\\bash.exe" })).toBe("bash");
    expect([parseShell("pwsh"), parseShell("tcsh")]).toEqual(["powershell", null]);
  });
});

describe("NO_PROXY", () => {
  test.each([
    [undefined, "http://localhost:9090", "localhost,127.0.0.1,::1"],
    ["", "http://127.0.0.1:9090", "localhost,127.0.0.1,::1"],
    ["corp.example, 10.0.0.0/8", "http://localhost:9090", "corp.example,10.0.0.0/8,localhost,127.0.0.1,::1"],
    ["localhost", "https://ccb.example", "localhost,127.0.0.1,::1,ccb.example"],
    ["*", "http://localhost:9090", "*"],
    [undefined, "http://[fd00::1]:9090", "localhost,127.0.0.1,::1,fd00::1"],
  ] as const)("%p for %p: %p", (before, url, expected) => {
    expect(mergeNoProxy(before, url)).toBe(expected);
  });
});

describe("what is set", () => {
  const KEYS = { enabled: true, api_keys: [{ name: "me", key: "ccb_abcdefghijklmnopqrstuvwxyz0123456789" }] };
  const provider = (name: string, auth_value: string) => ({ name, base_url: "https://api.anthropic.com", auth_type: "auth_token", auth_value }); // prettier-ignore
  function variables(providers: readonly unknown[], auth: unknown, key: string, env: Record<string, string> = {}) {
    const parsed = parseConfig(configText({ providers, settings: auth === null ? {} : { auth } }), {
      file: null,
      env: {},
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return clientVariables(parsed.config, "http://localhost:9090", key, env);
  }
  const NO_PROXY = "localhost,127.0.0.1,::1";
  const URL = { ANTHROPIC_BASE_URL: "http://localhost:9090", NO_PROXY };
  const own = provider("Own", "oauth");
  const pass = provider("Pass", "passthrough");

  test("accounts or keys of ccb's own: any word, or ccb's key", () => {
    expect(variables([own], null, "")).toEqual({ ...URL, ANTHROPIC_AUTH_TOKEN: "ccb" });
    expect(variables([own], null, "unasked")).toEqual({ ...URL, ANTHROPIC_AUTH_TOKEN: "ccb" });
    expect(variables([own], KEYS, "k")).toEqual({ ...URL, ANTHROPIC_AUTH_TOKEN: "k" });
    expect(variables([own], KEYS, "")).toEqual({ ...URL, ANTHROPIC_AUTH_TOKEN: "ccb" });
  });

  test("passthrough: the client's own credential, and ccb's key beside it", () => {
    expect(variables([pass], null, "")).toEqual(URL);
    expect(variables([own, pass], null, "")).toEqual({ ...URL, ANTHROPIC_AUTH_TOKEN: "ccb" });
    expect(variables([pass], KEYS, "k")).toEqual({ ...URL, ANTHROPIC_CUSTOM_HEADERS: "x-ccb-key: k" });
    expect(variables([own, pass], KEYS, "k", { ANTHROPIC_CUSTOM_HEADERS: "x-a: 1\nX-CCB-Key: old" })).toEqual({
      ...URL,
      ANTHROPIC_CUSTOM_HEADERS: "x-a: 1\nx-ccb-key: k",
    });
  });

  test("both spellings of NO_PROXY where the small one is there", () => {
    expect(variables([own], null, "", { no_proxy: "a.example", NO_PROXY: "b.example" })).toMatchObject({
      NO_PROXY: `a.example,${NO_PROXY}`,
      no_proxy: `a.example,${NO_PROXY}`,
    });
  });
});

describe("ccb env", () => {
  const file = join(home, "providers.yaml");
  const write = (settings: Record<string, unknown>): void => writeFileSync(file, configText({ upstream: "https://api.anthropic.com", settings }), { mode: 0o600 }); // prettier-ignore
  const env = (args: readonly string[] = [], more: Record<string, string> = {}) =>
    runCcb(["env", "--config", file, ...args], { home, env: { SHELL: "/bin/bash", ...more } });

  test("needs no server, and lines that a shell can take", async () => {
    write({ port: 9191 });
    const { code, stdout, stderr } = await env([], { NO_PROXY: "corp.example", HTTPS_PROXY: "http://proxy.example:1" });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(
      "export ANTHROPIC_BASE_URL='http://localhost:9191'\nexport ANTHROPIC_AUTH_TOKEN='ccb'\nexport NO_PROXY='corp.example,localhost,127.0.0.1,::1'\n",
    );
    expect((await env(["--shell", "powershell"])).stdout).toContain("$env:ANTHROPIC_AUTH_TOKEN = 'ccb'\n");
    expect((await env(["--shell", "fish", "--port", "9292"])).stdout).toContain("set -gx ANTHROPIC_BASE_URL 'http://localhost:9292'"); // prettier-ignore
  });

  test("--json fits its schema", async () => {
    write({ host: "0.0.0.0", allowed_hosts: ["ccb.example"], plain_http_from: ["127.0.0.1"], auth: { enabled: true, api_key: "ccb_abcdefghijklmnopqrstuvwxyz0123456789" } }); // prettier-ignore
    const { code, stdout } = await env(["--json"], { CCB_KEY: "ccb_mine" });
    const document: unknown = JSON.parse(stdout);
    expect([code, Value.Check(EnvironmentSchema, document)]).toEqual([0, true]);
    expect(document).toMatchObject({
      variables: { ANTHROPIC_BASE_URL: "http://ccb.example:9090", ANTHROPIC_AUTH_TOKEN: "ccb_mine" },
    });
    expect((await env()).stderr).toContain("CCB_KEY");
  });

  test("an unknown shell is wrong usage; a socket alone has no address", async () => {
    write({});
    expect([(await env(["--shell", "tcsh"])).code, (await env(["extra"])).code]).toEqual([2, 2]);
    write({ host: "none", socket: join(home, "ccb.sock") });
    expect(await env()).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("host: none") });
  });
});

test("help means the server by --host and --port, not an address to listen at", async () => {
  for (const command of ["login", "env", "run"]) {
    const { stdout } = await runCcb([command, "--help"]);
    expect([command, stdout]).toEqual([command, expect.stringContaining("host of the server")]);
    expect(stdout).not.toContain("listen");
  }
});
