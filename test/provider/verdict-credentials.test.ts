// The rows of the failure table that are about a credential, or about nothing but the request.
import { describe, expect, test } from "bun:test";
import { NO_BENCH, reply } from "./_verdict.ts";

describe("401 on an account", () => {
  test("refresh first", () =>
    expect(reply(401, { type: "authentication_error" })).toMatchObject({
      action: "refresh",
      benches: NO_BENCH,
      loginRequired: false,
    }));
  test("once: then the next account, never shown to the client", () => {
    const verdict = reply(401, {
      refreshed: true,
      type: "authentication_error",
      message: "Invalid authentication credentials",
    });
    expect(verdict).toMatchObject({
      reason: "token_refused_again",
      action: "next",
      loginRequired: true,
      telling: 0,
      said: "Invalid authentication credentials",
    });
  });
  test("a page of a proxy is no verdict on the token", () => {
    expect(reply(401, { refreshed: true, text: "<html>", contentType: "text/html" })).toMatchObject({
      reason: "not_the_api",
      loginRequired: false,
    });
  });
});

describe("403 that speaks of the injected OAuth token", () => {
  for (const message of [
    "OAuth token has been revoked. Please obtain a new token.",
    "OAuth authentication is currently not allowed for this organization.",
  ]) {
    test(message, () => {
      expect(reply(403, { message })).toMatchObject({ action: "refresh" });
      expect(reply(403, { message, refreshed: true })).toMatchObject({
        action: "next",
        loginRequired: true,
        telling: 0,
      });
    });
  }
  test("a missing scope: another account may have it, renewing does not help", () => {
    const message = "OAuth token does not meet scope requirement user:profile";
    expect(reply(403, { message })).toMatchObject({
      reason: "scope_missing",
      action: "next",
      loginRequired: false,
      benches: NO_BENCH,
      telling: 0,
    });
  });
  test("only in error.message: a raw text that quotes it is a 403 like any other", () => {
    expect(reply(403, { text: "OAuth token has been revoked" })).toMatchObject({
      reason: "request_refused",
      action: "relay",
    });
    expect(reply(403, { message: 'messages.0: "OAuth token has been revoked" is too long' })).toMatchObject({
      action: "relay",
    });
  });
});

describe("403 else, 400, 404, 409, 413, 422", () => {
  for (const status of [400, 403, 404, 405, 408, 409, 413, 415, 422]) {
    for (const target of ["account", "key", "client"] as const) {
      test(`${status} on ${target}: relayed, no cooldown`, () => {
        expect(reply(status, { target, message: "max_tokens: Field required" })).toMatchObject({
          reason: "request_refused",
          action: "relay",
          benches: NO_BENCH,
        });
      });
    }
  }
  for (const message of [
    "This credential is only authorized for use with Claude Code and cannot be used for other API requests.",
    "Third-party apps now draw from your extra usage, not your plan limits.",
  ]) {
    test(`400 ${message}`, () => expect(reply(400, { message })).toMatchObject({ action: "relay", benches: NO_BENCH }));
  }
  test("413 from the firewall is a page and relayed all the same", () =>
    expect(reply(413, { text: "<html>", contentType: "text/html" })).toMatchObject({ action: "relay" }));
});

describe("passthrough: what the client's own credential met is the client's", () => {
  for (const status of [401, 403]) {
    test(`${status}, as envelope and as page`, () => {
      expect(reply(status, { target: "client", message: "OAuth token has been revoked." })).toMatchObject({
        action: "relay",
        benches: NO_BENCH,
      });
      expect(reply(status, { target: "client", text: "<html>", contentType: "text/html" })).toMatchObject({
        action: "relay",
        benches: NO_BENCH,
      });
    });
  }
});

describe("account-level refusals that come as 400/403", () => {
  const messages = [
    "This organization has been disabled.",
    "this organization has been DISABLED",
    "Your account has been disabled after an automatic review of your recent activities.",
    "Your organization has disabled Claude subscription access for Claude Code",
    "Your account does not have access to Claude Code. Please run /login.",
  ];
  for (const message of messages) {
    for (const status of [400, 401, 403]) {
      test(`${status} ${message}`, () => {
        expect(reply(status, { message })).toMatchObject({
          reason: "account_refused",
          action: "next",
          loginRequired: true,
          said: message,
          telling: 0,
        });
      });
    }
  }
  test("on a key: the key is lost", () => {
    expect(reply(400, { target: "key", message: messages[0] ?? "" })).toMatchObject({
      reason: "key_refused",
      action: "next",
      loginRequired: false,
      benches: [{ scope: "key", official: false }],
    });
  });
  test("a prompt that is quoted back is not one", () => {
    expect(
      reply(400, { message: 'messages.1.content: "This organization has been disabled." is not allowed here' }),
    ).toMatchObject({ action: "relay" });
    expect(reply(400, { text: "This organization has been disabled." })).toMatchObject({ action: "relay" });
  });
});

test("401 on a key: next target, the key benched until reload", () => {
  expect(reply(401, { target: "key", message: "invalid x-api-key" })).toMatchObject({
    reason: "key_refused",
    action: "next",
    benches: [{ scope: "key", official: false }],
    telling: 1,
    said: "invalid x-api-key",
  });
});
