// Where the key of the sealed store comes from, in order, and what is said where there is none.
import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryVault } from "../../src/vault/memory.ts";
import { newKeyText, parseKey, storeKey, storeKeyFile } from "../../src/vault/store-key.ts";
import { createTestRandom } from "../support/random.ts";
import { createScriptedVault } from "../support/scripted-vault.ts";
import { faultOf } from "../support/vault-fault.ts";

const homes: string[] = [];
afterEach(() => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
});

const random = createTestRandom(5);
const uid = process.getuid?.();

function folder(files: Record<string, string>): string {
  const home = mkdtempSync(join(tmpdir(), "ccb-key-"));
  homes.push(home);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text, { mode: 0o600 });
  return home;
}

const idOf = async (call: ReturnType<typeof storeKey>): Promise<string> => (await call).id.toHex();
const idOfText = (text: string): string => parseKey(new TextEncoder().encode(text))?.id.toHex() ?? "none";

describe("the order", () => {
  const [one, two] = [newKeyText(random), newKeyText(random)];

  test("systemd's credential, the file, the keyring", async () => {
    const home = folder({ "ccb-store-key": `${one}\n`, other: two });
    const keyring = createMemoryVault();
    const deps = { uid, keyring, random, inUse: () => false };
    const both = { CREDENTIALS_DIRECTORY: home, CCB_STORE_KEY_FILE: join(home, "other") };
    expect(await idOf(storeKey({ ...deps, env: both }))).toBe(idOfText(one));
    expect(storeKeyFile({ CREDENTIALS_DIRECTORY: join(home, "empty") })).toBeNull();
    expect(await idOf(storeKey({ ...deps, env: { CCB_STORE_KEY_FILE: both.CCB_STORE_KEY_FILE } }))).toBe(idOfText(two));
    expect(await keyring.list()).toEqual([]);
    const made = await idOf(storeKey({ ...deps, env: {} }));
    expect(await idOf(storeKey({ ...deps, env: {}, inUse: () => true }))).toBe(made);
    expect(await keyring.list()).toEqual(["store-key"]);
  });

  test("base64, hex and raw bytes are one key; other texts are none", () => {
    const raw = random.bytes(32);
    expect(new Set([parseKey(raw)?.id.toHex(), idOfText(`${raw.toHex()}\n`), idOfText(raw.toBase64())]).size).toBe(1);
    for (const text of ["", "password", one.slice(1), `${one}${one}`]) expect(idOfText(text)).toBe("none");
  });

  test("a key shows itself nowhere", () => {
    const key = parseKey(new TextEncoder().encode(one));
    expect(Bun.inspect(key) + JSON.stringify(key)).not.toContain(
      Buffer.from(one, "base64").toString("hex").slice(0, 16),
    );
  });
});

describe("where there is none", () => {
  const ask = (file: string, inUse = false) =>
    faultOf(
      storeKey({ env: { CCB_STORE_KEY_FILE: file }, uid, keyring: createMemoryVault(), random, inUse: () => inUse }),
    );

  test("a missing or wrong file: no_key, or wrong_key where values wait for it", async () => {
    const home = folder({ word: "not a key" });
    expect([await ask(join(home, "x")), await ask(join(home, "word")), await ask(home)]).toEqual([
      "no_key",
      "no_key",
      "no_key",
    ]);
    expect(await ask(join(home, "x"), true)).toBe("wrong_key");
  });

  test("one that others can read or change is not used", async () => {
    const home = folder({ key: newKeyText(random) });
    const file = join(home, "key");
    expect(await ask(file)).toBe("none");
    for (const mode of [0o644, 0o620, 0o602]) {
      chmodSync(file, mode);
      expect(await ask(file)).toBe("foreign");
    }
    chmodSync(file, 0o440); // systemd's
    expect(await ask(file)).toBe("none");
    expect(
      await faultOf(
        storeKey({
          env: { CCB_STORE_KEY_FILE: file },
          uid: 12_345,
          keyring: createMemoryVault(),
          random,
          inUse: () => false,
        }),
      ),
    ).toBe(uid === 0 ? "none" : "foreign");
  });

  test("no keyring either; a keyring without the key that values wait for; one that is locked", async () => {
    const vault = createScriptedVault();
    const deps = { env: {}, uid, keyring: vault, random };
    expect(await faultOf(storeKey({ ...deps, inUse: () => true }))).toBe("wrong_key");
    expect(vault.values.size).toBe(0);
    vault.mode("absent");
    expect(await faultOf(storeKey({ ...deps, inUse: () => false }))).toBe("no_key");
    expect(await faultOf(storeKey({ ...deps, inUse: () => true }))).toBe("wrong_key");
    vault.mode("locked");
    expect(await faultOf(storeKey({ ...deps, inUse: () => true }))).toBe("locked");
  });
});
