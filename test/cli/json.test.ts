// `--json` of the commands that need no server.
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CheckReportSchema } from "../../src/cli/check.ts";
import { InitReportSchema } from "../../src/cli/init.ts";
import { StoreInitReportSchema } from "../../src/cli/store-init.ts";
import { StoreMigrateReportSchema } from "../../src/cli/store-migrate.ts";
import { makeHome, runCcb } from "../support/binary.ts";
import { documentOf } from "./_served.ts";

const homes: string[] = [];
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});
function place() {
  const home = makeHome();
  homes.push(home);
  return { home, run: (args: readonly string[], env = {}) => runCcb(args, { home, env }) };
}
function configured(text: string) {
  const at = place();
  const config = join(at.home, "providers.yaml");
  writeFileSync(config, text, { mode: 0o600 });
  return { ...at, config };
}
const KEY = "sk-ant-api03-never-to-be-printed-0123456789";
const PROVIDERS = `providers:\n  - {name: Mine, base_url: https://api.anthropic.com, auth_type: api_key, auth_value: ${KEY}}\n`;

describe("check", () => {
  test("a good file: what is in force, and its warnings", async () => {
    const { run, config } = configured(
      `${PROVIDERS}model_routes: {"*haiku*": [{provider: Mine}]}\nsettings: {port: 9191, allowed_hosts: [ccb.example]}\n`,
    );
    const finished = await run(["check", "--json", "--config", config]);
    const report = documentOf(finished, CheckReportSchema);
    expect([finished.code, finished.stderr]).toEqual([0, ""]);
    expect(report).toMatchObject({ ok: true, file: config, unread_file: null });
    expect(report.problems).toMatchObject([{ severity: "warning", file: config, line: 4, path: "settings.auth" }]);
    expect(report.config).toMatchObject({
      providers: [{ name: "Mine", auth_value: "***" }],
      model_routes: { "*haiku*": [{ provider: "Mine" }] },
      settings: { port: 9191 },
    });
    expect(finished.stdout).not.toContain(KEY);
  });

  test("one that is not good: every problem, exit 2", async () => {
    const { run, config } = configured("providers: []\nsettings: {prot: 1, log_level: LOUD}\n");
    const finished = await run(["check", "--json", "--config", config]);
    const report = documentOf(finished, CheckReportSchema);
    expect([finished.code, finished.stderr]).toEqual([2, ""]);
    expect([report.ok, report.config]).toEqual([false, null]);
    expect(report.problems.length).toBe(3);
    expect(report.problems[1]).toMatchObject({ severity: "error", line: 2, column: 12, path: "settings.prot" });
  });
});

test("init: the file; one that is there stays, and that is a failure", async () => {
  const { run, home } = place();
  const first = await run(["init", "--json"]);
  const file = join(home, ".config", "ccb", "providers.yaml");
  expect([first.code, documentOf(first, InitReportSchema)]).toEqual([0, { written: true, file, reason: null }]);
  expect(existsSync(file)).toBe(true);
  const second = await run(["init", "--json"]);
  expect([second.code, documentOf(second, InitReportSchema)]).toEqual([1, { written: false, file, reason: "EEXIST" }]);
  expect(second.stderr).toContain("is there already");
});

test("store init: where the key is, and never the key", async () => {
  const { run, home } = place();
  const file = join(home, "store.key");
  const first = await run(["store", "init", "--json", "--key-file", file]);
  expect([first.code, documentOf(first, StoreInitReportSchema)]).toEqual([0, { written: true, file, reason: null }]);
  expect(first.stdout).not.toContain(readFileSync(file, "utf8").trim());
  const second = await run(["store", "init", "--json", "--key-file", file]);
  expect(documentOf(second, StoreInitReportSchema)).toMatchObject({ written: false, reason: "EEXIST" });
  expect([second.code, second.stderr]).toEqual([1, expect.stringContaining("is there already")]);
});

test("store migrate: what came of it; 1 where a store cannot be used", async () => {
  const { run, home, config } = configured(PROVIDERS);
  const file = join(home, "store.key");
  await run(["store", "init", "--key-file", file]);
  const finished = await run(["store", "migrate", "--json", "--from", "file", "--to", "keyring", "--config", config], {
    CCB_STORE_KEY_FILE: file,
  });
  // No keyring here.
  expect(finished.code).toBe(1);
  expect(documentOf(finished, StoreMigrateReportSchema)).toMatchObject({
    from: "file",
    to: "keyring",
    outcome: "unreachable",
    accounts: 0,
  });
  expect(finished.stderr).toContain("Nothing was changed");
});
