// What an upstream may answer, drawn: statuses, error bodies, the headers of its limits.
import * as fc from "fast-check";
import type { Failure, JudgeContext, Outcome } from "../../src/provider/outcome.ts";
import { edits, mutateText } from "./_mutate.ts";

export const NOW = 1_785_510_000_000;
const DAY = 86_400_000;
/** The longest bench that an upstream can ask for (reset-time.ts). */
export const HORIZON = 35 * DAY;
const SECRET = "sk-ant-oat01-echoed-by-the-upstream";
export const EMAIL = "somebody@example.com";

const TYPES = [
  "invalid_request_error",
  "authentication_error",
  "billing_error",
  "permission_error",
  "not_found_error",
  "conflict_error",
  "request_too_large",
  "rate_limit_error",
  "api_error",
  "timeout_error",
  "overloaded_error",
  "",
  "later_error",
];
const MESSAGES = [
  "This organization has been disabled.",
  "Your account does not have access to Claude.",
  "OAuth token has been revoked. Please obtain a new token.",
  "OAuth token has expired.",
  "OAuth token does not meet scope requirement user:inference",
  "Your credit balance is too low to access the Anthropic API.",
  "Extra usage is required for long context requests.",
  "OAuth authentication is currently not allowed for this organization.",
  `invalid key ${SECRET} of ${EMAIL}`,
  "Overloaded",
  "",
  `${"long ".repeat(100)}👋`,
  "two\r\nlines\u0007\u202e\u2028",
];
const message = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...MESSAGES) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...MESSAGES), edits(["OAuth", " ", "\u0000", SECRET, EMAIL], 2))
      .map(([text, list]) => mutateText(text, list)),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
);
const envelope = fc
  .tuple(fc.constantFrom(...TYPES), message)
  .map(([type, text]) => JSON.stringify({ type: "error", error: { type, message: text }, request_id: "req_1" }));
export const JSON_TOKENS = [
  '"error"',
  '"message"',
  '"type"',
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "null",
  "1e999",
  '"',
  "\\",
  "\u0000",
];
export const errorText = fc.oneof(
  { weight: 5, arbitrary: envelope },
  { weight: 2, arbitrary: fc.tuple(envelope, edits(JSON_TOKENS)).map(([text, list]) => mutateText(text, list)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "",
      "<!doctype html><title>Just a moment...</title>",
      "null",
      "[]",
      '"x"',
      '{"error":"text"}',
      '{"error":{"type":1,"message":[]}}',
      '{"__proto__":{"error":{"type":"billing_error"}}}',
    ),
  },
  { weight: 1, arbitrary: fc.json() },
);

