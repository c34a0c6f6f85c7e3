// The desktop notice is an argument vector: nothing in the text is read by a shell, by AppleScript or as markup.
import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { desktop as realDesktop } from "../../src/cli/runtime.ts";
import { desktopCommand, showNotice } from "../../src/notify/desktop.ts";

const find = (program: string): string => `/usr/bin/${program}`;
const HOSTILE = `-e "; rm -rf / $(id) <b>&`;

test("Linux: where there is a session, with the text as one argument after the options", () => {
  for (const env of [{ DISPLAY: ":0" }, { WAYLAND_DISPLAY: "wayland-0" }])
    expect(desktopCommand({ platform: "linux", env, find }, HOSTILE)).toEqual([
      "/usr/bin/notify-send",
      "--app-name=ccb",
      "--",
      "ccb",
      '-e "; rm -rf / $(id) &lt;b&gt;&amp;',
    ]);
});

test("none without a session, without the program, or on another system", () => {
  expect(desktopCommand({ platform: "linux", env: { DISPLAY: "" }, find }, "x")).toBeNull();
  expect(desktopCommand({ platform: "linux", env: { DISPLAY: ":0" }, find: () => null }, "x")).toBeNull();
  expect(desktopCommand({ platform: "darwin", env: {}, find: () => null }, "x")).toBeNull();
  expect(desktopCommand({ platform: "win32", env: { DISPLAY: ":0" }, find }, "x")).toBeNull();
});

test("macOS: the script is constant, title and text are its arguments", () => {
  const command = desktopCommand({ platform: "darwin", env: {}, find }, HOSTILE);
  expect(command?.slice(-2)).toEqual(["ccb", HOSTILE]);
  expect(command?.slice(0, -2).join("\n")).not.toContain("rm -rf");
});

test("a program that fails or cannot be started is a failure with a code", async () => {
  const ports = { platform: "linux", env: { DISPLAY: ":0" }, find };
  expect(await showNotice({ ...ports, run: async () => 3 }, "x")).toEqual({ ok: false, code: "exit_3", again: false });
  expect(await showNotice({ ...ports, run: () => Promise.reject(new Error("ENOENT")) }, "x")).toEqual({
    ok: false,
    code: "not_started",
    again: false,
  });
  expect(await showNotice({ ...ports, env: {}, run: () => Promise.reject(new Error("never")) }, "x")).toEqual({
    ok: true,
  });
});

test("the real runner starts the program with the text as it is", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ccb-desktop-"));
  try {
    const program = join(folder, "notify-send");
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" > "${join(folder, "arguments")}"\n`, { mode: 0o755 });
    const ports = { platform: "linux", env: { DISPLAY: ":0" }, find: () => program, run: realDesktop.run };
    expect(await showNotice(ports, 'five "quoted" $(id)')).toEqual({ ok: true });
    expect(readFileSync(join(folder, "arguments"), "utf8")).toBe('--app-name=ccb\n--\nccb\nfive "quoted" $(id)\n');
    const started = realDesktop.run([join(folder, "missing")]).then(
      () => true,
      () => false,
    );
    expect(await started).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
