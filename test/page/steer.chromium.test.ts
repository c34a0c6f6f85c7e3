// The page as a person uses it, in a real browser against the compiled program: from signing in to removing, requests as
// they happen, switching, reloading.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { messagesRequest } from "../binary/_ccb.ts";
import { identity } from "../support/oauth-server.ts";
import { error, json } from "../support/replies.ts";
import { openPage, startBrowser } from "./_browser.ts";
import { agreeAs, served } from "./_served.ts";

const ME = identity("me@example.com");
const WORK = identity("work@example.com");

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

describe("an account", () => {
  test("signs in with a button, is paused, resumed, refreshed and removed", async () => {
    await using world = await served();
    const { context, page, complaints } = await openPage(browser, world.url);
    await agreeAs(context, world.oauth, ME);
    await page.getByText("Nobody is signed in yet").waitFor();

    await page.getByRole("button", { name: "Sign in" }).click();
    const dialog = page.getByRole("dialog", { name: "Sign in with Claude" });
    await dialog.getByText("Anthropic's terms").waitFor();
    const popup = page.waitForEvent("popup");
    await dialog.getByRole("link", { name: "Open the sign-in page" }).click();
    await (await popup).getByRole("heading").waitFor();
    await page.getByText("Signed in: me@example.com").waitFor();
    await dialog.waitFor({ state: "detached" });
    const card = page.getByRole("listitem", { name: "me@example.com", exact: true });
    await card.getByText("Ready").waitFor();

    await card.getByRole("button", { name: "Pause: me@example.com" }).click();
    await page.getByText("me@example.com is paused.").waitFor();
    await page.locator(".account[data-state=paused]").waitFor();
    expect((await world.ccb.request("/v1/messages", messagesRequest())).status).toBe(503);
    await card.getByRole("button", { name: "Resume: me@example.com" }).click();
    await page.locator(".account[data-state=ready]").waitFor();

    await card.getByRole("button", { name: "Refresh: me@example.com" }).click();
    await page.getByText("The token of me@example.com was renewed.").waitFor();
    expect(world.oauth.refreshes).toBe(1);

    const remove = card.getByRole("button", { name: "Remove: me@example.com" });
    await remove.click();
    const confirm = page.getByRole("dialog", { name: "Remove me@example.com?" });
    await confirm.getByRole("button", { name: "Cancel" }).click();
    await confirm.waitFor({ state: "detached" });
    expect(await card.isVisible()).toBe(true);
    await remove.click();
    await confirm.getByRole("button", { name: "Remove" }).click();
    await page.getByText("me@example.com was removed.").waitFor();
    await page.getByText("Nobody is signed in yet").waitFor();
    expect(world.oauth.accessTokens.size).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("signs in with a pasted code, a bad one before", async () => {
    await using world = await served();
    const { context, page, complaints } = await openPage(browser, world.url);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Paste the code instead").click();
    const address = await page.getByRole("link", { name: "Sign-in page that shows a code" }).getAttribute("href");
    await page.getByRole("textbox", { name: "Code" }).fill("no code at all");
    await page.getByRole("button", { name: "Finish" }).click();
    await page.getByRole("dialog").getByRole("alert").getByText("does not look like an authorization code").waitFor();
    // Without its state, too, it belongs to this sign-in.
    await page.getByRole("textbox", { name: "Code" }).fill(world.oauth.authorize(address ?? "", WORK).code);
    await page.getByRole("button", { name: "Finish" }).click();
    await page.getByText("Signed in: work@example.com").waitFor();
    await page.getByRole("listitem", { name: "work@example.com", exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("of which the server says nothing is asked for its email", async () => {
    await using world = await served();
    world.oauth.options.omitIdentity = true;
    const { context, page } = await openPage(browser, world.url);
    await agreeAs(context, world.oauth, ME);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("link", { name: "Open the sign-in page" }).click();
    await page.getByLabel("Email of the account").fill("me@example.com");
    await page.getByRole("button", { name: "Finish" }).click();
    await page.getByRole("listitem", { name: "me@example.com", exact: true }).waitFor();
    await context.close();
  });

  test("with the keyboard alone: the dialog takes the focus, Escape gives it back", async () => {
    await using world = await served();
    const { context, page } = await openPage(browser, world.url);
    const button = page.getByRole("button", { name: "Sign in" });
    await button.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("link").first().waitFor();
    expect(await page.evaluate("document.activeElement.closest('dialog') !== null")).toBe(true);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Sign in");
    await context.close();
  });
});

describe("requests", () => {
  test("appear as they happen, and tell why they went where they went", async () => {
    await using world = await served();
    await world.signIn(ME);
    await world.signIn(WORK);
    const { context, page, complaints } = await openPage(browser, world.url);
    await page.getByText("No request yet").waitFor();
    await page.getByText("Live", { exact: true }).waitFor();

    const release = Promise.withResolvers<void>();
    world.upstream.script(async () => {
      await release.promise;
      return json(200, { type: "message", model: "claude-opus-5", usage: { input_tokens: 1200, output_tokens: 340 } });
    });
    const first = world.ccb.request("/v1/messages", messagesRequest());
    await page.locator(".request").getByText("Under way").waitFor();
    release.resolve();
    expect((await first).status).toBe(200);
    const row = page.locator(".request").first();
    await row.getByText("200", { exact: true }).waitFor();
    await row.getByText("1.2K in, 340 out").waitFor();

    world.upstream.script(error(429, "rate_limit_error", "Limited", { "retry-after": "3000" }));
    expect((await world.ccb.request("/v1/messages", messagesRequest())).status).toBe(200);
    const second = page.locator(".request").first();
    await second.getByText("2 tries").waitFor();
    const button = second.getByRole("button");
    expect(await button.getAttribute("aria-expanded")).toBe("false");
    await button.click();
    const trace = second.locator(".trace");
    expect(await trace.innerText()).toContain("answered, after what was better placed had failed or could not serve");
    expect(await trace.getByRole("listitem").filter({ hasText: "at its limit, next one" }).count()).toBe(1);
    // The account that was limited shows it without being asked.
    await page.locator(".account[data-state=cooldown]").getByText("in 50 min").first().waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("what came before the page was opened is there, too", async () => {
    await using world = await served();
    await world.signIn(ME);
    for (let count = 0; count < 3; count += 1) await world.ccb.request("/v1/messages", messagesRequest());
    const { context, page } = await openPage(browser, world.url);
    await page.locator(".request").nth(2).waitFor();
    expect(await page.locator(".request").count()).toBe(3);
    await context.close();
  });

  test("usage: figures, charts and the same as text", async () => {
    await using world = await served();
    await world.signIn(ME);
    for (let count = 0; count < 3; count += 1) await world.ccb.request("/v1/messages", messagesRequest());
    const { context, page, complaints } = await openPage(browser, world.url);
    await page.locator(".plot canvas").nth(2).waitFor();
    await page.getByText("24 h").click();
    await page.getByText("Model", { exact: true }).first().click();
    await page.locator(".legend-name").getByText("claude-opus-5").first().waitFor();
    await page.getByText("As a table").click();
    const line = page.getByRole("row").filter({ hasText: "claude-opus-5" });
    // 25 + 7 + 11 input, 15 output, three times.
    expect(await line.getByRole("cell").allInnerTexts()).toContain("174");
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe("providers", () => {
  test("are switched off and on", async () => {
    await using world = await served();
    await world.signIn(ME);
    const { context, page } = await openPage(browser, world.url);
    await page.getByRole("button", { name: "Disable: Claude Code Official" }).click();
    await page.getByText("Claude Code Official is disabled.").waitFor();
    expect((await world.ccb.request("/v1/messages", messagesRequest())).status).toBe(503);
    await page.getByRole("button", { name: "Enable: Claude Code Official" }).click();
    await page.getByText("Claude Code Official is enabled.").waitFor();
    expect((await world.ccb.request("/v1/messages", messagesRequest())).status).toBe(200);
    await context.close();
  });

  test("a reload says what came of it, a mistake with its line and column", async () => {
    await using world = await served();
    const { context, page } = await openPage(browser, world.url);
    const reload = page.getByRole("button", { name: "Reload configuration" });
    await reload.click();
    await page.getByText("Configuration loaded: 1 provider.").waitFor();
    const file = world.ccb.configFile;
    writeFileSync(file, readFileSync(file, "utf8").replace("settings:", "settings:\n  prot: 1"));
    await reload.click();
    const notice = page.getByRole("alert").filter({ hasText: "The configuration was not loaded" });
    await notice.waitFor();
    expect(await notice.innerText()).toMatch(/providers\.yaml:\d+:\d+: .*did you mean "port"/);
    await context.close();
  });
});
