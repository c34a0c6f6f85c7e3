// ccb service as a person runs it: print, install, uninstall, status, with a systemctl that only writes down what it was told.
import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeHome, runCcb } from "../support/binary.ts";

const homes: string[] = [];
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

const KEY = "sk-ant-api03-never-in-a-unit-0123456789";
const YAML = `providers:\n  - {name: Mine, base_url: https://api.anthropic.com, auth_type: api_key, auth_value: "${KEY}"}\nsettings: {shutdown_grace_seconds: 90}\n`;

/** A home with a configuration, and a folder of stand-ins for systemd's programs; `fails`: those that end with 1. */
function place(fails: RegExp = /^$/) {
  const home = makeHome();
  homes.push(home);
  const bin = join(home, "bin");
  const journal = join(home, "told");
  mkdirSync(bin);
  mkdirSync(join(home, ".config", "ccb"), { recursive: true });
  const config = join(home, ".config", "ccb", "providers.yaml");
  writeFileSync(config, YAML, { mode: 0o600 });
  for (const name of ["systemctl", "systemd-run"]) {
    writeFileSync(
      join(bin, name),
      `#!/bin/sh\necho "${name} $*" >>'${journal}'\ncase "${name} $*" in ${fails.source === "^$" ? "none" : `*${fails.source}*`}) exit 1;; esac\n`,
    );
    chmodSync(join(bin, name), 0o755);
  }
  const told = (): string[] => (existsSync(journal) ? readFileSync(journal, "utf8").trim().split("\n") : []);
  const env = { PATH: `${bin}:/usr/bin:/bin` };
  const run = (...args: string[]) => runCcb(["service", ...args], { env, home });
  return { home, config, unit: join(home, ".config", "systemd", "user", "ccb.service"), told, run };
}

describe("print", () => {
  test("the unit on stdout alone, the configuration by name, its secrets nowhere", async () => {
    const { config, run, told, unit } = place();
    const { code, stdout, stderr } = await run("print");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(` serve --config ${config}\n`);
    expect(stdout).toContain("TimeoutStopSec=105\n");
    expect(stdout).not.toContain(KEY);
    expect([told(), existsSync(unit)]).toEqual([[], false]);
  });

  test("--system: the key of the store by its path, and what is missing on stderr", async () => {
    const { run } = place();
    const { code, stdout } = await run("print", "--system", "--store-key", "keys/it's 5%");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^LoadCredential=ccb-store-key:\/.*\/keys\/it's 5%%$/m);
    expect(stdout).toContain("DynamicUser=yes\n");
  });
});

test("print: no unit with a path that would break out of its line", async () => {
  const { run } = place();
  for (const path of ["/etc/x\nExecStartPre=/bin/evil", "/etc/x\\"]) {
    for (const flag of ["--config", "--store-key"]) {
      const { code, stdout, stderr } = await run("print", "--system", flag, path);
      expect([flag, code, stdout]).toEqual([flag, 2, ""]);
      expect(stderr).not.toBe("");
    }
  }
});

