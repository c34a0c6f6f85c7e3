// settings.notify: off by default, an address that nothing can listen to on its way, and a secret path that nobody is shown.
import { expect, test } from "bun:test";
import { showConfig } from "../../src/config/show.ts";
import { accept, complaints, settings } from "./_parse.ts";

const SLACK = "https://hooks.slack.com/services/T000/B000/XXXX?token=YYYY";

test("nobody is told by default", () => {
  for (const text of [settings("  port: 1"), settings("  notify:")])
    expect(accept(text).settings.notify).toEqual({ webhook: null, desktop: "off", window_percent: 90 });
});

test("the address is a secret, in what is shown as in what is printed", () => {
  const config = accept(settings(`  notify: {webhook: "${SLACK}", desktop: auto, window_percent: 75}`));
  expect(config.settings.notify.webhook?.reveal()).toBe(SLACK);
  const shown = showConfig(config);
  expect(shown).toContain(
    "  notify:\n    webhook: https://hooks.slack.com/***\n    desktop: auto\n    window_percent: 75\n",
  );
  expect(`${shown}${JSON.stringify(config)}${Bun.inspect(config, { depth: 9 })}`).not.toContain("XXXX");
});

test("https, or loopback; no user name, no fragment", () => {
  const of = (webhook: string): string[] => complaints(settings(`  notify: {webhook: "${webhook}"}`));
  expect(of("http://127.0.0.1:9/x")).toEqual([]);
  expect(of("http://localhost/x")).toEqual([]);
  for (const wrong of [
    "http://example.com/XXXX",
    "https://u:p@example.com/XXXX",
    "https://example.com/XXXX#f",
    "ftp://example.com/XXXX",
    "XXXX",
  ]) {
    const said = of(wrong);
    expect(said.length).toBe(1);
    expect(said[0]).toContain("settings.notify.webhook");
    expect(said[0]).not.toContain("XXXX");
  }
});

test("wrong values and unknown keys are named with their place", () => {
  expect(
    complaints(settings("  notify: {desktop: on, window_percent: 0, webhok: x}")).map((line) => line.split(": ")[2]),
  ).toEqual(["settings.notify.desktop", "settings.notify.window_percent", "settings.notify.webhok"]);
});
