// What an upstream is sent: which headers end at ccb, how a credential signs, where the address comes from.
import { describe, expect, test } from "bun:test";
import { Secret } from "../../src/core/secret.ts";
import { USER_AGENT } from "../../src/core/version.ts";
import { carriesClaudeToken, toUpstreamHeaders, toUpstreamUrl, withOAuthBeta } from "../../src/provider/prepare.ts";
import type { Signature } from "../../src/provider/prepare.ts";
import { accept } from "../config/_parse.ts";

const CLIENT: Signature = { kind: "client" };
const OAUTH: Signature = { kind: "oauth", token: new Secret("sk-ant-oat01-own") };
const sent = (headers: Record<string, string>, signature: Signature = CLIENT): Record<string, string> =>
  Object.fromEntries(toUpstreamHeaders(new Headers(headers), signature));

describe("headers that end at ccb", () => {
  for (const name of [
    "Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Host",
    "Content-Length",
    "Expect",
    "X-CCB-Key",
  ]) {
    test(name, () => expect(sent({ [name]: "x", "User-Agent": "me" })).toEqual({ "user-agent": "me" }));
  }

  test("those that Connection names, whatever their case", () =>
    expect(
      sent({ Connection: "close, X-Mine ,X-TWO", "X-Mine": "1", "X-Two": "2", "X-Three": "3", "User-Agent": "me" }),
    ).toEqual({
      "x-three": "3",
      "user-agent": "me",
    }));

  test("an empty Connection names nothing", () =>
    expect(sent({ Connection: "", "X-A": "1", "User-Agent": "me" })).toEqual({ "x-a": "1", "user-agent": "me" }));

  test("all others stay, with their values", () => {
    const headers = {
      "anthropic-version": "2023-06-01",
      "accept-encoding": "gzip, deflate, br, zstd",
      "x-stainless-retry-count": "0",
      "x-claude-code-session-id": "b9a4d3b0",
      "x-app": "cli",
      cookie: "a=1; b=2",
      "user-agent": "claude-cli/2.1.330 (external, sdk-cli)",
    };
    expect(sent(headers)).toEqual(headers);
  });
});

describe("user-agent", () => {
  test("a client's own stays", () => expect(sent({ "User-Agent": "curl/8" })["user-agent"]).toBe("curl/8"));
  test("a client without one gets ccb's, never another program's", () =>
    expect(sent({})).toEqual({ "user-agent": USER_AGENT }));
});

describe("signing", () => {
  const both = { authorization: "Bearer client", "x-api-key": "client", "user-agent": "me" };

  test("an account: its token alone, with the beta that the API asks for", () =>
    expect(sent(both, OAUTH)).toEqual({
      "user-agent": "me",
      authorization: "Bearer sk-ant-oat01-own",
      "anthropic-beta": "oauth-2025-04-20",
    }));

  test("api_key: x-api-key alone, no beta", () =>
    expect(sent(both, { kind: "key", key: new Secret("k"), header: "api_key" })).toEqual({
      "user-agent": "me",
      "x-api-key": "k",
    }));

  test("auth_token: a bearer alone, no beta", () =>
    expect(sent(both, { kind: "key", key: new Secret("k"), header: "auth_token" })).toEqual({
      "user-agent": "me",
      authorization: "Bearer k",
    }));

  test("passthrough: the client's own, untouched", () => expect(sent(both)).toEqual(both));

  test("a client cannot name the signature away", () =>
    expect(
      sent({ connection: "authorization, anthropic-beta", authorization: "Bearer client", "user-agent": "me" }, OAUTH),
    ).toEqual({
      "user-agent": "me",
      authorization: "Bearer sk-ant-oat01-own",
      "anthropic-beta": "oauth-2025-04-20",
    }));

  test("the client's headers are not changed", () => {
    const headers = new Headers(both);
    toUpstreamHeaders(headers, OAUTH);
    expect(Object.fromEntries(headers)).toEqual(both);
  });
});

describe("anthropic-beta", () => {
  for (const [given, expected] of [
    [null, "oauth-2025-04-20"],
    ["", "oauth-2025-04-20"],
    ["  ", "oauth-2025-04-20"],
    ["a-1", "a-1,oauth-2025-04-20"],
    ["a-1, b-2", "a-1, b-2,oauth-2025-04-20"],
    ["oauth-2025-04-20", "oauth-2025-04-20"],
    ["a-1, oauth-2025-04-20 ,b-2", "a-1, oauth-2025-04-20 ,b-2"],
    ["oauth-2025-04-20-dev", "oauth-2025-04-20-dev,oauth-2025-04-20"],
  ] as const) {
    test(JSON.stringify(given), () => expect(withOAuthBeta(given)).toBe(expected));
  }
});

describe("a client's Claude token is known wherever it stands", () => {
  for (const [headers, expected] of [
    [{ authorization: "Bearer sk-ant-oat01-x" }, true],
    [{ authorization: "bearer  sk-ant-oat01-x" }, true],
    [{ "x-api-key": "sk-ant-oat01-x" }, true],
    [{ authorization: "Bearer sk-ant-api03-x" }, false],
    [{ "x-other": "sk-ant-oat01-x" }, false],
    [{}, false],
  ] as const) {
    test(JSON.stringify(headers), () => expect(carriesClaudeToken(new Headers(headers))).toBe(expected));
  }
});

describe("the address", () => {
  const url = (base: string, requested: string): string => {
    const [provider] = accept(`providers:\n  - {name: A, base_url: "${base}", auth_value: passthrough}\n`).providers;
    if (provider === undefined) throw new Error("no provider");
    return toUpstreamUrl(provider, requested);
  };
  for (const [base, requested, expected] of [
    [
      "https://api.anthropic.com",
      "http://localhost:9090/v1/messages?beta=true",
      "https://api.anthropic.com/v1/messages?beta=true",
    ],
    ["https://gateway.example/claude/", "http://localhost:9090/v1/models", "https://gateway.example/claude/v1/models"],
    [
      "https://gateway.example:8443/a/b",
      "http://[::1]:9090/v1/x%2Fy?q=%20'",
      "https://gateway.example:8443/a/b/v1/x%2Fy?q=%20'",
    ],
    ["http://127.0.0.1:1", "http://localhost:9090/v1//double/", "http://127.0.0.1:1/v1//double/"],
  ] as const) {
    test(`${base} + ${requested}`, () => expect(url(base, requested)).toBe(expected));
  }
});
