// Help that shows examples, "did you mean" below the first word, and what is looked at before a server is asked.
import { afterAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { makeHome, runCcb } from "../support/binary.ts";
import { CHINESE } from "./_served.ts";

const home = makeHome();
afterAll(() => rmSync(home, { recursive: true, force: true }));
const run = (args: readonly string[], env: Record<string, string> = {}) => runCcb(args, { home, env });

describe("help shows examples, in both languages", () => {
  for (const command of [
    "",
    "serve",
    "check",
    "init",
    "key",
    "store",
    "service",
    "status",
    "usage",
    "login",
    "doctor",
  ]) {
    test(`ccb ${command}`, async () => {
      const args = [...(command === "" ? [] : [command]), "--help"];
      const [english, chinese] = [await run(args), await run(args, CHINESE)];
      expect(english.stdout).toMatch(new RegExp(`\\n\\nExamples:\\n  .*ccb ?${command}`));
      expect(chinese.stdout).toMatch(new RegExp(`\\n\\n示例：\\n  .*ccb ?${command}`));
    });
  }

  test("a default is said in the language of the rest", async () => {
    expect((await run(["usage", "--help"])).stdout).toContain('(default: "day")');
    const { stdout } = await run(["usage", "--help"], CHINESE);
    expect(stdout).toContain('（默认："day"）');
    expect(stdout).not.toContain("default");
  });
});

describe("did you mean, one word further on", () => {
  for (const [args, meant] of [
    [["service", "instal"], "install"],
    [["store", "migrat"], "migrate"],
    [["key", "nwe", "work"], "new"],
    [["env", "--shell", "zhs"], "zsh"],
    [["usage", "--by", "dya"], "day"],
    [["usage", "--by", "day,modle"], "model"],
  ] as const) {
    test(args.join(" "), async () => {
      const [english, chinese] = [await run(args), await run(args, CHINESE)];
      expect([english.code, english.stdout]).toEqual([2, ""]);
      expect(english.stderr).toContain(`(did you mean ${meant}?)`);
      expect(chinese.stderr).toContain(`（是想用 ${meant} 吗？）`);
    });
  }

  test("nothing near, no guess", async () => {
    expect((await run(["service", "frobnicate"])).stderr).not.toContain("did you mean");
  });
});

describe("wrong words are wrong whether a server runs or not", () => {
  for (const [args, said] of [
    [["usage", "--by", "colour"], "by must be some of these"],
    [["usage", "--since", "yesterdayy"], "since must be a date"],
    [["usage", "--until", "2026-02-31"], "until must be a date"],
    [["usage", "--since", "1d", "--until", "2d"], "until must not be before since"],
    [["login", "--setup-token", "sk-ant-oat01-x"], "standard input"],
    [["login", "--setup-token=sk-ant-oat01-x"], "standard input"],
  ] as const) {
    test(args.join(" "), async () => {
      const { code, stdout, stderr } = await run(args);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain(said);
      expect(stderr).not.toContain("No ccb answers");
      expect(stderr).not.toContain("sk-ant");
    });
  }
});
