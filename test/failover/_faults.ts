// Everything that an upstream may do to one request, as a script can name it, and what that means by the failure table.
import { anthropicStream, sseEvent } from "../support/anthropic.ts";

/** What an answer means, in the words of the table; the oracle knows no more of it. */
export type Meaning =
  | { readonly kind: "serves" | "relayed" | "token" | "lost" | "throttle" | "credit" | "failed" | "network" | "silent" }
  | { readonly kind: "limit"; readonly scope: "target" | "model"; readonly milliseconds: number }
  /** Served, and the account's limit announced. */
  | { readonly kind: "announces"; readonly milliseconds: number }
  /** `after`: its retry-after, milliseconds. */
  | { readonly kind: "overload"; readonly after: number | null };

/** An answer of a scripted upstream. */
export interface Said {
  readonly meaning: Meaning;
  /** Milliseconds of the fake clock before it comes. */
  readonly delay: number;
  /** null: it never comes. */
  readonly reply: (() => Response) | { readonly code: string } | null;
}

export interface Fault {
  readonly name: FaultName;
  /** Of a limit. */
  readonly seconds: number;
}

const EVENTS = anthropicStream("served", 2);
const [START = ""] = EVENTS;
const SSE = { "content-type": "text/event-stream" };
const failure = (type: string): string => sseEvent("error", { type: "error", error: { type, message: `a ${type}` } });
const said = (meaning: Meaning, reply: Said["reply"], delay = 0): Said => ({ meaning, reply, delay });
const stream =
  (events: readonly string[], headers: Readonly<Record<string, string>> = {}) =>
  () =>
    new Response(events.join(""), { status: 200, headers: { ...SSE, ...headers } });
const error =
  (status: number, type: string, message: string, headers: Readonly<Record<string, string>> = {}) =>
  (): Response =>
    Response.json({ type: "error", error: { type, message } }, { status, headers });
const lost = (code: string): Said => said({ kind: "network" }, { code });
const unified = (fields: Readonly<Record<string, string | number>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [`anthropic-ratelimit-unified-${name}`, String(value)]),
  );

const SERVED = said({ kind: "serves" }, stream(EVENTS));
const EXPIRED = said({ kind: "token" }, error(401, "authentication_error", "OAuth token has expired."));
const OVERLOADED = said({ kind: "overload", after: null }, error(529, "overloaded_error", "Overloaded"));
const FAILED: Meaning = { kind: "failed" };
const PAGE = (): Response => new Response("<html>", { status: 502, headers: { "content-type": "text/html" } });

/** The events up to the first content, then the break of the connection. */
function broken(): Response {
  const bytes = new TextEncoder().encode(EVENTS.slice(0, 4).join(""));
  let sent = false;
  return new Response(
    new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent) controller.error(new Error("broken"));
        else controller.enqueue(bytes);
        sent = true;
      },
    }),
    { status: 200, headers: SSE },
  );
}

interface Asked {
  readonly seconds: number;
  /** Of this target's answers in this request, from 0. */
  readonly nth: number;
  /** Wall clock, milliseconds. */
  readonly now: number;
}

/** By name; the first serves. Limits begin whole seconds ahead, as the clock of a run does. */
export const FAULTS = {
  ok: () => SERVED,
  "token expired": ({ nth }: Asked) => (nth === 0 ? EXPIRED : SERVED),
  "stream breaks after content": () => said({ kind: "serves" }, broken),
  "error after content": () => said({ kind: "serves" }, stream([...EVENTS.slice(0, 4), failure("overloaded_error")])),
  "answers after 15 s": () => said({ kind: "serves" }, stream(EVENTS), 15_000),
  "announces its limit": ({ seconds, now }: Asked) =>
    said(
      { kind: "announces", milliseconds: resetIn(seconds, now) },
      stream(EVENTS, unified({ "5h-status": "rejected", "5h-reset": resetAt(seconds, now) })),
    ),
  "400": () => said({ kind: "relayed" }, error(400, "invalid_request_error", "no")),
  refused: () => lost("ECONNREFUSED"),
  "unknown host": () => lost("ENOTFOUND"),
  "bad certificate": () => lost("DEPTH_ZERO_SELF_SIGNED_CERT"),
  reset: () => lost("ECONNRESET"),
  silence: () => said({ kind: "silent" }, null),
  "500": () => said(FAILED, error(500, "api_error", "no")),
  "503 after 10 s": () => said(FAILED, error(503, "api_error", "no"), 10_000),
  page: () => said(FAILED, PAGE),
  "first event: api_error": () => said(FAILED, stream([START, failure("api_error")])),
  "empty stream": () => said(FAILED, stream([])),
  "first event: overloaded": () =>
    said({ kind: "overload", after: null }, stream([START, failure("overloaded_error")])),
  "529": () => OVERLOADED,
  "529 once": ({ nth }: Asked) => (nth === 0 ? OVERLOADED : SERVED),
  "529, retry-after 3": () =>
    said({ kind: "overload", after: 3_000 }, error(529, "overloaded_error", "Overloaded", { "retry-after": "3" })),
  "529, retry-after 60": () =>
    said({ kind: "overload", after: 60_000 }, error(529, "overloaded_error", "Overloaded", { "retry-after": "60" })),
  throttle: () => said({ kind: "throttle" }, error(429, "rate_limit_error", "throttled")),
  "limit by retry-after": ({ seconds }: Asked) =>
    said(
      { kind: "limit", scope: "target", milliseconds: seconds * 1000 },
      error(429, "rate_limit_error", "limit", { "retry-after": String(seconds) }),
    ),
  "limit by window": ({ seconds, now }: Asked) =>
    said(
      { kind: "limit", scope: "target", milliseconds: resetIn(seconds, now) },
      error(429, "rate_limit_error", "limit", unified({ "5h-status": "rejected", "5h-reset": resetAt(seconds, now) })),
    ),
  "limit of the model": ({ seconds, now }: Asked) =>
    said(
      { kind: "limit", scope: "model", milliseconds: resetIn(seconds, now) },
      error(
        429,
        "rate_limit_error",
        "limit",
        unified({ "5h-status": "allowed", "7d_oi-status": "rejected", "7d_oi-reset": resetAt(seconds, now) }),
      ),
    ),
  "no money": () => said({ kind: "credit" }, error(402, "billing_error", "money")),
  "token refused": () => said({ kind: "token" }, error(401, "authentication_error", "Invalid bearer token")),
  "account shut out": () =>
    said({ kind: "lost" }, error(403, "permission_error", "This organization has been disabled.")),
} satisfies Record<string, (asked: Asked) => Said>;

export type FaultName = keyof typeof FAULTS;
const isName = (text: string): text is FaultName => text in FAULTS;
export const NAMES: readonly FaultName[] = Object.keys(FAULTS).filter(isName);

const resetAt = (seconds: number, now: number): number => Math.floor(now / 1000) + seconds;
const resetIn = (seconds: number, now: number): number => resetAt(seconds, now) * 1000 - now;
