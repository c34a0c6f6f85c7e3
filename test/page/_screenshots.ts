// Draws the screenshots of the documentation: bun test/page/_screenshots.ts [folder]
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openPage, startBrowser } from "./_browser.ts";
import { createSample } from "./_sample.ts";
import { toSmallPng } from "./_small-png.ts";
import type { Page } from "playwright-core";

const folder = process.argv[2] ?? join(import.meta.dir, "..", "..", "docs", "screenshots");
const SIZES = [
  [360, 1600],
  [1280, 1200],
  [2560, 1300],
] as const;

/** The browser unpacks its own picture. */
async function pixelsOf(page: Page, png: Buffer): Promise<{ rgba: Uint8Array; width: number; height: number }> {
  const script = `(async () => {
    const picture = await createImageBitmap(await (await fetch("data:image/png;base64,${png.toString("base64")}")).blob());
    const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    canvas.drawImage(picture, 0, 0);
    const { data, width, height } = canvas.getImageData(0, 0, picture.width, picture.height);
    return { base64: new Uint8Array(data.buffer).toBase64(), width, height };
  })()`;
  const found: { base64: string; width: number; height: number } = await page.evaluate(script);
  return { ...found, rgba: Buffer.from(found.base64, "base64") };
}

mkdirSync(folder, { recursive: true });
await using sample = await createSample();
const browser = await startBrowser();
const blank = await browser.newPage();
for (const colorScheme of ["light", "dark"] as const) {
  for (const [width, height] of SIZES) {
    const { context, page, complaints } = await openPage(browser, "about:blank", {
      viewport: { width, height },
      colorScheme,
      reducedMotion: "reduce",
    });
    await page.clock.install({ time: sample.now() });
    await page.goto(sample.url);
    await page.locator(".plot canvas").first().waitFor();
    await page.locator(".request").first().waitFor();
    await page.locator(".request .tries").first().click();
    await page.locator(".trace").waitFor();
    await page.evaluate("scrollTo(0, 0)");
    await page.waitForTimeout(300);
    const { rgba, ...size } = await pixelsOf(blank, await page.screenshot());
    writeFileSync(join(folder, `${colorScheme}-${width}.png`), toSmallPng(rgba, size.width, size.height));
    for (const complaint of complaints) console.error(`${colorScheme} ${width}: ${complaint}`);
    await context.close();
  }
}
await browser.close();
