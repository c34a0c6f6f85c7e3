// The rows of the failure table that are about the network and a provider's health, and what holds for all rows.
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import type { Failure, Outcome } from "../../src/provider/outcome.ts";
import type { Verdict } from "../../src/provider/verdict.ts";
import { judge } from "../../src/provider/verdict.ts";
import {
  FIVE_HOURS,
  MODEL_WEEK,
  HOUR,
  NOW,
  at,
  contextOf,
  envelope,
  failure,
  guess,
  reply,
  stream,
  until,
} from "./_verdict.ts";

describe("connect refused, DNS, TLS, reset or close before any response byte", () => {
  for (const kind of ["refused", "unknown_host", "tls"] as const) {
    test(`${kind}: next target, the provider cools, the replay is safe`, () => {
      expect(failure(kind)).toMatchObject({
        reason: "not_reached",
        action: "next",
        replay: "safe",
        benches: guess("provider", "network"),
        counts: true,
      });
    });
  }
  for (const kind of ["reset", "closed", "other"] as const) {
    test(`${kind}: the same, but ambiguous`, () => {
      expect(failure(kind)).toMatchObject({
        reason: "connection_lost",
        action: "next",
        replay: "ambiguous",
        benches: guess("provider", "network"),
      });
    });
  }
  test("timeout: the target's ill health", () => {
    expect(failure("timeout")).toMatchObject({
      reason: "upstream_silent",
      action: "next",
      replay: "ambiguous",
      benches: guess("target", "unhealthy"),
    });
  });
});

describe("529", () => {
  const overloaded = {
    reason: "overloaded",
    action: "next",
    to: "other_provider",
    otherwise: "retry_here",
    benches: guess("provider", "overload"),
    counts: true,
  };
  test("the provider's state", () => expect(reply(529, { type: "overloaded_error" })).toMatchObject(overloaded));
  test("without an envelope, as a page, with a retry-after", () => {
    expect(reply(529, { text: "", contentType: "text/html", headers: { "retry-after": "600" } })).toMatchObject(
      overloaded,
    );
  });
  test("overloaded_error under 503", () => expect(reply(503, { type: "overloaded_error" })).toMatchObject(overloaded));
  test("on count_tokens it benches nothing", () =>
    expect(reply(529, { path: "/v1/messages/count_tokens" }).benches).toEqual([]));
});

describe("500 502 503 504 520–524, HTML pages", () => {
  for (const status of [500, 502, 503, 504, 520, 521, 522, 523, 524]) {
    test(String(status), () =>
      expect(reply(status)).toMatchObject({
        reason: "upstream_failed",
        action: "next",
        to: "other_provider_first",
        benches: guess("target", "unhealthy"),
        telling: 3,
      }),
    );
  }
  for (const status of [200, 302, 400, 403, 404, 500, 502, 503]) {
    test(`${status} as a page`, () => {
      expect(reply(status, { text: "<html>", contentType: "text/html; charset=utf-8" })).toMatchObject({
        reason: "not_the_api",
        action: "next",
        to: "other_provider_first",
        benches: guess("target", "unhealthy"),
        telling: 1,
      });
    });
  }
  test("a challenge without a content type", () =>
    expect(reply(403, { contentType: "", headers: { "cf-mitigated": "challenge" } })).toMatchObject({
      reason: "not_the_api",
    }));
  test("a file may be a page", () =>
    expect(reply(200, { path: "/v1/files/file_1/content", contentType: "text/html" })).toMatchObject({
      reason: "served",
      action: "relay",
    }));
  test("501 and 505 are about the request", () =>
    expect([reply(501).action, reply(505).action]).toEqual(["relay", "relay"]));
});

