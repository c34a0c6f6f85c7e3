// A secret shows nothing of itself, however it is printed.
import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import * as fc from "fast-check";
import { Secret } from "../../src/core/secret.ts";

const TEXT = "sk-ant-oat01-do-not-show-this-0123456789";
const secret = new Secret(TEXT);

const WAYS: readonly (readonly [string, () => string])[] = [
  ["String()", () => String(secret)],
  // oxlint-disable-next-line typescript/restrict-template-expressions -- what somebody would write by mistake
  ["a template", () => `${secret}`],
  ["JSON", () => JSON.stringify({ secret, deep: [{ secret }] })],
  ["util.inspect", () => inspect(secret, { showHidden: true, depth: 10 })],
  ["util.inspect of what holds it", () => inspect({ deep: { secret } }, { showHidden: true, depth: 10 })],
  ["Bun.inspect", () => Bun.inspect(secret)],
  ["Bun.inspect of what holds it", () => Bun.inspect({ deep: [secret] })],
  ["its own keys", () => JSON.stringify([Object.entries(secret), Reflect.ownKeys(secret).map(String)])],
  // oxlint-disable-next-line typescript/no-misused-spread -- the same
  ["a spread", () => JSON.stringify({ ...secret })],
  ["an error's message", () => new Error(`failed with ${String(secret)}`).message],
  ["Object.prototype.toString", () => Object.prototype.toString.call(secret)],
  ["a form", () => new URLSearchParams({ token: String(secret) }).toString()],
];

describe("a secret is not in", () => {
  for (const [way, print] of WAYS) {
    test(way, () => {
      expect(print()).not.toContain(TEXT);
      expect(print()).not.toContain("do-not-show");
    });
  }

  test("console.log, in any position", async () => {
    const program = `
      import { Secret } from ${JSON.stringify(new URL("../../src/core/secret.ts", import.meta.url).pathname)};
      const secret = new Secret(${JSON.stringify(TEXT)});
      console.log(secret, { secret }, [secret]); console.error("%s %o %j", secret, secret, secret); console.table([{ secret }]);
      console.log("printed"); throw Object.assign(new Error("ended"), { secret });`;
    const child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe", stderr: "pipe" });
    const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    expect(out).toContain("printed");
    // The uncaught error quotes its source line; the value itself must come from nowhere else.
    expect(out).not.toContain("do-not-show");
    expect(err.split("\n").filter((line) => line.includes("do-not-show") && !line.includes("new Secret("))).toEqual([]);
  });
});

test("reveal gives the text, equals compares it", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      expect(new Secret(one).reveal()).toBe(one);
      expect(new Secret(one).equals(new Secret(other))).toBe(one === other);
    }),
  );
});
