// The vault of sealed files on a real folder: what it keeps, whom it keeps out, and what it never overwrites.
import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileVault } from "../../src/vault/file.ts";
import { createPrivateFolder } from "../../src/vault/private-folder.ts";
import { SealKey } from "../../src/vault/seal.ts";
import type { Vault } from "../../src/vault/vault.ts";
import { createTestRandom } from "../support/random.ts";
import { faultOf } from "../support/vault-fault.ts";

const homes: string[] = [];
afterEach(() => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
});

const keys = [1, 2].map((seed) => new SealKey(createTestRandom(seed).bytes(32)));

function setUp() {
  const home = mkdtempSync(join(tmpdir(), "ccb-file-"));
  homes.push(home);
  const path = join(home, "store");
  const setAside: string[] = [];
  const open = (options: { key?: 0 | 1; uid?: number; service?: string } = {}): Vault =>
    createFileVault({
      folder: createPrivateFolder(path, options.uid ?? process.getuid?.()),
      service: options.service ?? "ccb:1",
      key: async () => {
        const key = keys[options.key ?? 0];
        if (key === undefined) throw new Error("no such key");
        return key;
      },
      random: createTestRandom(3),
      onSetAside: (file) => void setAside.push(file),
    });
  return { path, open, setAside, file: (name: string) => join(path, `${encodeURIComponent(name)}.sealed`) };
}

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test("a file of somebody else's in the folder is none of its entries", async () => {
  const { open, path } = setUp();
  await open().set("index", "one");
  writeFileSync(join(path, "100%.sealed"), "x");
  expect(await open().list()).toEqual(["index"]);
});

describe("what it keeps", () => {
  test("values by name, over another start; nothing in the clear", async () => {
    const { open, path } = setUp();
    const vault = open();
    expect([await vault.get("account:1"), await vault.list()]).toEqual([null, []]);
    await vault.set("account:1", "sk-ant-one");
    await vault.set("index", "two");
    await vault.set("index", "three");
    const again = open();
    expect([await again.get("account:1"), await again.get("index")]).toEqual(["sk-ant-one", "three"]);
    expect((await again.list()).toSorted()).toEqual(["account:1", "index"]);
    for (const file of readdirSync(path)) expect(readFileSync(join(path, file)).includes("sk-ant")).toBe(false);
    await again.delete("account:1");
    await again.delete("account:1");
    expect([await again.get("account:1"), await again.list()]).toEqual([null, ["index"]]);
  });

  test("folder 0700, files 0600; wider ones are narrowed; what was left unfinished goes", async () => {
    const { open, path, file } = setUp();
    mkdirSync(path, { mode: 0o755 });
    writeFileSync(join(path, ".0011.unfinished"), "x");
    const vault = open();
    await vault.set("a", "1");
    expect([modeOf(path), modeOf(file("a"))]).toEqual(["700", "600"]);
    chmodSync(path, 0o777);
    chmodSync(file("a"), 0o644);
    expect(await vault.get("a")).toBe("1");
    expect([modeOf(path), modeOf(file("a"))]).toEqual(["700", "600"]);
    expect(readdirSync(path)).toEqual(["a.sealed"]);
  });

  test("the probe leaves nothing, whatever an earlier one left", async () => {
    const { open, path } = setUp();
    await open({ key: 1 }).set("probe", "x");
    await open().probe();
    expect(readdirSync(path)).toEqual([]);
  });
});

