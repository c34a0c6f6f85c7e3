// What a right file becomes.
import { describe, expect, test } from "bun:test";

import { parseConfig } from "../../src/config/parse.ts";
import { accept, provider, PROVIDER, settings } from "./_parse.ts";

describe("what a right file becomes", () => {
  test("defaults", () => {
    const { settings: s, providers, file } = accept(`providers:\n${PROVIDER}`);
    expect(file).toBe("/home/me/.config/ccb/providers.yaml");
    expect(s).toMatchObject({
      host: "127.0.0.1",
      port: 9090,
      log_level: "INFO",
      language: "auto",
      max_body_mb: 32,
      shutdown_grace_seconds: 30,
      ca_file: null,
    });
    expect(s.timeouts).toEqual({ first_byte: 600, first_byte_stream: 180, idle: 600, upload: 60 });
    expect(s.balancing).toEqual({
      strategy: "session",
      session_ttl_seconds: 3600,
      max_attempts: 4,
      failover_budget_seconds: 90,
      unhealthy_threshold: 2,
      failure_cooldown_seconds: 30,
      when_exhausted: "fail",
    });
    expect(s.oauth).toEqual({
      enable_auto_refresh: true,
      enable_persistence: true,
      store: "keyring",
      service_name: "claude-code-balancer",
      client_id: "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
      authorize_url: "https://claude.ai/oauth/authorize",
      token_url: "https://platform.claude.com/v1/oauth/token",
      redirect_uri: "https://platform.claude.com/oauth/code/callback",
      scopes: "user:profile user:inference",
      proxy: null,
      allowed_origins: [],
    });
    expect(providers[0]).toEqual({
      name: "A",
      type: "anthropic",
      auth_type: "auth_token",
      enabled: true,
      priority: 1,
      weight: 1,
      extra_usage: "last",
      base_url: "https://api.anthropic.com",
      origin: "https://api.anthropic.com",
      credential: { kind: "oauth" },
      proxy: null,
      accounts: null,
      claudeTokensAllowed: true,
    });
  });

  test("a path prefix is kept, trailing slashes are not", () => {
    const config = accept(provider("name: 官方, base_url: HTTPS://Relay.example:443/a//, auth_value: passthrough"));
    expect(config.providers[0]).toMatchObject({
      base_url: "https://relay.example/a",
      origin: "https://relay.example",
      claudeTokensAllowed: false,
    });
  });

  test.each([
    ["this machine", "http://localhost:8080", "", true],
    ["an allowed origin", "https://relay.example/x", "https://relay.example/", true],
    ["another host", "https://relay.example", "https://other.example", false],
  ])("access tokens: %s", (_what, url, allowed, expected) => {
    const list = allowed === "" ? "[]" : `["${allowed}"]`;
    const config = accept(
      `providers: [{name: A, base_url: "${url}", auth_value: passthrough}]\nsettings: {oauth: {allowed_origins: ${list}}}\n`,
    );
    expect(config.providers[0]?.claudeTokensAllowed).toBe(expected);
  });

  test("an allowed origin may have the tokens too", () => {
    const text =
      "providers: [{name: A, base_url: https://a.example/x, auth_value: oauth}]\nsettings: {oauth: {token_url: https://a.example/t, redirect_uri: http://localhost/callback, allowed_origins: [https://A.example:443]}}\n";
    expect(accept(text).settings.oauth.allowed_origins).toEqual(["https://a.example"]);
  });

  test.each(["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "0:0:0:0:0:0:0:1"])("host %s", (host) => {
    expect(accept(settings(`  host: "${host}"`)).settings.host).toBe(host.replace(/[[\]]/g, ""));
  });

  test("sections with everything commented out are empty ones", () => {
    expect(accept(settings("  oauth:\n  timeouts:\n    # idle: 1")).settings.timeouts.idle).toBe(600);
    expect(accept(settings("  balancing:\n    # strategy: drain")).settings.balancing.max_attempts).toBe(4);
    expect(accept(settings("  balancing: {strategy: drain}")).settings.balancing).toMatchObject({
      strategy: "drain",
      unhealthy_threshold: 2,
    });
    expect(accept(`providers:\n${PROVIDER}settings:\n`).settings.port).toBe(9090);
  });

  test("0 means none, and any free port", () => {
    expect(accept(settings("  port: 0\n  timeouts: {idle: 0}")).settings).toMatchObject({
      port: 0,
      timeouts: { idle: 0 },
    });
  });

  test("a byte order mark and Windows line ends are no matter", () => {
    expect(accept(`\uFEFF${settings("  port: 1").replaceAll("\n", "\r\n")}`).settings.port).toBe(1);
  });

  test("ca_file is taken from the file's folder, and has to hold certificates", () => {
    const text = settings("  ca_file: ca.pem");
    expect(accept(text).settings.ca_file).toBe("/home/me/.config/ccb/ca.pem");
    const seen: string[] = [];
    const result = parseConfig(text, {
      file: "/etc/ccb/providers.yaml",
      env: {},
      holdsCertificates: (path) => (seen.push(path), false),
    });
    expect(seen).toEqual(["/etc/ccb/ca.pem"]);
    expect(result.ok).toBe(false);
  });
});
