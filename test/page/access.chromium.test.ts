// The page where keys are asked for, where tokens are in memory only, and where ccb goes away and comes back.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { messagesRequest } from "../binary/_ccb.ts";
import { identity } from "../support/oauth-server.ts";
import { openPage, startBrowser } from "./_browser.ts";
import { served } from "./_served.ts";

const ADMIN = "the-admin-key-of-the-test-0123456789";
const CLIENT = "the-client-key-of-the-test-012345678";
const auth = {
  enabled: true,
  admin: "key",
  api_keys: [
    { name: "boss", key: ADMIN, role: "admin" },
    { name: "work", key: CLIENT },
  ],
};

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

describe("keys", () => {
  test("the page asks for one, says when it is wrong, and keeps it for the tab alone", async () => {
    await using world = await served({ auth });
    const { context, page, complaints } = await openPage(browser, world.url);
    const sent: string[] = [];
    page.on("request", (request) => void sent.push(request.url()));
    const field = page.getByLabel("Key", { exact: true });
    const enter = page.getByRole("button", { name: "Continue" });
    expect(await enter.isDisabled()).toBe(true);
    // A link sends no key.
    const reference = page.getByRole("link", { name: "API reference" });
    expect(await reference.count()).toBe(0);
    await field.fill("no-key-of-this-ccb");
    await enter.click();
    await page.getByText("ccb does not know this key").waitFor();
    await field.fill(CLIENT);
    await enter.click();
    await page.getByText("needs one with role: admin").waitFor();
    expect(await page.locator(".card.provider").count()).toBe(0);
    await field.fill(ADMIN);
    await enter.click();
    await page.getByText("Nobody is signed in yet").waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    expect(await reference.count()).toBe(0);

    await page.reload();
    await page.getByText("Nobody is signed in yet").waitFor();
    expect(sent.filter((url) => url.includes(ADMIN))).toEqual([]);
    expect(await page.evaluate("JSON.stringify(localStorage) + document.cookie")).not.toContain(ADMIN);
    const other = await context.newPage();
    await other.goto(world.url);
    await other.getByLabel("Key", { exact: true }).waitFor();

    await page.getByRole("button", { name: "Forget the key" }).click();
    await field.waitFor();
    expect(await page.locator(".card.provider").count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("a key that is no longer one leaves nothing on the page", async () => {
    await using world = await served({ auth });
    await using other = await served({ auth: { ...auth, api_keys: [{ ...auth.api_keys[0], key: `${ADMIN}-new` }] } });
    const { context, page } = await openPage(browser, world.url);
    await page.getByLabel("Key", { exact: true }).fill(ADMIN);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.locator(".card.provider").waitFor();
    // What it asks is answered by one that has other keys.
    await context.route(`${world.url}**`, async (route) => {
      const { pathname, search } = new URL(route.request().url());
      const reply = await other.ccb.request(pathname + search, { headers: await route.request().allHeaders() });
      await route.fulfill({ status: reply.status, body: await reply.text() });
    });
    await page.getByText("ccb does not know this key").waitFor();
    expect(await page.locator(".card.provider").count()).toBe(0);
    await context.close();
  });
});

test("tokens in memory only: the page says so, and what to do", async () => {
  await using world = await served();
  const { context, page } = await openPage(browser, world.url);
  await page.locator(".banner").getByText("enable_persistence").waitFor();
  await context.close();
});

test("ccb goes away: the page says so, shows what it knew, and comes back by itself", async () => {
  await using world = await served();
  await world.signIn(identity("me@example.com"));
  const { context, page, complaints } = await openPage(browser, world.url);
  const card = page.getByRole("listitem", { name: "me@example.com", exact: true });
  await card.waitFor();
  await world.ccb.stop();
  await page.getByRole("alert").getByText("ccb does not answer.").waitFor();
  await page.getByText("Not live").waitFor();
  expect(await card.isVisible()).toBe(true);
  expect(await page.locator(".banner.bad").innerText()).toContain(`Nothing answers at ${world.url.slice(0, -1)}`);
  await world.again();
  await page.getByText("ccb answers again.").waitFor({ timeout: 20_000 });
  // It has forgotten: its tokens were in memory.
  await page.getByText("Nobody is signed in yet").waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  expect(await page.locator(".banner.bad").count()).toBe(0);
  expect(complaints).toEqual([]);
  await context.close();
});

test("a tab that nobody looks at holds no connection, and catches up when somebody does", async () => {
  await using world = await served();
  await world.signIn(identity("me@example.com"));
  const { context, page } = await openPage(browser, world.url);
  const turn = (state: string): Promise<unknown> =>
    page.evaluate(
      `Object.defineProperty(document, "visibilityState", { configurable: true, value: "${state}" }); document.dispatchEvent(new Event("visibilitychange"))`,
    );
  await page.getByText("Live", { exact: true }).waitFor();
  await turn("hidden");
  await page.getByText("Not live").waitFor();
  await world.ccb.request("/v1/messages", messagesRequest());
  expect(await page.locator(".request").count()).toBe(0);
  await turn("visible");
  await page.locator(".request").waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  await context.close();
});

test("a page of another version says that it has to be loaded again", async () => {
  await using world = await served();
  const { context, page } = await openPage(browser, "about:blank");
  await context.route("**/providers", (route) => route.fulfill({ json: { providers: [{ name: "from tomorrow" }] } }));
  await page.goto(world.url);
  await page.getByText("This page is older or newer than the ccb that answers").waitFor();
  await page.getByRole("button", { name: "Load the page again" }).waitFor();
  await context.close();
});