describe("damaged", () => {
  const damages: [string, (path: string) => void][] = [
    ["cut short", (path) => truncateSync(path, 60)],
    ["emptied", (path) => truncateSync(path, 0)],
    [
      "changed",
      (path) =>
        writeFileSync(
          path,
          readFileSync(path).map((byte, at) => (at === 50 ? byte ^ 1 : byte)),
        ),
    ],
    ["something else", (path) => writeFileSync(path, '{"access_token":"x"}')],
  ];
  test.each(damages)("%s: said once, set aside with its bytes, and free for a new value", async (_, damage) => {
    const { open, path, file, setAside } = setUp();
    await open().set("account:1", "a token");
    damage(file("account:1"));
    const bytes = readFileSync(file("account:1"));
    const vault = open();
    expect(await faultOf(vault.get("account:1"))).toBe("damaged");
    expect(await vault.get("account:1")).toBeNull();
    await vault.set("account:1", "another");
    expect(await vault.get("account:1")).toBe("another");
    const [aside = ""] = setAside;
    expect(aside).toStartWith("account%3A1.sealed.set-aside-");
    expect(readFileSync(join(path, aside)).equals(bytes)).toBe(true);
    expect(await vault.list()).toEqual(["account:1"]);
  });

  test("writing over one sets it aside as well", async () => {
    const { open, file, setAside } = setUp();
    await open().set("a", "1");
    truncateSync(file("a"), 30);
    await open().set("a", "2");
    expect(setAside.length).toBe(1);
  });

  test("two that changed places, or came from another store, are noticed", async () => {
    const { open, file } = setUp();
    const vault = open();
    await vault.set("account:1", "one");
    await vault.set("account:2", "two");
    renameSync(file("account:1"), file("account:2"));
    expect(await faultOf(vault.get("account:2"))).toBe("damaged");
    await vault.set("account:1", "one");
    expect(await faultOf(open({ service: "ccb:2" }).get("account:1"))).toBe("damaged");
  });
});

describe("not ours to touch", () => {
  test("another key: refused to read, write and remove; with the right key all is there", async () => {
    const { open, file } = setUp();
    await open().set("a", "1");
    const bytes = readFileSync(file("a"));
    const wrong = open({ key: 1 });
    expect([
      await faultOf(wrong.get("a")),
      await faultOf(wrong.set("a", "2")),
      await faultOf(wrong.delete("a")),
    ]).toEqual(["wrong_key", "wrong_key", "wrong_key"]);
    expect(readFileSync(file("a")).equals(bytes)).toBe(true);
    expect(await open().get("a")).toBe("1");
  });

  test("a newer version: the same", async () => {
    const { open, file } = setUp();
    await open().set("a", "1");
    const bytes = readFileSync(file("a")).map((byte, at) => (at === 8 ? 2 : byte));
    writeFileSync(file("a"), bytes);
    const vault = open();
    expect([await faultOf(vault.get("a")), await faultOf(vault.set("a", "2"))]).toEqual(["newer", "newer"]);
    expect(readFileSync(file("a")).equals(bytes)).toBe(true);
  });

  test("a link in the place of a file, of the folder; a file in the place of the folder", async () => {
    const { open, path, file } = setUp();
    const vault = open();
    await vault.set("a", "1");
    renameSync(file("a"), `${path}-elsewhere`);
    symlinkSync(`${path}-elsewhere`, file("a"));
    const bytes = readFileSync(`${path}-elsewhere`);
    expect([await faultOf(vault.get("a")), await faultOf(vault.set("a", "2"))]).toEqual(["foreign", "foreign"]);
    expect(readFileSync(`${path}-elsewhere`).equals(bytes)).toBe(true);
    renameSync(path, `${path}-moved`);
    symlinkSync(`${path}-moved`, path);
    expect([await faultOf(vault.get("a")), await faultOf(vault.set("b", "2"))]).toEqual(["foreign", "foreign"]);
    rmSync(path);
    writeFileSync(path, "");
    expect(await faultOf(vault.probe())).toBe("foreign");
    expect(existsSync(join(`${path}-moved`, "b.sealed"))).toBe(false);
    rmSync(`${path}-moved`, { recursive: true });
    rmSync(`${path}-elsewhere`);
  });

  test("a folder of another user", async () => {
    const { open } = setUp();
    await open().set("a", "1");
    const vault = open({ uid: 12_345 });
    expect([await faultOf(vault.get("a")), await faultOf(vault.set("a", "2")), await faultOf(vault.list())]).toEqual([
      "foreign",
      "foreign",
      "foreign",
    ]);
  });

  test("a folder in one that others may write to", async () => {
    const { open, path } = setUp();
    await open().set("a", "1");
    chmodSync(join(path, ".."), 0o777);
    expect(await faultOf(open().get("a"))).toBe("foreign");
  });

  test("a directory or a pipe in the place of a file", async () => {
    const { open, path, file } = setUp();
    await open().set("a", "1");
    rmSync(file("a"));
    mkdirSync(file("a"));
    expect(await faultOf(open().get("a"))).toBe("foreign");
    Bun.spawnSync(["mkfifo", join(path, "b.sealed")]);
    expect(await faultOf(open().get("b"))).toBe("foreign");
  });
});
