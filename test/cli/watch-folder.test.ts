// The system tells of what happens around a file: in its folder, or in the one where its folder will be.
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { watchFolderOf } from "../../src/cli/watch-folder.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), "ccb-hear-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Resolves with the first event that a change leads to. */
async function hears(path: string, change: () => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = await watchFolderOf(path, resolve);
  expect(stop).not.toBeNull();
  change();
  await promise;
  stop?.();
}

test("a file written in place, renamed into place, removed and made", async () => {
  const file = join(folder, "f");
  writeFileSync(file, "text");
  await hears(file, () => writeFileSync(file, "other"));
  writeFileSync(`${file}~`, "new");
  await hears(file, () => renameSync(`${file}~`, file));
  await hears(file, () => rmSync(file));
  await hears(file, () => writeFileSync(file, "text"));
});

test("what happens to other files beside it is not told", async () => {
  for (const name of ["f", "o"]) writeFileSync(join(folder, `${name}~`), "text");
  const { promise, resolve } = Promise.withResolvers<void>();
  let told = 0;
  const stop = await watchFolderOf(join(folder, "f"), () => {
    told += 1;
    // What the system told with it comes first.
    setImmediate(resolve);
  });
  renameSync(join(folder, "o~"), join(folder, "o"));
  renameSync(join(folder, "f~"), join(folder, "f"));
  await promise;
  stop?.();
  expect(told).toBe(1);
});

test("a folder that is missing: the one above tells when it is made", async () => {
  await hears(join(folder, "a/b/f"), () => mkdirSync(join(folder, "a")));
  await hears(join(folder, "a/b/f"), () => mkdirSync(join(folder, "a/b")));
});

test("where a link leads elsewhere nobody tells", async () => {
  mkdirSync(join(folder, "real"));
  writeFileSync(join(folder, "real/f"), "text");
  symlinkSync(join(folder, "real/f"), join(folder, "f"));
  symlinkSync(join(folder, "real"), join(folder, "linked"));
  expect(await watchFolderOf(join(folder, "f"), () => {})).toBeNull();
  expect(await watchFolderOf(join(folder, "linked/f"), () => {})).toBeNull();
  expect(await watchFolderOf(join(folder, "linked/none/f"), () => {})).toBeNull();
});