const time = fc.oneof(
  fc.integer({ min: -HORIZON, max: 2 * HORIZON }).map((ahead) => String((NOW + ahead) / 1000)),
  fc.integer({ min: -DAY, max: 40 * DAY }).map((ahead) => new Date(NOW + ahead).toISOString()),
  fc.integer({ min: -DAY, max: 40 * DAY }).map((ahead) => new Date(NOW + ahead).toUTCString()),
  fc.constantFrom(
    "0",
    "1",
    "60",
    "-1",
    "1e9",
    "Infinity",
    "NaN",
    "",
    " ",
    "0x10",
    "99999999999999",
    "tomorrow",
    "2026-13-45T99:99:99Z",
    "٣",
  ),
);
const status = fc.constantFrom(
  "allowed",
  "allowed_warning",
  "rejected",
  "rejected",
  "rejected",
  "rate_limited",
  "blocked",
  "queueing_hard",
  "queueing_soft",
  "payment_required",
  "REJECTED ",
  "",
  "later_word",
);
const number = fc.oneof(
  fc.double({ min: 0, max: 2 }).map(String),
  fc.constantFrom("0", "1", "100", "-5", "1e400", "NaN", "", "a"),
);
const windowName = fc.constantFrom(
  "5h",
  "7d",
  "5h",
  "7d",
  "7d_oi",
  "7d_sonnet",
  "overage",
  "fallback",
  "x",
  "a".repeat(40),
);
const P = "anthropic-ratelimit-";
const limitHeader = fc.oneof(
  fc.tuple(
    windowName.map((name) => `${P}unified-${name}-status`),
    status,
  ),
  fc.tuple(
    windowName.map((name) => `${P}unified-${name}-reset`),
    time,
  ),
  fc.tuple(
    windowName.map((name) => `${P}unified-${name}-utilization`),
    number,
  ),
  fc.tuple(fc.constant(`${P}unified-status`), status),
  fc.tuple(fc.constant(`${P}unified-reset`), time),
  fc.tuple(
    fc.constant(`${P}unified-representative-claim`),
    fc.constantFrom("five_hour", "seven_day", "seven_day_opus", "x y", ""),
  ),
  fc.tuple(
    fc.constant(`${P}unified-overage-disabled-reason`),
    fc.constantFrom("out_of_credits", "org_level_disabled", "\u00ff"),
  ),
  fc.tuple(fc.constant(`${P}unified-overage-in-use`), fc.constantFrom("true", "1", "false", "")),
  fc.tuple(fc.constant(`${P}unified-overage-status`), status),
  fc.tuple(
    fc.constantFrom("requests", "tokens", "input-tokens", "output-tokens").map((name) => `${P}${name}-limit`),
    number,
  ),
  fc.tuple(
    fc.constantFrom("requests", "tokens", "input-tokens").map((name) => `${P}${name}-remaining`),
    number,
  ),
  fc.tuple(
    fc.constantFrom("requests", "tokens").map((name) => `${P}${name}-reset`),
    time,
  ),
  fc.tuple(fc.constantFrom("retry-after", "retry-after-ms"), time),
  fc.tuple(
    fc.constantFrom("cf-mitigated", "x-should-retry", "content-encoding"),
    fc.constantFrom("challenge", "true", "gzip"),
  ),
);
/** A window as a whole, as upstreams send them. */
const soon = fc.integer({ min: 1, max: 30 * DAY }).map((ahead) => String((NOW + ahead) / 1000));
const wholeWindow = fc
  .tuple(windowName, status, fc.oneof({ weight: 3, arbitrary: soon }, time), number)
  .map(([name, state, reset, used]): [string, string][] => [
    [`${P}unified-${name}-status`, state],
    [`${P}unified-${name}-reset`, reset],
    [`${P}unified-${name}-utilization`, used],
  ]);
export const headers = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.array(wholeWindow, { maxLength: 3 }), fc.array(limitHeader, { maxLength: 6 }))
      .map(([windows, others]) => [...windows.flat(), ...others]),
  },
);

const statusCode = fc.oneof(
  { weight: 1, arbitrary: fc.constant(200) },
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      200,
      400,
      401,
      402,
      403,
      404,
      408,
      409,
      413,
      422,
      429,
      500,
      502,
      503,
      504,
      520,
      524,
      529,
      530,
    ),
  },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 599 }) },
);
/** What is told apart by its words, with the status that goes with them. */
const told = fc
  .tuple(
    fc.constantFrom(400, 401, 403),
    fc.constantFrom("permission_error", "authentication_error"),
    fc.constantFrom(...MESSAGES),
  )
  .map(([code, type, text]): Outcome => ({
    kind: "reply",
    status: code,
    headers: new Headers(),
    text: JSON.stringify({ type: "error", error: { type, message: text } }),
    contentType: "application/json",
  }));
export const outcome = fc.oneof(
  { weight: 2, arbitrary: told },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<Failure>("refused", "unknown_host", "tls", "reset", "closed", "timeout", "cut", "other")
      .map((failure): Outcome => ({ kind: "error", failure })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...TYPES, "", "\u0000"), errorText)
      .map(([type, text]): Outcome => ({ kind: "stream_error", type, text })),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(
        statusCode,
        errorText,
        fc.constantFrom(
          "application/json",
          "application/json",
          "application/json",
          "text/html; charset=utf-8",
          "TEXT/HTML",
          null,
          "",
        ),
      )
      .map(([code, text, contentType]): Outcome => ({
        kind: "reply",
        status: code,
        headers: new Headers(),
        text: code < 400 ? "" : text,
        contentType,
      })),
  },
);
export const context = fc.record({
  target: fc.constantFrom<JudgeContext["target"]>("account", "account", "key", "client"),
  refreshed: fc.boolean(),
  path: fc.constantFrom(
    "/v1/messages",
    "/v1/messages",
    "/v1/messages/",
    "/v1/messages/count_tokens",
    "/v1/complete",
    "/v1/models",
    "/v1/files",
    "/v1/%6dessages",
    "",
  ),
  model: fc.constantFrom("claude-opus-5", "claude-haiku-4-5", null),
});
