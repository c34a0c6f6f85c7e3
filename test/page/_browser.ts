// A headless Chromium for the tests of the page, and what all of them hold the page to.
import { chromium } from "playwright-core";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];

/** Starts the machine's own browser: nothing is downloaded. */
export async function startBrowser(): Promise<Browser> {
  const program = PROGRAMS.map((name) => Bun.which(name)).find((path) => path !== null);
  if (program === undefined || program === null) throw new Error(`none of ${PROGRAMS.join(", ")} is on the PATH`);
  // Root has no namespaces of its own to lock a browser into, and a container little shared memory.
  const args = process.getuid?.() === 0 ? ["--no-sandbox", "--disable-dev-shm-usage"] : ["--disable-dev-shm-usage"];
  return await chromium.launch({ executablePath: program, args });
}

export interface Opened {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the page complained of: errors on its console, exceptions, addresses of another origin. */
  readonly complaints: readonly string[];
}

/** What a browser says on its own of an answer that is an error, or of none: the page says it better. */
const EXPECTED = /Failed to load resource/;

/** Opens the page in a profile of its own. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !EXPECTED.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(page.url()).origin && page.url() !== "about:blank")
      complaints.push(`asked ${request.url()}`);
  });
  await page.goto(url);
  return { context, page, complaints };
}

/** Pixels that the page is wider than its window. */
export async function overflow(page: Page): Promise<number> {
  return Number(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
}
