// What the rate-limit headers of a reply come to: real captures, single rules, and any nonsense.
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { toFields } from "../../src/provider/fields.ts";
import { headroom, modelRejectedUntil, parseLimits, rejectedUntil, rejects } from "../../src/provider/limits.ts";

const NOW = 1_785_510_000_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const seconds = (fromNow: number): string => String((NOW + fromNow) / 1000);
const iso = (fromNow: number): string => new Date(NOW + fromNow).toISOString();

const parse = (headers: Record<string, string>) => parseLimits(toFields(new Headers(headers)), NOW);
const unified = (headers: Record<string, string>) =>
  parse(
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [`anthropic-ratelimit-unified-${name}`, value])),
  );
const plain = (headers: Record<string, string>) =>
  parse(Object.fromEntries(Object.entries(headers).map(([name, value]) => [`anthropic-ratelimit-${name}`, value])));

/** Facts C, measured 2026-07-31. */
const EXHAUSTED = {
  "anthropic-ratelimit-unified-status": "rejected",
  "anthropic-ratelimit-unified-reset": "1785518400",
  "anthropic-ratelimit-unified-representative-claim": "five_hour",
  "anthropic-ratelimit-unified-5h-status": "rejected",
  "anthropic-ratelimit-unified-5h-reset": "1785518400",
  "anthropic-ratelimit-unified-5h-utilization": "1.01",
  "anthropic-ratelimit-unified-5h-surpassed-threshold": "1.0",
  "anthropic-ratelimit-unified-7d-status": "allowed",
  "anthropic-ratelimit-unified-7d-reset": "1786006800",
  "anthropic-ratelimit-unified-7d-utilization": "0.69",
  "anthropic-ratelimit-unified-fallback-percentage": "0.5",
  "anthropic-ratelimit-unified-overage-status": "rejected",
  "anthropic-ratelimit-unified-overage-disabled-reason": "org_level_disabled",
  "retry-after": "7835",
  "x-should-retry": "true",
};

test("the measured reply of a spent five-hour window", () => {
  const report = parse(EXHAUSTED);
  expect(report).toEqual({
    windows: [
      { name: "5h", scope: "account", status: "rejected", utilization: 1.01, resetAt: 1_785_518_400_000 },
      { name: "7d", scope: "account", status: "allowed", utilization: 0.69, resetAt: 1_786_006_800_000 },
    ],
    status: "rejected",
    claim: "five_hour",
    retryAt: NOW + 7_835_000,
    overageInUse: false,
    overageStatus: "rejected",
    overageDisabledReason: "org_level_disabled",
    fallbackPercentage: 0.5,
  });
  expect(rejectedUntil(report)).toBe(1_785_518_400_000);
  expect(modelRejectedUntil(report)).toBeNull();
  expect(headroom(report)).toBe(0);
});

test("no header at all: nothing is known, nothing is left out", () => {
  const report = parse({ "content-type": "application/json" });
  expect(report.windows).toEqual([]);
  expect(report.status).toBe("unknown");
  expect(headroom(report)).toBeNull();
  expect(rejectedUntil(report)).toBeNull();
});

describe("windows of a key", () => {
  test("limit, remaining and reset make a window; what is used is a fraction", () => {
    const report = plain({ "requests-limit": "50", "requests-remaining": "40", "requests-reset": iso(60_000) });
    expect(report.windows).toEqual([
      { name: "requests", scope: "account", status: "allowed", utilization: 0.2, resetAt: NOW + 60_000 },
    ]);
    expect(headroom(report)).toBe(0.8);
  });
  test("remaining 0 is spent until its reset; names with a hyphen are one name", () => {
    const report = plain({
      "input-tokens-limit": "1000",
      "input-tokens-remaining": "0",
      "input-tokens-reset": iso(30_000),
      "output-tokens-limit": "10",
      "output-tokens-remaining": "10",
    });
    expect(report.windows.map(({ name, status }) => [name, status])).toEqual([
      ["input-tokens", "rejected"],
      ["output-tokens", "allowed"],
    ]);
    expect(rejectedUntil(report)).toBe(NOW + 30_000);
  });
  test("a limit of 0 is none, and a window of which only the reset is known is unknown", () => {
    const report = plain({
      "tokens-limit": "0",
      "tokens-remaining": "0",
      "tokens-reset": iso(1000),
      "requests-reset": iso(1000),
    });
    expect(report.windows.map(({ status }) => status)).toEqual(["unknown", "unknown"]);
    expect(rejectedUntil(report)).toBeNull();
  });
});

