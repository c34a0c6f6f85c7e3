// The rows of the failure table that are about limits and money.
import { describe, expect, test } from "bun:test";
import { FIVE_HOURS, HOUR, MODEL_WEEK, NOW, NO_BENCH, at, guess, reply, until } from "./_verdict.ts";

describe("402, billing_error, credit exhausted", () => {
  const spent = { reason: "credit_spent", action: "next", benches: guess("model", "credit"), telling: 2 };
  test("402", () =>
    expect(reply(402, { message: "Usage credits required for 1M context" })).toMatchObject({
      ...spent,
      said: "Usage credits required for 1M context",
    }));
  test("billing_error under another status", () => expect(reply(429, { type: "billing_error" })).toMatchObject(spent));
  test("400 with the words", () =>
    expect(reply(400, { message: "Your credit balance is too low to access the Anthropic API." })).toMatchObject(
      spent,
    ));
  test("429 out_of_credits without a spent window", () => {
    expect(
      reply(429, { headers: { "anthropic-ratelimit-unified-overage-disabled-reason": "out_of_credits" } }),
    ).toMatchObject(spent);
  });
  test("out_of_credits with a named time: official", () => {
    const headers = { "anthropic-ratelimit-unified-overage-disabled-reason": "out_of_credits", "retry-after": "600" };
    expect(reply(429, { headers })).toMatchObject({
      reason: "credit_spent",
      benches: until("model", 600_000),
      counts: false,
    });
  });
  test("out_of_credits beside a spent five-hour window: the window decides", () => {
    const headers = { ...FIVE_HOURS, "anthropic-ratelimit-unified-overage-disabled-reason": "out_of_credits" };
    expect(reply(429, { headers })).toMatchObject({ reason: "limit_reached", benches: until("target", 2 * HOUR) });
  });
  test("without a model there is nothing to bench", () =>
    expect(reply(402, { model: null })).toMatchObject({ benches: NO_BENCH }));
});

describe("429 with a rejected window, a reset whose remaining is 0, or retry-after", () => {
  const limited = { reason: "limit_reached", action: "next", counts: false, once: false, telling: 2 };
  test("a rejected window: until its reset, whatever x-should-retry says", () => {
    expect(reply(429, { headers: { ...FIVE_HOURS, "x-should-retry": "true" } })).toMatchObject({
      ...limited,
      benches: until("target", 2 * HOUR),
    });
  });
  test("several: until the latest", () => {
    const headers = {
      ...FIVE_HOURS,
      "anthropic-ratelimit-unified-7d-status": "rejected",
      "anthropic-ratelimit-unified-7d-reset": at(50 * HOUR),
    };
    expect(reply(429, { headers })).toMatchObject({ ...limited, benches: until("target", 50 * HOUR) });
  });
  test("a short retry-after never shortens a reset, a longer one counts", () => {
    expect(reply(429, { headers: { ...FIVE_HOURS, "retry-after": "5" } })).toMatchObject({
      benches: until("target", 2 * HOUR),
    });
    expect(reply(429, { headers: { ...FIVE_HOURS, "retry-after": "10800" } })).toMatchObject({
      benches: until("target", 3 * HOUR),
    });
  });
  test("remaining 0", () => {
    const headers = {
      "anthropic-ratelimit-requests-limit": "50",
      "anthropic-ratelimit-requests-remaining": "0",
      "anthropic-ratelimit-requests-reset": new Date(NOW + 20_000).toISOString(),
    };
    expect(reply(429, { target: "key", headers })).toMatchObject({ ...limited, benches: until("target", 20_000) });
  });
  test("retry-after alone, seconds and milliseconds", () => {
    expect(reply(429, { headers: { "retry-after": "12" } })).toMatchObject({
      ...limited,
      benches: until("target", 12_000),
    });
    expect(reply(429, { headers: { "retry-after-ms": "300" } })).toMatchObject({
      ...limited,
      benches: until("target", 300),
    });
  });
  test("a window of the model: that model alone, with its retry-after", () => {
    expect(reply(429, { headers: { ...MODEL_WEEK, "retry-after": "9" } })).toMatchObject({
      ...limited,
      benches: until("model", 90 * HOUR),
    });
  });
  test("a longer retry-after is the model's too", () => {
    expect(reply(429, { headers: { ...MODEL_WEEK, "retry-after": String(91 * 3600) } })).toMatchObject({
      benches: until("model", 91 * HOUR),
    });
  });
  test("a page that names a wait is a limit all the same", () => {
    expect(reply(429, { text: "<html>", contentType: "text/html", headers: { "retry-after": "12" } })).toMatchObject({
      ...limited,
      benches: until("target", 12_000),
    });
  });
  test("a wait that is over when the verdict is made is none", () => {
    expect(reply(429, { now: NOW + 20_000, headers: { "retry-after": "12" } })).toMatchObject({
      reason: "throttled",
      benches: NO_BENCH,
    });
    expect(reply(429, { now: NOW + 3 * HOUR, headers: FIVE_HOURS })).toMatchObject({
      benches: guess("target", "overload"),
    });
  });
  test("both: each until its own reset", () => {
    const headers = { ...FIVE_HOURS, ...MODEL_WEEK, "retry-after": String(90 * 3600) };
    expect(reply(429, { headers })).toMatchObject({
      benches: [...until("target", 2 * HOUR), ...until("model", 90 * HOUR)],
    });
  });
  test("a window of the model, but no model is known: nobody else is benched", () =>
    expect(reply(429, { model: null, headers: MODEL_WEEK })).toMatchObject({ action: "next", benches: NO_BENCH }));
  test("a rejected window without a usable reset: a short guess", () => {
    const headers = {
      "anthropic-ratelimit-unified-5h-status": "rejected",
      "anthropic-ratelimit-unified-5h-reset": "1",
    };
    expect(reply(429, { headers })).toMatchObject({
      action: "next",
      benches: guess("target", "overload"),
      counts: true,
    });
  });
  test("met on count_tokens: messages go on", () => {
    for (const headers of [FIVE_HOURS, MODEL_WEEK, { "retry-after": "30" }]) {
      const verdict = reply(429, { headers, path: "/v1/messages/count_tokens" });
      expect(verdict.action).toBe("next");
      expect(verdict.benches.map(({ scope }) => scope)).toEqual(["count_tokens"]);
    }
  });
});

