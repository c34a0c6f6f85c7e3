// Names of services and folders: one for each person and instance, whatever the person is called.
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { serviceName } from "../../src/vault/service-name.ts";
import { stateDirectory } from "../../src/vault/state-directory.ts";

test("names instance and person", () => {
  expect(serviceName("claude-code-balancer", "alice")).toBe("claude-code-balancer:alice");
  expect(serviceName("claude-code-balancer", "CORP\\alice b")).toBe("claude-code-balancer:CORP%5Calice%20b");
  expect(serviceName("ccb", "张三")).toBe("ccb:%E5%BC%A0%E4%B8%89");
});

test("is printable ASCII, and no two people or instances share one", () => {
  fc.assert(
    fc.property(fc.tuple(fc.string({ unit: "grapheme" }), fc.string()), fc.tuple(fc.string(), fc.string()), (a, b) => {
      const first = serviceName(...a);
      expect(first).toMatch(/^[\x21-\x7e]+$/);
      expect(first === serviceName(...b)).toBe(a[0] === b[0] && a[1] === b[1]);
    }),
  );
});

test("the state directory follows each system's custom", () => {
  expect(stateDirectory({ XDG_STATE_HOME: "/s" }, "linux", "/home/a")).toBe("/s/ccb");
  expect(stateDirectory({ XDG_STATE_HOME: "relative" }, "linux", "/home/a")).toBe("/home/a/.local/state/ccb");
  expect(stateDirectory({}, "linux", "/home/a")).toBe("/home/a/.local/state/ccb");
  expect(stateDirectory({ XDG_STATE_HOME: "/s" }, "darwin", "/Users/a")).toBe(
    "/Users/a/Library/Application Support/ccb",
  );
  expect(stateDirectory({ LOCALAPPDATA: "C:\\L" }, "win32", "C:\\Users\\a")).toBe("C:\\L\\ccb");
  expect(stateDirectory({}, "win32", "C:\\Users\\a")).toBe("C:\\Users\\a\\AppData\\Local\\ccb");
});