describe("unified windows", () => {
  test("several spent windows: the latest reset", () => {
    const report = unified({
      "5h-status": "rejected",
      "5h-reset": seconds(HOUR),
      "7d-status": "rejected",
      "7d-reset": seconds(3 * DAY),
    });
    expect(rejectedUntil(report)).toBe(NOW + 3 * DAY);
  });
  test("any window but 5h and 7d is the model's", () => {
    const report = unified({
      "5h-status": "allowed",
      "7d-status": "allowed",
      "7d_oi-status": "rejected",
      "7d_oi-reset": seconds(2 * DAY),
    });
    expect(rejects(report, "account")).toBe(false);
    expect(rejectedUntil(report)).toBeNull();
    expect(modelRejectedUntil(report)).toBe(NOW + 2 * DAY);
  });
  for (const status of ["rejected", "rate_limited", "blocked", "queueing_hard", "payment_required", " Rejected "]) {
    test(`${status} is a hard stop`, () => expect(rejects(unified({ "5h-status": status }), "account")).toBe(true));
  }
  for (const [status, expected] of [
    ["allowed", "allowed"],
    ["allowed_warning", "warning"],
    ["something_new", "unknown"],
  ] as const) {
    test(`${status} is none`, () => expect(unified({ "5h-status": status }).windows[0]?.status).toBe(expected));
  }
  test("overage and fallback are no windows", () => {
    const report = unified({
      "overage-status": "rejected",
      "overage-reset": seconds(DAY),
      "overage-utilization": "1",
      "fallback-percentage": "0.5",
      "fallback-status": "rejected",
      "upgrade-paths": "a",
    });
    expect(report.windows).toEqual([]);
  });
  test("headroom is the account's fullest window; a model's says nothing of other models", () => {
    expect(headroom(unified({ "5h-utilization": "0.25", "7d-utilization": "0.5", "7d_oi-utilization": "0.99" }))).toBe(
      0.5,
    );
  });
});

test("a spent window leaves nothing, however full it says it is", () => {
  expect(headroom(unified({ "5h-status": "rejected" }))).toBe(0);
  expect(headroom(unified({ "5h-status": "rejected", "5h-utilization": "0.9" }))).toBe(0);
});

describe("the sum without its window", () => {
  test("alone it is a window of the account", () => {
    const report = unified({ status: "rejected", reset: seconds(HOUR) });
    expect(report.windows).toEqual([
      { name: "unified", scope: "account", status: "rejected", utilization: null, resetAt: NOW + HOUR },
    ]);
  });
  test("rejected while both shared windows are open, it is the model's", () => {
    const report = unified({
      status: "rejected",
      reset: seconds(HOUR),
      "5h-status": "allowed",
      "7d-status": "allowed_warning",
    });
    expect(rejectedUntil(report)).toBeNull();
    expect(modelRejectedUntil(report)).toBe(NOW + HOUR);
  });
  test("a claim on a window of a model makes it the model's, a claim on a shared one the account's", () => {
    expect(rejects(unified({ status: "rejected", "representative-claim": "seven_day_opus" }), "model")).toBe(true);
    expect(
      rejects(
        unified({
          status: "rejected",
          "representative-claim": "five_hour",
          "5h-status": "allowed",
          "7d-status": "allowed",
        }),
        "account",
      ),
    ).toBe(true);
  });
  test("out_of_credits is the model's", () => {
    expect(rejects(unified({ status: "rejected", "overage-disabled-reason": "out_of_credits" }), "model")).toBe(true);
  });
  test("it adds nothing where a window is rejected or the sum is not", () => {
    expect(unified({ status: "rejected", "5h-status": "rejected" }).windows).toHaveLength(1);
    expect(unified({ status: "allowed", "5h-status": "allowed" }).windows).toHaveLength(1);
  });
});