describe("install and uninstall", () => {
  test("writes the unit for everybody to read, has it taken up, and takes it back; tokens stay", async () => {
    const { home, run, told, unit } = place();
    const done = await run("install");
    expect([done.code, done.stderr]).toEqual([0, ""]);
    expect(done.stdout).toContain(unit);
    expect(statSync(unit).mode & 0o777).toBe(0o644);
    expect(readdirSync(join(unit, ".."))).toEqual(["ccb.service"]);
    expect(readFileSync(unit, "utf8")).toContain("ProtectSystem=strict\n");
    expect(readFileSync(unit, "utf8")).not.toContain(KEY);
    expect(statSync(join(home, ".local", "state", "ccb")).mode & 0o777).toBe(0o700);
    expect(told().filter((line) => line.startsWith("systemctl"))).toEqual([
      "systemctl --user show-environment",
      "systemctl --user daemon-reload",
      "systemctl --user enable ccb.service",
      "systemctl --user restart ccb.service",
    ]);

    const kept = join(home, ".local", "state", "ccb", "kept");
    writeFileSync(kept, "");
    const gone = await run("uninstall");
    expect([gone.code, gone.stderr]).toEqual([0, ""]);
    expect(gone.stdout).toContain("--purge");
    expect([existsSync(unit), existsSync(kept)]).toEqual([false, true]);
    expect(told().slice(-3)).toEqual([
      "systemctl --user disable --now ccb.service",
      "systemctl --user daemon-reload",
      "systemctl --user reset-failed ccb.service",
    ]);
    expect((await run("uninstall")).code).toBe(1);
  });

  test("a machine without namespaces for ordinary users: less hardened, and said", async () => {
    const { run, unit } = place(/--property/);
    const { code, stderr } = await run("install");
    expect(code).toBe(0);
    expect(stderr).toContain("namespaces");
    expect(readFileSync(unit, "utf8")).not.toMatch(/^(Protect|PrivateTmp)/m);
  });

  test("no manager of this person: nothing is written", async () => {
    const { run, unit } = place(/show-environment/);
    const { code, stderr } = await run("install");
    expect(code).toBe(1);
    expect(stderr).toContain("XDG_RUNTIME_DIR");
    expect(existsSync(unit)).toBe(false);
  });

  test("a step that fails ends it with 1 and is named", async () => {
    const { run } = place(/restart/);
    const { code, stderr } = await run("install");
    expect(code).toBe(1);
    expect(stderr).toContain("systemctl --user restart ccb.service");
  });

  test("a wrong configuration, or a variable that the service would not have: nothing is written", async () => {
    const { config, home, run, unit } = place();
    writeFileSync(config, YAML.replace(KEY, "${MY_KEY}"));
    const refused = await run("install");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("MY_KEY");
    expect(existsSync(unit)).toBe(false);
    writeFileSync(join(home, ".config", "ccb", "environment"), `MY_KEY=${KEY}\n`, { mode: 0o600 });
    expect((await run("install")).code).toBe(0);
    expect(readFileSync(unit, "utf8")).toContain(`EnvironmentFile=-${join(home, ".config", "ccb", "environment")}\n`);
  });

  test("--purge of a store of files removes what is stored, and only by an own word", async () => {
    const { home, run, config } = place();
    writeFileSync(config, `${YAML.trim().slice(0, -1)}, oauth: {store: file}}\n`);
    expect((await run("install")).code).toBe(0);
    const folder = join(home, ".local", "state", "ccb");
    const key = join(home, "key");
    writeFileSync(key, Buffer.alloc(32, 7).toString("base64"), { mode: 0o600 });
    const { code, stdout } = await runCcb(["service", "uninstall", "--purge"], {
      env: { PATH: `${join(home, "bin")}:/usr/bin:/bin`, CCB_STORE_KEY_FILE: key },
      home,
    });
    expect(code).toBe(0);
    expect(stdout).toContain("removed from this machine");
    expect(readdirSync(folder).filter((name) => name.includes("sealed") || name.includes("journal-"))).toEqual([]);
  });

  test("status passes the manager's answer on", async () => {
    const { run, told } = place(/status/);
    expect((await run("status")).code).toBe(1);
    expect(told()).toEqual(["systemctl --user status --no-pager --lines=20 ccb.service"]);
  });

  test("status as JSON: whether there is a unit, and whether it runs", async () => {
    for (const [{ run, unit }, code] of [[place(), 0] as const, [place(/status/), 1] as const]) {
      const { code: ended, stdout } = await run("status", "--json");
      const report = { manager: "systemd", scope: "user", file: unit, installed: false, running: code === 0 };
      expect([ended, JSON.parse(stdout)]).toEqual([code, report]);
    }
  });
});

describe("as JSON", () => {
  test("print: the unit in the document", async () => {
    const { run, unit } = place();
    const { code, stdout } = await run("print", "--json");
    const plain = await run("print");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ manager: "systemd", scope: "user", file: unit, text: plain.stdout });
  });

  test("install and uninstall: one document each, whatever the manager says", async () => {
    const { run, unit } = place();
    const about = { manager: "systemd", scope: "user", file: unit };
    const installed = await run("install", "--json");
    expect([installed.code, JSON.parse(installed.stdout)]).toEqual([0, { ...about, installed: true }]);
    const removed = await run("uninstall", "--json");
    expect([removed.code, JSON.parse(removed.stdout)]).toEqual([0, { ...about, installed: false, purged: false }]);
  });
});

describe("wrong usage", () => {
  for (const args of [[], ["frobnicate"]]) {
    test(`service ${args.join(" ")}`, async () => {
      const { run } = place();
      const { code, stdout, stderr } = await run(...args);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain("install, uninstall, print, status");
    });
  }
});
