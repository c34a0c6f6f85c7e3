// Sign-ins that somebody waits for: two ways, the browser's page, and who learns of it.
import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { identity } from "../support/oauth-server.ts";
import { createWorld, eventually, settledNow } from "../support/world.ts";
import type { World, WorldOptions } from "../support/world.ts";

const me = identity("me@example.com");

async function begun(options: WorldOptions = {}, body: object = {}) {
  const world = await createWorld(options);
  const { status, body: login } = await world.post("/oauth/login", body);
  expect(status).toBe(200);
  return { world, login, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}
const callback = (world: World, url: string, headers: Record<string, string> = {}): Promise<Response> => {
  const { pathname, search } = new URL(url);
  return world.request(pathname + search, { headers: { "sec-fetch-site": "cross-site", ...headers } });
};
const wait = (world: World, state: string, seconds = 0) => world.post("/oauth/login/wait", { state, seconds });

describe("the browser comes back", () => {
  test("to this server, on loopback; whoever waits learns of it at once", async () => {
    await using setting = await begun();
    const { world, login } = setting;
    expect(new URL(login.browser.login_url).searchParams.get("redirect_uri")).toBe("http://localhost:9090/callback");
    expect(new URL(login.paste.login_url).searchParams.get("redirect_uri")).toStartWith("https://");
    expect(login.notice).toContain("unofficial");
    expect((await wait(world, login.browser.state)).body).toEqual({ status: "pending" });
    const waiting = wait(world, login.browser.state, 25);
    const page = await callback(world, world.oauth.authorize(login.browser.login_url, me).callbackUrl);
    const html = await page.text();
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(html).toContain("me@example.com");
    expect((await waiting).body).toMatchObject({ status: "success", account_email: "me@example.com", durable: true });
    // And who asks later, by either state.
    expect((await wait(world, login.paste.state)).body.status).toBe("success");
    expect((await world.message()).status).toBe(200);
    expect((await world.post("/oauth/login", {})).body.notice).toBe(null);
  });

  test("the page loads nothing, is kept by nobody, and takes code and state out of the address", async () => {
    await using setting = await begun();
    const { world, login } = setting;
    for (const url of [world.oauth.authorize(login.browser.login_url, me).callbackUrl, "http://x/callback?state=no"]) {
      const page = await callback(world, url);
      const html = await page.text();
      const policy = page.headers.get("content-security-policy") ?? "";
      expect([page.headers.get("cache-control"), page.headers.get("referrer-policy")]).toEqual([
        "no-store",
        "no-referrer",
      ]);
      expect(policy).toStartWith("default-src 'none'; ");
      for (const name of ["script", "style"]) {
        const inside = new RegExp(`<${name}>([^]*?)</${name}>`).exec(html)?.[1] ?? "";
        expect(policy).toContain(`${name}-src 'sha256-${createHash("sha256").update(inside).digest("base64")}'`);
      }
      expect(html).toContain("history.replaceState(");
      expect(html).not.toMatch(/https?:|src=|href=/);
    }
  });

  test("in the language of the browser", async () => {
    await using setting = await begun();
    const page = await callback(setting.world, "http://x/callback?code=c&state=s", { "accept-language": "zh-CN" });
    const html = await page.text();
    expect([page.status, html.includes('<html lang="zh-CN">')]).toEqual([400, true]);
    expect(html).toMatch(/[\u4e00-\u9fff]{4}/);
  });

  test("once: the state is spent, whatever code comes with it", async () => {
    await using setting = await begun();
    const { world, login } = setting;
    const { callbackUrl, state } = world.oauth.authorize(login.browser.login_url, me);
    expect((await callback(world, callbackUrl)).status).toBe(200);
    for (const url of [callbackUrl, `http://x/callback?code=other&state=${state}`])
      expect((await callback(world, url)).status).toBe(400);
    expect(world.oauth.exchanges).toBe(1);
  });

  test("HEAD asks for nothing to be done, and spends no state", async () => {
    await using setting = await begun();
    const { world, login } = setting;
    const { callbackUrl } = world.oauth.authorize(login.browser.login_url, me);
    const { pathname, search } = new URL(callbackUrl);
    const head = await world.request(pathname + search, { method: "HEAD" });
    expect([head.status, head.headers.get("allow"), world.oauth.exchanges]).toEqual([405, "GET", 0]);
    expect((await callback(world, callbackUrl)).status).toBe(200);
  });

  test("a state that is none, missing, doubled, or of a code that is pasted reaches no token endpoint", async () => {
    await using setting = await begun();
    const { world, login } = setting;
    const { code } = world.oauth.authorize(login.browser.login_url, me);
    const state = login.browser.state;
    for (const query of [
      `code=${code}`,
      `code=${code}&state=`,
      `code=${code}&state=nonsense`,
      `code=${code}&state=${state}&state=${state}`,
      `code=${code}&state=${login.paste.state}`,
    ])
      expect((await callback(world, `http://x/callback?${query}`)).status).toBe(400);
    expect(world.oauth.calls).toEqual([]);
    // Nothing was lost by that.
    expect((await callback(world, `http://x/callback?code=${code}&state=${state}`)).status).toBe(200);
  });

  test("a refusal in the browser ends it, and the terminal is told", async () => {
    await using setting = await begun();
    const { world, login } = setting;
    const page = await callback(world, `http://x/callback?error=access_denied&state=${login.browser.state}`);
    expect([page.status, (await page.text()).includes("refused in the browser")]).toEqual([400, true]);
    expect((await wait(world, login.browser.state)).body).toEqual({
      status: "failed",
      message: "The sign-in was refused in the browser.",
    });
  });

  test("a token endpoint that fails is said on the page and in the terminal", async () => {
    await using setting = await begun();
    const { world, login } = setting;
    world.oauth.failNext({ status: 500 });
    const page = await callback(world, world.oauth.authorize(login.browser.login_url, me).callbackUrl);
    expect(page.status).toBe(502);
    expect((await page.text()).includes("ccb login")).toBe(true);
    expect((await wait(world, login.browser.state)).body.status).toBe("failed");
    world.oauth.assertUsed();
  });

  test("a name from outside is text on the page", async () => {
    await using setting = await begun();
    const { world, login } = setting;
    const evil = identity(`"><script>alert(1)</script>@example.com`);
    const page = await callback(world, world.oauth.authorize(login.browser.login_url, evil).callbackUrl);
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(html).toContain("&lt;script&gt;alert(1)");
    expect(html).not.toContain("<script>alert");
  });

  test("neither code nor state gets into the log", async () => {
    await using setting = await begun();
    const { world, login } = setting;
    const { callbackUrl, code } = world.oauth.authorize(login.browser.login_url, me);
    await callback(world, `http://x/callback?code=${code}&state=${login.browser.state}x`);
    await callback(world, callbackUrl);
    await wait(world, login.browser.state);
    const text = JSON.stringify(world.lines) + world.announced.join("\n");
    for (const secret of [code, login.browser.state, login.paste.state]) expect(text).not.toContain(secret);
  });
});

describe("the first one wins", () => {
  test("a pasted code ends the wait for the browser", async () => {
    await using setting = await begun();
    const { world, login } = setting;
    const waiting = wait(world, login.browser.state, 25);
    const browser = world.oauth.authorize(login.browser.login_url, me).callbackUrl;
    const { pasted } = world.oauth.authorize(login.paste.login_url, me);
    expect((await world.post("/oauth/exchange-code", { code: pasted })).status).toBe(200);
    expect((await waiting).body).toMatchObject({ status: "success", account_email: "me@example.com" });
    expect((await callback(world, browser)).status).toBe(400);
    expect(world.oauth.exchanges).toBe(1);
  });

  test("a bare code belongs to the way that is pasted, the callback's address to the other", async () => {
    await using setting = await begun();
    const { world, login } = setting;
    const { code } = world.oauth.authorize(login.paste.login_url, me);
    expect((await world.post("/oauth/exchange-code", { code })).status).toBe(200);
    const { body: second } = await world.post("/oauth/login", {});
    const { callbackUrl } = world.oauth.authorize(second.browser.login_url, identity("other@example.com"));
    expect((await world.post("/oauth/exchange-code", { code: callbackUrl })).status).toBe(200);
    expect((await wait(world, second.browser.state)).body.account_email).toBe("other@example.com");
  });
});

describe("waiting", () => {
  test("is bounded, and ends when the login does", async () => {
    await using setting = await begun();
    const { world, login } = setting;
    const waiting = wait(world, login.browser.state, 25);
    expect(await settledNow(waiting)).toBe(false);
    await world.clock.advance(25_000);
    expect((await waiting).body).toEqual({ status: "pending" });
    await world.clock.advance(580_000);
    expect((await wait(world, login.browser.state)).status).toBe(400);
    expect((await wait(world, "nobody-knows-it")).status).toBe(400);
    expect((await world.post("/oauth/login/wait", { state: login.browser.state, seconds: 26 })).status).toBe(422);
  });

  test("does not end while the keyring is slow to keep the account", async () => {
    await using setting = await begun();
    const { world, login } = setting;
    const release = world.oauth.hold();
    const page = callback(world, world.oauth.authorize(login.browser.login_url, me).callbackUrl);
    await eventually("the exchange is under way", () => world.oauth.calls.length === 1);
    expect((await wait(world, login.browser.state)).body).toEqual({ status: "pending" });
    release();
    expect((await page).status).toBe(200);
  });
});

test("where the server names nobody, the terminal is asked, and nothing is lost", async () => {
  await using setting = await begun({ oauth: { omitIdentity: true } });
  const { world, login } = setting;
  const page = await callback(world, world.oauth.authorize(login.browser.login_url, me).callbackUrl);
  expect([page.status, (await page.text()).includes("terminal")]).toEqual([400, true]);
  const { state } = login.browser;
  expect((await wait(world, state)).body).toEqual({ status: "email_needed" });
  expect((await world.post("/oauth/login/name", { state, account_email: "nobody" })).status).toBe(422);
  const named = await world.post("/oauth/login/name", { state, account_email: "me@example.com" });
  expect(named.body).toMatchObject({ status: "success", account_email: "me@example.com" });
  expect((await wait(world, state)).body.status).toBe("success");
  expect((await world.post("/oauth/login/name", { state, account_email: "me@example.com" })).status).toBe(400);
  expect(world.oauth.exchanges).toBe(1);
});

test("an email that was given at the start names it", async () => {
  await using setting = await begun({ oauth: { omitIdentity: true } }, { account_email: "me@example.com" });
  const { world, login } = setting;
  expect((await callback(world, world.oauth.authorize(login.browser.login_url, me).callbackUrl)).status).toBe(200);
  expect((await wait(world, login.browser.state)).body.account_email).toBe("me@example.com");
});

test("where no browser can come back to ccb, the caller may listen in its place", async () => {
  await using setting = await begun({ callbackUrl: null });
  const { world, login } = setting;
  expect(login.browser).toBe(null);
  expect((await wait(world, login.paste.state)).body).toEqual({ status: "pending" });
  const { body } = await world.post("/oauth/login", { redirect_port: 51_234 });
  const { callbackUrl, pasted } = world.oauth.authorize(body.browser.login_url, me);
  expect(callbackUrl).toStartWith("http://localhost:51234/callback?");
  expect((await world.post("/oauth/exchange-code", { code: pasted })).status).toBe(200);
  for (const redirect_port of [0, 65_536, "80", "1@evil.example"])
    expect((await world.post("/oauth/login", { redirect_port })).status).toBe(422);
});