describe("paid overage", () => {
  test("as the header says it", () => {
    expect(unified({ "overage-in-use": "true" }).overageInUse).toBe(true);
    expect(unified({ "overage-in-use": "false" }).overageInUse).toBe(false);
  });
  test("as it follows: a spent plan window, and allowed all the same", () => {
    const spent = { status: "allowed", "5h-status": "rejected", "7d-status": "allowed" };
    expect(unified({ ...spent, "overage-status": "allowed" }).overageInUse).toBe(true);
    expect(unified({ ...spent, "overage-status": "rejected" }).overageInUse).toBe(false);
  });
  test("a spent window of another model is not paid for", () => {
    expect(
      unified({ status: "allowed", "5h-status": "allowed", "7d_oi-status": "rejected", "overage-status": "allowed" })
        .overageInUse,
    ).toBe(false);
  });
});

test("utilization is tamed", () => {
  const of = (value: string) => unified({ "5h-utilization": value }).windows[0]?.utilization;
  expect([of("-1"), of("1.01"), of("1e300"), of("NaN"), of("abc"), of("")]).toEqual([0, 1.01, 10, null, null, null]);
});

const names = ["5h", "7d", "7d_oi", "overage", "unified", "a-b"]
  .flatMap((window) => ["status", "reset", "utilization"].map((field) => `unified-${window}-${field}`))
  .concat(
    ["requests", "tokens", "input-tokens"].flatMap((window) =>
      ["limit", "remaining", "reset"].map((field) => `${window}-${field}`),
    ),
  )
  .concat([
    "unified-status",
    "unified-reset",
    "unified-representative-claim",
    "unified-overage-in-use",
    "unified-overage-disabled-reason",
    "unified-fallback-percentage",
  ])
  .map((name) => `anthropic-ratelimit-${name}`)
  .concat(["retry-after", "retry-after-ms"]);
const value = fc.oneof(
  fc.stringMatching(/^[\x20-\x7e]{0,40}$/),
  fc.double().map(String),
  fc.bigInt().map(String),
  fc.date().map((date) => (Number.isNaN(date.getTime()) ? "Invalid Date" : date.toISOString())),
  fc.integer({ min: -40 * 86_400, max: 40 * 86_400 }).map((offset) => String(NOW / 1000 + offset)),
  fc.constantFrom(
    "rejected",
    "allowed",
    "allowed_warning",
    "true",
    "out_of_credits",
    "five_hour",
    "seven_day_opus",
    "0",
  ),
);

test("whatever the headers hold: no throw, every time finite and within 35 days, every fraction in bounds", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...names), value),
      fc.double({ min: 0, max: 4e12, noNaN: true }),
      (headers, now) => {
        const report = parseLimits(toFields(new Headers(headers)), now);
        const times = [
          ...report.windows.map(({ resetAt }) => resetAt),
          report.retryAt,
          rejectedUntil(report),
          modelRejectedUntil(report),
        ];
        for (const time of times)
          if (time !== null) expect(Number.isFinite(time) && time > now && time <= now + 35 * DAY + 1).toBe(true);
        for (const { utilization } of report.windows)
          if (utilization !== null) expect(utilization >= 0 && utilization <= 10).toBe(true);
        const left = headroom(report);
        if (left !== null) expect(left >= 0 && left <= 1).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
});

test("a thousand made-up windows stay few", () => {
  const headers = Object.fromEntries(
    Array.from({ length: 1000 }, (_, index) => [`anthropic-ratelimit-unified-w${index}-status`, "rejected"]),
  );
  expect(parse(headers).windows.length).toBeLessThanOrEqual(32);
});
