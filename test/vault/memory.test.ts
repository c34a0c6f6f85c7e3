// The vault without a keyring.
import { expect, test } from "bun:test";
import { createMemoryVault } from "../../src/vault/memory.ts";
import { faultOf } from "../support/vault-fault.ts";

test("keeps, replaces, removes and names values", async () => {
  const vault = createMemoryVault({ index: "[]" });
  await vault.probe();
  await vault.set("a", "1");
  await vault.set("a", "2");
  expect(await vault.get("a")).toBe("2");
  expect(await vault.list()).toEqual(["index", "a"]);
  await vault.delete("a");
  await vault.delete("a");
  expect(await vault.get("a")).toBeNull();
  expect(vault.backend).toBe("memory");
});

test.each(["", "a\0b", "账号", "a\n"])("refuses the name %j, as every keyring would spoil it", async (name) => {
  const vault = createMemoryVault();
  expect(await faultOf(vault.set(name, "1"))).toBe("failed");
  expect(await faultOf(vault.get(name))).toBe("failed");
  expect(await faultOf(vault.delete(name))).toBe("failed");
});
