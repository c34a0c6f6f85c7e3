// Loopback, token origins, outbound proxies, nearest keys, and what `ccb check` shows.
import { describe, expect, test } from "bun:test";

import { nearest } from "../../src/config/nearest.ts";
import { isLoopbackHost, mayReceiveTokens } from "../../src/config/origins.ts";
import { outboundProxy } from "../../src/config/outbound.ts";
import { showConfig } from "../../src/config/show.ts";
import { Secret } from "../../src/core/secret.ts";
import { accept, PROVIDER } from "./_parse.ts";

test.each([
  ["localhost", true],
  ["LOCALHOST", true],
  ["a.localhost", true],
  ["127.0.0.1", true],
  ["127.255.0.9", true],
  ["::1", true],
  ["[::1]", true],
  ["[0:0:0:0:0:0:0:1]", true],
  ["0.0.0.0", false],
  ["::", false],
  ["128.0.0.1", false],
  ["127.0.0.1.example.com", false],
  ["localhost.example.com", false],
  ["notlocalhost", false],
  ["::ffff:8.8.8.8", false],
  ["[::1]x", false],
  ["", false],
])("isLoopbackHost(%p) is %p", (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected);
});

test.each([
  ["https://api.anthropic.com/v1", true],
  ["https://api.anthropic.com:443/", true],
  ["https://api.anthropic.com.evil.example/", false],
  ["https://api.anthropic.com@evil.example/", false],
  ["http://api.anthropic.com/", false],
  ["http://[::1]:1/", true],
  ["https://relay.example/", true],
  ["https://relay.example:8443/", false],
])("mayReceiveTokens(%p) is %p", (url, expected) => {
  expect(mayReceiveTokens(new URL(url), "https://api.anthropic.com", ["https://relay.example"])).toBe(expected);
});

describe("outboundProxy", () => {
  const P = "http://proxy.example:3128";
  const through = (url: string, environment: Parameters<typeof outboundProxy>[2], explicit: Secret | null = null) =>
    outboundProxy(url, explicit, environment)?.reveal() ?? null;

  test("an explicit proxy is never bypassed", () => {
    const explicit = new Secret("http://mine:1");
    expect(through("https://api.anthropic.com/", { https_proxy: P, no_proxy: "*" }, explicit)).toBe("http://mine:1");
    expect(through("http://localhost/", {}, explicit)).toBe("http://mine:1");
  });

  test("the scheme's own variable, then ALL_PROXY; empty ones count as unset", () => {
    expect(
      through("https://a.example/", {
        https_proxy: P,
        http_proxy: "http://other",
        all_proxy: "http://all",
      }),
    ).toBe(P);
    expect(through("http://a.example/", { https_proxy: P, http_proxy: "", all_proxy: "http://all" })).toBe(
      "http://all",
    );
    expect(through("https://a.example/", {})).toBeNull();
    expect(through("https://a.example/", { http_proxy: P })).toBeNull();
    expect(through("https://a.example/", { all_proxy: "127.0.0.1:7890" })).toBe("http://127.0.0.1:7890");
    expect(through("https://a.example/", { all_proxy: "socks5://127.0.0.1:1080" })).toBe("socks5://127.0.0.1:1080");
  });

  test("loopback is always direct", () => {
    for (const host of ["localhost:1", "127.0.0.1", "[::1]:8080"])
      expect(through(`http://${host}/`, { http_proxy: P })).toBeNull();
  });

  test.each([
    ["*", true],
    ["api.anthropic.com", true],
    ["anthropic.com", true],
    [".anthropic.com", true],
    ["ANTHROPIC.COM.", true],
    ["x.example, anthropic.com", true],
    ["x.example anthropic.com", true],
    ["api.anthropic.com:443", true],
    ["anthropic.com:8443", false],
    ["thropic.com", false],
    ["claude.api.anthropic.com", false],
    [".", false],
    ["", false],
    [",", false],
  ])("NO_PROXY=%p exempts: %p", (no_proxy, exempt) => {
    expect(through("https://api.anthropic.com/v1/messages", { https_proxy: P, no_proxy })).toBe(exempt ? null : P);
  });

  test("NO_PROXY with IPv6", () => {
    expect(through("http://[fd00::1]:80/", { http_proxy: P, no_proxy: "[fd00::1]:80" })).toBeNull();
    expect(through("http://[fd00::1]/", { http_proxy: P, no_proxy: "fd00::1" })).toBeNull();
  });
});

test.each([
  ["nmae", "name"],
  ["baseUrl", "base_url"],
  ["BASE-URL", "base_url"],
  ["base_ulr", "base_url"],
  ["zzz", null],
  ["", null],
  ["x".repeat(10_000), null],
])("nearest(%p) is %p", (key, expected) => {
  expect(nearest(key, ["name", "base_url", "proxy", "priority"])).toBe(expected);
});

test("ccb check shows all that is in force, and no secret", () => {
  const text = `providers:
  - {name: A, base_url: https://api.anthropic.com, auth_type: api_key, auth_value: sk-ant-api03-hidden, proxy: "http://me:hidden@127.0.0.1:8080"}
${PROVIDER.replace("name: A", "name: B, accounts: [me@example.com]")}settings:
  oauth: {proxy: "http://127.0.0.1:8081"}
`;
  const shown = showConfig(accept(text));
  expect(shown).not.toContain("hidden");
  expect(shown).toContain('auth_value: "***"');
  expect(shown).toContain("proxy: http://***@127.0.0.1:8080");
  expect(shown).toContain("proxy: http://127.0.0.1:8081");
  expect(shown).toContain("me@example.com");
  expect(shown).toContain("first_byte_stream: 180");
  // What is shown is itself a configuration.
  expect(accept(shown.replaceAll("***@", "").replaceAll("***", "k-1234567890123456")).settings.oauth.scopes).toBe(
    "user:profile user:inference",
  );
});