describe("200 whose first event is an error, or that ends before its content: as the status it stands for", () => {
  const rows: readonly (readonly [string, Partial<Verdict>])[] = [
    ["overloaded_error", { reason: "overloaded", action: "next" }],
    ["api_error", { reason: "upstream_failed", action: "next" }],
    ["timeout_error", { reason: "upstream_failed", action: "next" }],
    ["rate_limit_error", { reason: "throttled", action: "next" }],
    ["authentication_error", { reason: "token_refused", action: "refresh" }],
    ["billing_error", { reason: "credit_spent", action: "next" }],
    ["invalid_request_error", { reason: "request_refused", action: "relay" }],
    ["permission_error", { reason: "request_refused", action: "relay" }],
    ["conflict_error", { reason: "request_refused", action: "relay" }],
    ["request_too_large", { reason: "request_refused", action: "relay" }],
    ["not_found_error", { reason: "request_refused", action: "relay" }],
    ["something_new", { reason: "upstream_failed", action: "next" }],
    ["", { reason: "upstream_failed", action: "next" }],
  ];
  for (const [type, expected] of rows)
    test(type === "" ? "it ended" : type, () => expect(stream(type)).toMatchObject(expected));
  test("the limits of its headers count", () =>
    expect(stream("rate_limit_error", { headers: FIVE_HOURS })).toMatchObject({
      reason: "limit_reached",
      benches: until("target", 2 * HOUR),
    }));
  test("so does its message", () =>
    expect(stream("invalid_request_error", { message: "This organization has been disabled." })).toMatchObject({
      loginRequired: true,
    }));
});

test("what people see of the upstream's words is one short line", () => {
  expect(reply(402, { message: `a\u001b[31m\nb\u202e${"x ".repeat(500)}` }).said).toMatch(/^a \[31m b [x ]{1,292}$/);
  const secret = "of sk-ant-oat01-abc and me@example.com: 0123456789abcdef0123456789abcdef";
  expect(reply(402, { message: secret }).said).toBe("of … and …: …");
});

const outcomes: fc.Arbitrary<Outcome> = fc.oneof(
  fc.record({
    kind: fc.constant("error" as const),
    failure: fc.constantFrom<Failure>("refused", "unknown_host", "tls", "reset", "closed", "timeout", "other"),
  }),
  fc.record({ kind: fc.constant("stream_error" as const), type: fc.string(), text: fc.string() }),
  fc.record({
    kind: fc.constant("reply" as const),
    status: fc.integer({ min: 200, max: 599 }),
    headers: fc.constant(new Headers()),
    text: fc.oneof(
      fc.string(),
      fc.json(),
      fc.tuple(fc.string(), fc.string()).map(([type, message]) => envelope(type, message)),
    ),
    contentType: fc.option(fc.constantFrom("text/html", "application/json")),
  }),
);
const limitHeaders = fc.dictionary(
  fc.constantFrom("retry-after", ...Object.keys({ ...FIVE_HOURS, ...MODEL_WEEK })),
  fc.oneof(fc.constantFrom("rejected", "allowed", at(HOUR), at(-HOUR), "60"), fc.integer().map(String)),
);

test("whatever the outcome: no throw; official benches lie ahead; a client's 401 and 403 are relayed; count_tokens benches no messages", () => {
  fc.assert(
    fc.property(
      outcomes,
      limitHeaders,
      fc.constantFrom("account", "key", "client"),
      fc.boolean(),
      fc.boolean(),
      (outcome, headers, target, refreshed, counting) => {
        const path = counting ? "/v1/messages/count_tokens" : "/v1/messages";
        const verdict = judge(outcome, contextOf({ headers, target, refreshed, path }));
        for (const bench of verdict.benches) {
          expect(bench.official).toBe(bench.until !== undefined);
          if (bench.until !== undefined) expect(bench.until).toBeGreaterThan(NOW);
          if (counting) expect(["count_tokens", "key", "provider"]).toContain(bench.scope);
        }
        if (verdict.action === "refresh") expect(target === "account" && !refreshed).toBe(true);
        if (verdict.loginRequired) expect(target).toBe("account");
        if (
          target === "client" &&
          outcome.kind === "reply" &&
          (outcome.status === 401 || outcome.status === 403) &&
          verdict.reason !== "credit_spent"
        )
          expect(verdict.action).toBe("relay");
        if (
          outcome.kind === "reply" &&
          [404, 409, 413, 422].includes(outcome.status) &&
          verdict.reason === "request_refused"
        )
          expect(verdict.action).toBe("relay");
      },
    ),
    { numRuns: 3000 },
  );
});
