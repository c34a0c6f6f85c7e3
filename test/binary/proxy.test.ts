// Outbound proxies: a provider's own is never bypassed; without one the environment decides, but this machine goes direct.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { identity, startOAuthServer } from "../support/oauth-server.ts";
import { json } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { SELF_SIGNED } from "./_certificate.ts";
import { envelopeOf, keyed, messagesRequest, signIn, startKeyed, startOAuth } from "./_ccb.ts";
import { startProxy } from "./_proxy.ts";
import type { ForwardProxy } from "./_proxy.ts";

let upstream: Upstream;
let proxy: ForwardProxy;
beforeEach(async () => {
  upstream = await startUpstream();
  upstream.handle(() => json(200, { served: true }));
  proxy = await startProxy();
});
afterEach(async () => {
  await proxy.stop();
  await upstream.stop();
});

/** What would send every request past a proxy, were it heard. */
const BYPASS = { NO_PROXY: "*", no_proxy: "127.0.0.1,localhost,*" };

describe("a provider's own proxy", () => {
  test("takes every request, whatever NO_PROXY says", async () => {
    await using ccb = await startKeyed("", { providers: [keyed(upstream.url, { proxy: proxy.url })], env: BYPASS });
    for (let index = 0; index < 3; index += 1) {
      expect(await (await ccb.request("/v1/messages", messagesRequest())).json()).toEqual({ served: true });
    }
    expect(proxy.asked[0]).toBe(`POST ${upstream.url}/v1/messages HTTP/1.1`);
    expect(upstream.requests.length).toBe(3);
    // Every connection that the upstream saw came from the proxy.
    expect(upstream.connections).toBe(proxy.asked.length);
  });

  test("wins over the environment's", async () => {
    await using other = await startProxy();
    await using ccb = await startKeyed("", {
      providers: [keyed(upstream.url, { proxy: proxy.url })],
      env: { HTTP_PROXY: other.url, HTTPS_PROXY: other.url, ALL_PROXY: other.url },
    });
    await (await ccb.request("/v1/messages", messagesRequest())).text();
    expect([proxy.asked.length, other.asked.length]).toEqual([1, 0]);
  });

  test("gets its name and password, and nobody else does", async () => {
    await using ccb = await startKeyed("", {
      providers: [
        keyed(upstream.url, { proxy: `http://me:${encodeURIComponent("p@ss word")}@127.0.0.1:${proxy.port}` }),
      ],
    });
    await (await ccb.request("/v1/messages", messagesRequest())).text();
    expect(proxy.credentials).toEqual([`Basic ${Buffer.from("me:p@ss word").toString("base64")}`]);
    expect(upstream.requests[0]?.header("proxy-authorization")).toBeUndefined();
  });

  test("is asked for a tunnel to https, whose certificate is checked inside", async () => {
    await using secret = await startUpstream({ tls: SELF_SIGNED });
    secret.handle(() => json(200, { served: true }));
    const provider = keyed(`https://localhost:${secret.port}`, { proxy: proxy.url });
    await using wary = await startKeyed("", { providers: [provider], env: BYPASS });
    expect((await wary.request("/v1/messages", messagesRequest())).status).toBe(503);
    expect([proxy.asked, secret.requests.length]).toEqual([[`CONNECT localhost:${secret.port} HTTP/1.1`], 0]);
    await Bun.write(`${wary.home}/ca.pem`, SELF_SIGNED.cert);
    await using trusting = await startKeyed("", {
      providers: [provider],
      settings: { ca_file: `${wary.home}/ca.pem` },
      env: BYPASS,
    });
    expect(await (await trusting.request("/v1/messages", messagesRequest())).json()).toEqual({ served: true });
  });

  for (const [what, status, expected] of [
    ["that hangs up", "", 502],
    ["that wants a password", "407 Proxy Authentication Required", 503],
    ["that refuses", "403 Forbidden", 503],
  ] as const) {
    test(`${what}, for https: ${expected}, and the request never goes direct`, async () => {
      await using secret = await startUpstream({ tls: SELF_SIGNED });
      secret.handle(() => json(200, { served: true }));
      proxy.fail(status);
      await using ccb = await startKeyed("", {
        providers: [keyed(`https://localhost:${secret.port}`, { proxy: proxy.url })],
        env: BYPASS,
      });
      expect(await envelopeOf(await ccb.request("/v1/messages", messagesRequest()))).toMatchObject({
        status: expected,
        type: "api_error",
      });
      expect([proxy.asked.length, secret.connections]).toEqual([1, 0]);
    });
  }

  test("that is not there: 503, and the request never goes direct", async () => {
    await proxy.stop();
    await using ccb = await startKeyed("", { providers: [keyed(upstream.url, { proxy: proxy.url })], env: BYPASS });
    const error = await envelopeOf(await ccb.request("/v1/messages", messagesRequest()));
    expect(error).toMatchObject({ status: 503, type: "api_error" });
    expect(error.message).toContain("its proxy");
    expect(upstream.connections).toBe(0);
    proxy = await startProxy();
  });
});

