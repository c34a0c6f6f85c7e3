// The command line of the binary: version, help, check, init, wrong usage, a bad configuration; in both languages.
import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeHome, runCcb } from "../support/binary.ts";

const { version }: { version: string } = JSON.parse(
  readFileSync(join(import.meta.dir, "..", "..", "package.json"), "utf8"),
);
const CHINESE = { LANG: "zh_CN.UTF-8" };

const homes: string[] = [];
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});
function home(): string {
  const made = makeHome();
  homes.push(made);
  return made;
}
/** A file of the user's own. */
function file(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
const KEY = "sk-ant-api03-never-to-be-printed-0123456789";
const GOOD = `providers:\n  - {name: Mine, base_url: https://api.anthropic.com, auth_type: api_key, auth_value: ${KEY}}\nsettings: {port: 9191}\n`;

describe("help and version", () => {
  for (const flag of ["--version", "-V"]) {
    test(flag, async () => expect(await runCcb([flag])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" }));
  }

  for (const args of [["--help"], ["-h"], ["help"]]) {
    test(`${args.join(" ")} names every command, and the flags that work without one`, async () => {
      const { code, stdout, stderr } = await runCcb(args);
      expect([code, stderr]).toEqual([0, ""]);
      for (const word of ["serve", "check", "init", "--config", "--host", "--port", "--log-level", "--version"])
        expect(stdout).toContain(word);
    });
  }

  for (const args of [["--help"], ["check", "--help"], ["serve", "--help"], ["init", "-h"]]) {
    test(`${args.join(" ")} in Chinese is Chinese throughout`, async () => {
      const { code, stdout } = await runCcb(args, { env: CHINESE });
      expect(code).toBe(0);
      // What is left of it without program text: names, flags, placeholders.
      const english = stdout
        .replaceAll(
          /--?[a-z-]+|<[a-z]+>|\[[a-z.]+\]|claude setup-token|Claude Code|Balancer|Claude API|DEBUG|INFO|WARNING|ERROR|JSON|providers\.yaml|\| jq .*/gi,
          "",
        )
        .replaceAll(
          /\b(?:ccb|serve|check|init|help|service|install|uninstall|print|status|store|migrate|key|login|env|run|claude|accounts|logout|refresh|pause|resume|requests|trace|usage|reload|doctor|email|id)\b/g,
          "",
        );
      expect(english.match(/[a-z]{2,}/gi)).toBeNull();
      expect(stdout).toMatch(/[\u4e00-\u9fff]{4}/);
    });
  }
});

describe("wrong usage: exit 2, what was wrong, nothing on stdout", () => {
  for (const [args, en, zh] of [
    [["--nope"], "there is no option --nope", "没有选项 --nope"],
    [["--prot", "1"], "--prot (did you mean --port?)", "--prot（是想用 --port 吗？）"],
    [["check", "--nope"], "there is no option --nope", "没有选项 --nope"],
    [["frobnicate"], "no such command", "没有这个命令"],
    [["check", "extra"], "no such command", "没有这个命令"],
    [["--config"], "--config needs a value", "--config 需要一个值"],
    [["init", "--port", "1"], "there is no option --port", "没有选项 --port"],
  ] as const) {
    test(args.join(" "), async () => {
      for (const [words, env] of [
        [en, {}],
        [zh, CHINESE],
      ] as const) {
        const { code, stdout, stderr } = await runCcb(args, { env });
        expect([code, stdout]).toEqual([2, ""]);
        expect(stderr).toContain(words);
        expect(stderr).toContain("ccb --help");
        expect(stderr).not.toContain("    at ");
      }
    });
  }

  test("a value that may be a secret is not repeated", async () => {
    const { code, stderr } = await runCcb([`--token=${KEY}`]);
    expect([code, stderr.includes(KEY)]).toEqual([2, false]);
  });

  for (const [flag, value] of [
    ["--port", "99999"],
    ["--port", "none"],
    ["--host", "0.0.0.0"],
    ["--log-level", "LOUD"],
  ] as const) {
    test(`${flag} ${value}`, async () => {
      for (const command of [[], ["check"]]) {
        const { code, stdout, stderr } = await runCcb([...command, flag, value]);
        expect([code, stdout]).toEqual([2, ""]);
        expect(stderr).toContain(flag);
      }
    });
  }

  test("a configuration that is not there", async () => {
    const { code, stderr } = await runCcb(["check", "--config", "/nowhere/providers.yaml"]);
    expect([code, stderr.includes("/nowhere/providers.yaml")]).toEqual([2, true]);
  });
});

describe("check", () => {
  test("a good file: what is in force on stdout, secrets hidden, exit 0", async () => {
    const config = file(home(), "good.yaml", GOOD);
    const { code, stdout, stderr } = await runCcb(["check", "--config", config]);
    expect(code).toBe(0);
    expect(stdout).toContain("name: Mine");
    expect(stdout).toContain("port: 9191");
    expect(stdout).toContain("shutdown_grace_seconds: 30");
    expect(stdout + stderr).not.toContain(KEY);
    expect(stderr).toContain("The configuration is good");
  });

  test("no file at all: the default inside the program", async () => {
    const { code, stdout, stderr } = await runCcb(["check"]);
    expect([code, stdout.includes("https://api.anthropic.com")]).toEqual([0, true]);
    expect(stderr).toContain("the default inside the program");
  });

  test("flag before environment before file", async () => {
    const config = file(home(), "good.yaml", GOOD);
    const portOf = async (args: string[], env: Record<string, string>): Promise<string | undefined> =>
      /port: (\d+)/.exec((await runCcb(["check", ...args], { env })).stdout)?.[1];
    expect([
      await portOf(["--config", config, "--port", "7001"], { CCB_PORT: "7002" }),
      await portOf(["--config", config], { CCB_PORT: "7002" }),
      await portOf(["--config", config], {}),
      await portOf([], { CCB_CONFIG: config }),
    ]).toEqual(["7001", "7002", "9191", "9191"]);
  });

  for (const command of ["check", "serve"]) {
    test(`${command}: every problem at once, each with its place; exit 2`, async () => {
      const bad = `providers:\n  - {name: A, base_url: ftp://x, auth_value: "\${UNSET_KEY}"}\n  - {name: A, base_url: https://api.anthropic.com, auth_value: oauth, priorty: 2}\nsettings:\n  port: "many"\n  log_level: LOUD\n`;
      const config = file(home(), "bad.yaml", bad);
      const { code, stdout, stderr } = await runCcb([command, "--config", config]);
      expect([code, stdout]).toEqual([2, ""]);
      const lines = stderr.trimEnd().split("\n");
      const problems = lines.filter((line) => line.startsWith(`${config}:`));
      expect(problems.map((line) => /:(\d+):\d+: error: (\S+):/.exec(line)?.slice(1).join(" "))).toEqual([
        "2 providers[0].base_url",
        "2 providers[0].auth_value",
        "3 providers[1].name",
        "3 providers[1].priorty",
        "5 settings.port",
        "6 settings.log_level",
      ]);
      expect(stderr).toContain("UNSET_KEY");
      expect(stderr).toContain("priority");
      expect(lines.at(-1)).toBe("ccb does not start: 6 problems in the configuration.");
    });
  }

  test("in Chinese", async () => {
    const config = file(home(), "bad.yaml", "providers: []\n");
    const { code, stderr } = await runCcb(["check", "--config", config], { env: CHINESE });
    expect(code).toBe(2);
    expect(stderr).toContain("ccb 没有启动：配置中有 1 个问题。");
  });

  test("settings.language decides over the locale", async () => {
    const config = file(home(), "zh.yaml", GOOD.replace("{port: 9191}", "{language: zh-CN}"));
    expect((await runCcb(["check", "--config", config])).stderr).toContain("配置有效");
  });

  test("a file that others may write is refused", async () => {
    const config = file(home(), "open.yaml", GOOD);
    chmodSync(config, 0o666);
    const { code, stderr } = await runCcb(["check", "--config", config]);
    expect([code, stderr.includes(config)]).toEqual([2, true]);
  });

  test("a providers.yaml in the working directory is named, not read", async () => {
    const folder = home();
    const stray = file(
      folder,
      "providers.yaml",
      "providers: [{name: Trap, base_url: https://evil.invalid, auth_value: passthrough}]\n",
    );
    const { code, stdout, stderr } = await runCcb(["check"], { home: folder });
    expect([code, stdout.includes("evil.invalid")]).toEqual([0, false]);
    expect(stderr).toContain(`ccb --config ${stray}`);
  });
});

describe("init", () => {
  test("writes the default to the user's folder, for its owner alone, once", async () => {
    const folder = home();
    const written = join(folder, ".config", "ccb", "providers.yaml");
    const first = await runCcb(["init"], { home: folder });
    expect([first.code, first.stdout]).toEqual([0, `Written: ${written}\n`]);
    expect(statSync(written).mode & 0o777).toBe(0o600);
    expect(readFileSync(written, "utf8")).toBe(
      readFileSync(join(import.meta.dir, "..", "..", "providers.yaml"), "utf8"),
    );
    // It is what is read from now on.
    expect((await runCcb(["check"], { home: folder })).stderr).toContain(written);

    writeFileSync(written, GOOD);
    const second = await runCcb(["init"], { home: folder });
    expect([second.code, second.stdout, readFileSync(written, "utf8")]).toEqual([1, "", GOOD]);
    expect(second.stderr).toContain("is there already");
  });

  test("where it cannot write it says so: exit 1", async () => {
    const folder = home();
    file(folder, ".config", "a file where a folder should be");
    const { code, stderr } = await runCcb(["init"], { home: folder });
    expect([code, stderr.includes(join(folder, ".config"))]).toEqual([1, true]);
  });
});
