// Long values in short entries: any value survives, and a crash at any write leaves the old one or the new one.
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { createMemoryVault } from "../../src/vault/memory.ts";
import { createSplitVault } from "../../src/vault/split.ts";
import { VaultError } from "../../src/vault/vault.ts";
import type { Vault } from "../../src/vault/vault.ts";
import { faultOf } from "../support/vault-fault.ts";

const LIMIT = 32;

/** An entry as Windows has it: too long is refused, and what is no UTF-16 comes back changed. */
function createNarrowVault(inner: Vault): Vault {
  return {
    ...inner,
    set(name, value) {
      if (value.length > LIMIT) return Promise.reject(new VaultError("full", "longer than the platform limit"));
      return inner.set(name, value.toWellFormed());
    },
  };
}

/** Lets `writes` writes and removals through, then the process is dead. */
function createDyingVault(inner: Vault, writes: number): Vault {
  let left = writes;
  const alive = (): Promise<void> => (left-- > 0 ? Promise.resolve() : Promise.reject(new Error("dead")));
  return {
    ...inner,
    set: (name, value) => alive().then(() => inner.set(name, value)),
    delete: (name) => alive().then(() => inner.delete(name)),
  };
}

const value = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 33, maxLength: 150 }),
  fc.string({ unit: "grapheme", maxLength: 200 }),
  fc.string({ maxLength: 40 }).map((text) => `ccb-parts:${text}`),
  fc.string({ maxLength: 40 }).map((text) => `ccb-plain:${text}`),
  fc.constantFrom(
    "",
    "ccb-parts:0:2:40",
    "ccb-plain:",
    "ccb-plain:ccb-parts:1:1:1",
    "😀".repeat(33),
    `x${"😀".repeat(33)}`,
  ),
);
const step = fc.oneof(
  fc.record({ op: fc.constant("set" as const), name: fc.constantFrom("a", "b", "a#x"), value }),
  fc.record({ op: fc.constant("delete" as const), name: fc.constantFrom("a", "b", "a#x"), value }),
);

describe("split vault", () => {
  test("is a map, whatever is stored in whatever order, and leaves no parts behind", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const inner = createMemoryVault();
        const vault = createSplitVault(createNarrowVault(inner), LIMIT);
        const model = new Map<string, string>();
        for (const { op, name, value } of steps) {
          if (op === "set") model.set(name, value);
          else model.delete(name);
          await (op === "set" ? vault.set(name, value) : vault.delete(name));
        }
        for (const name of ["a", "b", "a#x"]) expect(await vault.get(name)).toBe(model.get(name) ?? null);
        expect([...(await vault.list())].sort()).toEqual([...model.keys()].sort());
        for (const name of model.keys()) await vault.delete(name);
        expect(await inner.list()).toEqual([]);
      }),
    );
  });

  test("after a crash at any write the value is the old or the new one, and the next write clears the rest", async () => {
    await fc.assert(
      fc.asyncProperty(value, value, value, fc.nat({ max: 12 }), async (before, during, after, writes) => {
        const inner = createMemoryVault();
        const narrow = createNarrowVault(inner);
        await createSplitVault(narrow, LIMIT).set("a", before);
        const survived = await createSplitVault(createDyingVault(narrow, writes), LIMIT)
          .set("a", during)
          .then(() => true)
          .catch(() => false);
        const reborn = createSplitVault(narrow, LIMIT);
        const found = await reborn.get("a");
        expect(survived ? [during] : [before, during]).toContain(found ?? "nothing");

        await reborn.set("a", after);
        expect(await reborn.get("a")).toBe(after);
        await reborn.delete("a");
        expect(await inner.list()).toEqual([]);
      }),
    );
  });

  test("short values are stored as they are", async () => {
    const inner = createMemoryVault();
    await createSplitVault(inner, LIMIT).set("a", "short");
    expect(await inner.get("a")).toBe("short");
  });

  test("operations started together do not mix their parts", async () => {
    const vault = createSplitVault(createNarrowVault(createMemoryVault()), LIMIT);
    const values = Array.from({ length: 10 }, (_, index) => String(index).repeat(100));
    const seen = values.map((text) => Promise.all([vault.set("a", text), vault.get("a")]));
    for (const [index, [, read]] of (await Promise.all(seen)).entries()) expect(read).toBe(values[index] ?? "");
  });

  test("a missing part is a fault, not a shorter value", async () => {
    const inner = createMemoryVault();
    const vault = createSplitVault(inner, LIMIT);
    await vault.set("a", "x".repeat(100));
    await inner.delete("a#0.1");
    expect(await faultOf(vault.get("a"))).toBe("failed");
    await inner.set("a#0.1", "short");
    expect(await faultOf(vault.get("a"))).toBe("failed");
  });

  test("a value is written though the parts of the old one cannot be removed; a removal that leaves parts says so", async () => {
    const inner = createMemoryVault();
    let broken = false;
    const vault = createSplitVault(
      {
        ...inner,
        delete: (name) =>
          broken && name.includes("#") ? Promise.reject(new VaultError("locked", "locked")) : inner.delete(name),
      },
      LIMIT,
    );
    await vault.set("a", "x".repeat(100));
    broken = true;
    await vault.set("a", "y".repeat(100));
    expect(await vault.get("a")).toBe("y".repeat(100));
    expect(await faultOf(vault.delete("a"))).toBe("locked");
    broken = false;
    await vault.delete("a");
    expect(await inner.list()).toEqual([]);
  });

  test("names of parts are refused, and so is a limit too low for the manifest", async () => {
    const vault = createSplitVault(createMemoryVault(), LIMIT);
    expect(await faultOf(vault.set("a#1.0", "x"))).toBe("failed");
    expect(() => createSplitVault(createMemoryVault(), LIMIT - 1)).toThrow(RangeError);
  });
});