describe("without one", () => {
  test("this machine goes direct, whatever the environment says", async () => {
    await using ccb = await startKeyed(upstream.url, {
      env: { HTTP_PROXY: proxy.url, http_proxy: proxy.url, ALL_PROXY: proxy.url },
    });
    await (await ccb.request("/v1/messages", messagesRequest())).text();
    expect([proxy.asked.length, upstream.requests.length]).toEqual([0, 1]);
  });

  for (const [what, env] of [
    ["HTTPS_PROXY", (url: string) => ({ HTTPS_PROXY: url })],
    ["https_proxy", (url: string) => ({ https_proxy: url })],
    ["ALL_PROXY", (url: string) => ({ ALL_PROXY: url })],
    ["a NO_PROXY that names others", (url: string) => ({ HTTPS_PROXY: url, NO_PROXY: "other.example, .else.example" })],
  ] as const) {
    test(`${what} is followed`, async () => {
      await using ccb = await startKeyed("", { providers: [keyed("https://upstream.invalid")], env: env(proxy.url) });
      proxy.fail("403 Forbidden");
      expect((await ccb.request("/v1/messages", messagesRequest())).status).toBe(503);
      expect(proxy.asked).toEqual(["CONNECT upstream.invalid:443 HTTP/1.1"]);
    });
  }

  for (const NO_PROXY of ["*", "upstream.invalid", ".invalid", "other.example,UPSTREAM.invalid:443"]) {
    test(`NO_PROXY=${NO_PROXY} is followed`, async () => {
      await using ccb = await startKeyed("", {
        providers: [keyed("https://upstream.invalid")],
        env: { HTTPS_PROXY: proxy.url, NO_PROXY },
      });
      expect((await ccb.request("/v1/messages", messagesRequest())).status).toBe(503);
      expect(proxy.asked).toEqual([]);
    });
  }

  test("a proxy that fetch cannot use fails, and the request never goes direct", async () => {
    await using ccb = await startKeyed("", {
      providers: [keyed("https://upstream.invalid")],
      env: { HTTPS_PROXY: `socks5://127.0.0.1:${proxy.port}` },
    });
    expect(await envelopeOf(await ccb.request("/v1/messages", messagesRequest()))).toMatchObject({ status: 503 });
    expect(proxy.asked).toEqual([]);
  });
});

test("signing in takes the provider's proxy, settings.oauth.proxy before it", async () => {
  await using oauth = await startOAuthServer();
  const anna = identity("anna@example.com");
  const provider = { ...keyed(upstream.url), auth_type: "auth_token", auth_value: "oauth", proxy: proxy.url };
  for (const settings of [{}, { oauth: { proxy: proxy.url } }]) {
    const before = proxy.asked.length;
    await using other = await startProxy();
    await using ccb = await startOAuth(upstream.url, oauth, {
      settings: { ...settings },
      env: BYPASS,
      providers: [{ ...provider, proxy: "oauth" in settings ? other.url : proxy.url }],
    });
    await signIn(ccb, oauth, anna);
    expect([proxy.asked.length - before, other.asked.length]).toEqual([1, 0]);
    expect(proxy.asked.at(-1)).toBe(`POST ${oauth.tokenUrl} HTTP/1.1`);
  }
});
