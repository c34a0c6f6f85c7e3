// How the page looks and speaks, in a real browser: both languages, both themes, every width, for those who see it and
// those who do not.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { eventually } from "../support/world.ts";
import { openPage, overflow, startBrowser } from "./_browser.ts";
import { createSample } from "./_sample.ts";
import type { Sample } from "./_sample.ts";

let browser: Browser;
let sample: Sample;
beforeAll(async () => {
  [browser, sample] = await Promise.all([startBrowser(), createSample()]);
});
afterAll(async () => {
  await browser.close();
  await sample[Symbol.asyncDispose]();
});

/** What axe-core finds, in a line each. */
async function violations(page: Page): Promise<readonly string[]> {
  // The page's policy takes no script in place; the browser's own door to it does.
  await page.evaluate(axe.source);
  const found: { id: string; nodes: { html: string }[] }[] = await page.evaluate("axe.run().then((r) => r.violations)");
  return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

async function opened(options: Parameters<typeof openPage>[2] = {}) {
  const all = await openPage(browser, sample.url, { reducedMotion: "reduce", ...options });
  await all.page.locator(".plot canvas").nth(2).waitFor();
  await all.page.locator(".request").first().waitFor();
  return all;
}

for (const colorScheme of ["light", "dark"] as const) {
  describe(colorScheme, () => {
    test("axe-core finds nothing, with a trace, a table and a dialog open", async () => {
      const { context, page, complaints } = await opened({ colorScheme });
      await page.locator(".request .tries").first().click();
      await page.locator(".trace").waitFor();
      await page.getByText("As a table").click();
      expect(await violations(page)).toEqual([]);
      await page.getByRole("button", { name: "Remove: me@example.com" }).click();
      await page.getByRole("dialog").waitFor();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.getByText("Paste the code instead").click();
      expect(await violations(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
    });
  });
}

test("axe-core finds nothing on a telephone", async () => {
  const { context, page } = await opened({ viewport: { width: 360, height: 740 } });
  expect(await violations(page)).toEqual([]);
  await context.close();
});

for (const width of [360, 412, 768, 1024, 1280, 1920, 2560, 3840]) {
  for (const locale of ["en-US", "zh-CN"]) {
    test(`${width} pixels, ${locale}: nothing is wider than the window`, async () => {
      const { context, page } = await opened({ locale, viewport: { width, height: 900 } });
      await page.locator(".request .tries").first().click();
      await page.locator(".trace").waitFor();
      await page.locator("details.fold summary").click();
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      await context.close();
    });
  }
}

describe("words", () => {
  test("in the language of the browser, ccb's own too", async () => {
    const { context, page } = await opened({ locale: "zh-CN" });
    expect(await page.evaluate("document.documentElement.lang")).toBe("zh-CN");
    await page.getByRole("heading", { name: "账号" }).waitFor();
    await page.getByText("5 小时限额已用完").first().waitFor();
    await page.getByRole("button", { name: "登录", exact: true }).click();
    await page.getByText("改为粘贴授权码").click();
    await page.getByRole("textbox", { name: "授权码" }).fill("no code");
    await page.getByRole("button", { name: "完成" }).click();
    await page.getByRole("dialog").getByText("请粘贴").waitFor();
    await context.close();
  });

  test("in the other one when the person says so, and again at the next visit", async () => {
    const { context, page } = await opened();
    await page.getByLabel("Language").selectOption("zh-CN");
    await page.getByRole("heading", { name: "用量" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "用量" }).waitFor();
    // Nothing is left in the other language but names.
    const text = await page.locator("main").innerText();
    const names = /[\w.-]+@[\w.-]+(?:'s organization)?|claude-[\w-]+|Claude Code Official|Anthropic API|Example \w+|ccb|API|p50|p95|127\.0\.0\.1:\d+/g; // prettier-ignore
    expect(text.replaceAll(names, "").match(/[A-Za-z]{2,}/g) ?? []).toEqual([]);
    await context.close();
  });
});

test("the theme is the system's, until the person says otherwise", async () => {
  const { context, page } = await opened({ colorScheme: "dark" });
  const isDark = (dark: boolean): Promise<void> =>
    eventually(`dark: ${dark}`, async () => {
      const colour = await page.evaluate("getComputedStyle(document.body).backgroundColor");
      return (colour === "rgb(19, 19, 18)") === dark;
    });
  await isDark(true);
  await page.getByLabel("Theme").selectOption("light");
  await isDark(false);
  await page.reload();
  await page.locator(".account").first().waitFor();
  await isDark(false);
  await page.getByLabel("Theme").selectOption("system");
  await isDark(true);
  await page.emulateMedia({ colorScheme: "light" });
  await isDark(false);
  await context.close();
});