describe("429 with neither", () => {
  const throttled = {
    reason: "throttled",
    action: "next",
    once: true,
    otherwise: "relay",
    benches: NO_BENCH,
    telling: 3,
  };
  test("one hop, no bench", () => expect(reply(429, { type: "rate_limit_error" })).toMatchObject(throttled));
  test("open windows are no reason", () => {
    const headers = {
      "anthropic-ratelimit-unified-status": "allowed",
      "anthropic-ratelimit-unified-5h-status": "allowed",
      "anthropic-ratelimit-unified-7d-status": "allowed",
      "anthropic-ratelimit-unified-overage-disabled-reason": "out_of_credits",
    };
    expect(reply(429, { headers })).toMatchObject(throttled);
  });
  test("retry-after: 0 is no wait", () =>
    expect(reply(429, { headers: { "retry-after": "0" } })).toMatchObject(throttled));
  test("an entitlement, even with retry-after", () => {
    expect(
      reply(429, { headers: { "retry-after": "60" }, message: "Extra usage is required for long context requests." }),
    ).toMatchObject(throttled);
  });
});

describe("a reply that serves", () => {
  test("is relayed", () =>
    expect(reply(200)).toMatchObject({ reason: "served", action: "relay", benches: NO_BENCH, said: null }));
  test("and announces a spent window", () =>
    expect(reply(200, { headers: FIVE_HOURS })).toMatchObject({
      reason: "limit_announced",
      action: "relay",
      benches: until("target", 2 * HOUR),
    }));
  test("so does a refused request", () =>
    expect(reply(400, { headers: FIVE_HOURS })).toMatchObject({
      reason: "request_refused",
      action: "relay",
      benches: until("target", 2 * HOUR),
    }));
  test("while paid overage serves, nothing is benched here", () =>
    expect(
      reply(200, { headers: { ...FIVE_HOURS, "anthropic-ratelimit-unified-overage-in-use": "true" } }),
    ).toMatchObject({ reason: "served", benches: NO_BENCH }));
  test("a spent window of a model is another model's", () =>
    expect(reply(200, { headers: MODEL_WEEK })).toMatchObject({ reason: "served", benches: NO_BENCH }));
  test("count_tokens announces nothing for messages", () =>
    expect(reply(200, { headers: FIVE_HOURS, path: "/v1/messages/count_tokens" })).toMatchObject({
      benches: NO_BENCH,
    }));
});
