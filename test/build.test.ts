// What `make build` and `make release` look at before there is a binary.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const folder = mkdtempSync(join(tmpdir(), "ccb-build-"));

/** The source without one of the Chinese words. */
beforeAll(() => {
  for (const name of ["Makefile", "package.json", "bun.lock", "bunfig.toml", "providers.yaml", "tsconfig.json"])
    cpSync(join(root, name), join(folder, name));
  for (const name of ["src", ".ci"]) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const file = join(folder, "src/core/words/zh-cn/cli.ts");
  const text = readFileSync(file, "utf8");
  const without = text.replace(/^ {2}serve: .*\n/m, "");
  expect(without).not.toBe(text);
  writeFileSync(file, without);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...command: string[]) {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { cwd: folder, stdout: "pipe", stderr: "pipe" });
  return { exitCode, said: `${stdout.toString()}${stderr.toString()}` };
}

test.skipIf(Bun.which("make") === null)(
  "a word that a language lacks fails the build",
  () => {
    const { exitCode, said } = run("make", "-o", "node_modules/.installed", `BUN=${process.execPath}`, "build");
    expect(said).toContain("Property 'serve' is missing");
    expect(exitCode).not.toBe(0);
    expect(existsSync(join(folder, "dist"))).toBe(false);
  },
  60_000,
);

test("and the release", () => {
  const { exitCode, said } = run(process.execPath, ".ci/release.ts");
  expect(said).toContain("Property 'serve' is missing");
  expect(exitCode).toBe(1);
  expect(existsSync(join(folder, "dist"))).toBe(false);
}, 60_000);
