// From nothing to a working client, as the README tells it: the message with the line, `ccb login`, a browser, and it works.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { messagesRequest } from "../binary/_ccb.ts";
import { BROWSER_ADDRESS, startTyping } from "../cli/_login.ts";
import { makeHome } from "../support/binary.ts";
import { identity } from "../support/oauth-server.ts";
import { startBrowser } from "./_browser.ts";
import { agreeAs, served } from "./_served.ts";

const ME = identity("me@example.com");

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

test("ccb login and a browser: signed in, and the address bar keeps nothing of it", async () => {
  await using world = await served();
  const { ccb, oauth } = world;
  const before = await ccb.request("/v1/messages", messagesRequest());
  expect([before.status, await before.text()]).toEqual([401, expect.stringContaining("ccb login")]);

  const home = makeHome();
  await using login = startTyping(["login", "--no-browser", "--port", String(ccb.port)], home);
  const address = await login.seen(BROWSER_ADDRESS);
  const context = await browser.newContext({ locale: "en-US" });
  await agreeAs(context, oauth, ME);
  const page = await context.newPage();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(address);
  await page.getByText("Signed in to ccb").waitFor();
  await page.waitForURL(`http://localhost:${ccb.port}/callback`);
  expect(await page.evaluate("location.search + location.hash + history.length")).not.toMatch(/code|state/);
  expect([await login.exited, login.stdout]).toEqual([0, expect.stringContaining("me@example.com")]);
  // It was there once, with the code, and nothing else was loaded.
  expect(asked.filter((path) => path === "/callback")).toHaveLength(1);

  expect((await ccb.request("/v1/messages", messagesRequest())).status).toBe(200);
  // The same address again, from the history say: spent.
  await page.goto(address);
  await page.getByText("ccb waits for no such sign-in").waitFor();
  await page.waitForURL(`http://localhost:${ccb.port}/callback`);
  await context.close();
  rmSync(home, { recursive: true, force: true });
});
