// The sealed form: there and back, and what each kind of damage is called.
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { seal, SealKey, sealNow, unseal } from "../../src/vault/seal.ts";
import { createTestRandom } from "../support/random.ts";
import { faultOf } from "../support/vault-fault.ts";

const random = createTestRandom(1);
const key = new SealKey(random.bytes(32));
const other = new SealKey(random.bytes(32));
const TEXT = '{"access_token":"sk-ant-oat01-secret"}';

describe("there and back", () => {
  test("any text, sealed now or later: the same form", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), fc.string(), async (text, place) => {
        const wellFormed = text.toWellFormed();
        expect(await unseal(key, place, await seal(key, random, place, wellFormed))).toBe(wellFormed);
        expect(await unseal(key, place, sealNow(key, random, place, wellFormed))).toBe(wellFormed);
      }),
      { numRuns: 200 },
    );
  });

  test("no two are alike, and none shows the text", async () => {
    const [one, two] = [await seal(key, random, "a", TEXT), await seal(key, random, "a", TEXT)];
    expect(Buffer.from(one).equals(two)).toBe(false);
    expect(Buffer.from(one).includes("sk-ant")).toBe(false);
  });
});

describe("what is not believed", () => {
  const sealed = sealNow(key, random, "account:1", TEXT);

  test("every shorter or longer form is damaged", async () => {
    for (let length = 0; length < sealed.length; length += 1) {
      expect(await faultOf(unseal(key, "account:1", sealed.slice(0, length)))).toBe("damaged");
    }
    expect(await faultOf(unseal(key, "account:1", new Uint8Array([...sealed, 0])))).toBe("damaged");
  });

  test("every changed bit is noticed", async () => {
    const faults = new Set<string>();
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = sealed.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      faults.add(await faultOf(unseal(key, "account:1", changed)));
    }
    expect([...faults].toSorted()).toEqual(["damaged", "newer", "wrong_key"]);
  });

  test("another key, another version, another place", async () => {
    expect(await faultOf(unseal(other, "account:1", sealed))).toBe("wrong_key");
    const newer = sealed.slice();
    newer[8] = 2;
    expect(await faultOf(unseal(key, "account:1", newer))).toBe("newer");
    expect(await faultOf(unseal(key, "account:2", sealed))).toBe("damaged");
  });

  test("any bytes are an error with a name, nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect(await faultOf(unseal(key, "a", new Uint8Array(bytes)))).toBeOneOf(["damaged", "newer", "wrong_key"]);
      }),
    );
  });
});
