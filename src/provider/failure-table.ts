// The failure table: what a reply or an error of an upstream means for the request and for the choice. Pure; the first
// row that matches decides. The words in quotes are those of the issue "Balance and fail over like the best", 4. Its
// rows "after the commit point" and "client gone" are nobody's fault and the relay's own: they never come here.
import type { Bench } from "./bench.ts";
import { benchesOfCredit, benchesOfRefusal, benchesOfService, guess } from "./bench.ts";
import {
  saysAccountRefused,
  saysCreditSpent,
  saysNotEntitled,
  saysScopeMissing,
  saysTokenRefused,
} from "./error-envelope.ts";
import { serves } from "./limit-windows.ts";
import { rejects } from "./limits.ts";
import type { Failure, Seen } from "./outcome.ts";

/** Stable codes, for traces and `/providers`. */
export type Reason =
  | "served"
  | "limit_announced"
  | "request_refused"
  | "not_reached"
  | "connection_lost"
  | "upstream_silent"
  | "account_refused"
  | "token_refused"
  | "token_refused_again"
  | "scope_missing"
  | "key_refused"
  | "credit_spent"
  | "limit_reached"
  | "throttled"
  | "overloaded"
  | "upstream_failed"
  | "not_the_api";

/** What a row decides. */
export interface Ruling {
  /** refresh: renew the token, same target again; next: another target. */
  readonly action: "relay" | "refresh" | "next";
  /** For next: other_provider: none of this provider; other_provider_first: one of it only where there is no other. */
  readonly to: "any" | "other_provider_first" | "other_provider";
  /** For next, when there is no other: retry_here: once, after a short pause, if the client still waits. */
  readonly otherwise: "relay" | "retry_here";
  /** For next: this hop may happen once in a request. */
  readonly once: boolean;
  readonly benches: readonly Bench[];
  /** The account is lost until its owner signs in again. */
  readonly loginRequired: boolean;
  /** ambiguous: the request may have been carried out, another try may do it twice. */
  readonly replay: "safe" | "ambiguous" | null;
  /**
   * How much this reply tells the client if nobody serves: the greatest wins. What may be over in a moment comes before
   * what asks to wait for hours, since another target may be back by then. 0: never shown, ccb says it itself.
   */
  readonly telling: 0 | 1 | 2 | 3;
}

export interface Row {
  readonly reason: Reason;
  readonly when: (seen: Seen) => boolean;
  /** What differs from a plain relay. */
  readonly rule: (seen: Seen) => Partial<Ruling>;
}

const NEXT = { action: "next" } as const;
const ELSEWHERE = { action: "next", to: "other_provider_first" } as const;
const UNHEALTHY = new Set([500, 502, 503, 504, ...Array.from({ length: 9 }, (_, index) => 520 + index), 530]);

const failed = ({ failure }: Seen, ...failures: readonly Failure[]): boolean =>
  failure !== null && failures.includes(failure);
/** Another path that fails is no reason to take messages elsewhere. */
const ofMessages = ({ kind }: Seen, bench: Bench): readonly Bench[] => (kind === "messages" ? [bench] : []);
const creditRefused = ({ limits }: Seen): boolean =>
  limits.overageDisabledReason === "out_of_credits" && !rejects(limits, "account") && !serves(limits.status);
const limitNamed = ({ limits, message, now }: Seen): boolean =>
  rejects(limits, "account") ||
  rejects(limits, "model") ||
  (limits.retryAt !== null && limits.retryAt > now && !saysNotEntitled(message));

const TABLE: readonly Row[] = [
  // "connect refused, DNS, TLS": nothing was sent.
  {
    reason: "not_reached",
    when: (seen) => failed(seen, "refused", "unknown_host", "tls"),
    rule: () => ({ ...ELSEWHERE, replay: "safe", benches: [guess("provider", "network")] }),
  },
  // "reset or close before any response byte": the body may have been sent (facts/bun: ECONNRESET never proves it was not).
  {
    reason: "connection_lost",
    when: (seen) => failed(seen, "reset", "closed", "other"),
    rule: () => ({ ...ELSEWHERE, replay: "ambiguous", benches: [guess("provider", "network")] }),
  },
  // No row of its own: the upstream took the request and stayed silent, which is ill health rather than the network's.
  {
    reason: "upstream_silent",
    when: (seen) => failed(seen, "timeout", "cut"),
    rule: (seen) => ({
      ...ELSEWHERE,
      replay: "ambiguous",
      benches: failed(seen, "cut") ? [] : ofMessages(seen, guess("target", "unhealthy")),
    }),
  },
  // "HTML pages", before the statuses: no page of a proxy may cost an account its sign-in. 413 comes from Cloudflare (facts C).
  {
    reason: "not_the_api",
    when: notTheApi,
    rule: (seen) => ({ ...ELSEWHERE, benches: ofMessages(seen, guess("target", "unhealthy")), telling: 1 }),
  },
  // Limits are read "from every reply (200 too)".
  {
    reason: "limit_announced",
    when: (seen) => seen.status < 400 && benchesOfService(seen).length > 0,
    rule: (seen) => ({ benches: benchesOfService(seen) }),
  },
  { reason: "served", when: ({ status }) => status < 400, rule: () => ({}) },
  // "account-level refusals that come as 400/403": a list, before the token's rows, as renewing does not help.
  {
    reason: "account_refused",
    when: (seen) => seen.target === "account" && accountRefused(seen),
    rule: () => ({ ...NEXT, loginRequired: true }),
  },
  // "401 on an account"; and "403 that speaks of the injected OAuth token" (facts B): never the client's own login problem.
  {
    reason: "token_refused",
    when: (seen) => tokenRefused(seen) && !seen.refreshed,
    rule: () => ({ action: "refresh" }),
  },
  // An endpoint that takes no such tokens at all says the same: only messages tell that the account is lost.
  {
    reason: "token_refused_again",
    when: tokenRefused,
    rule: ({ kind }) => ({ ...NEXT, loginRequired: kind === "messages", telling: kind === "other" ? 1 : 0 }),
  },
  // Facts B: not fatal for inference, so the account stays; another account may have the scope.
  {
    reason: "scope_missing",
    when: ({ target, status, message }) => target === "account" && status === 403 && saysScopeMissing(message),
    rule: () => NEXT,
  },
  // "401 on a key": until reload. A closed account's key is as lost; there is no sign-in to renew.
  {
    reason: "key_refused",
    when: (seen) => seen.target === "key" && (seen.status === 401 || accountRefused(seen)),
    rule: (seen) => ({ ...NEXT, benches: ofMessages(seen, { scope: "key", official: false }), telling: 1 }),
  },
  // "402, billing_error, credit exhausted"; out_of_credits is the model's (facts C), if no shared window is spent.
  {
    reason: "credit_spent",
    when: (seen) =>
      seen.status === 402 ||
      seen.type === "billing_error" ||
      saysCreditSpent(seen.message) ||
      (seen.status === 429 && creditRefused(seen)),
    rule: (seen) => ({ ...NEXT, benches: benchesOfCredit(seen), telling: 2 }),
  },
  // "429 with a rejected window, a reset whose remaining is 0, or retry-after"; x-should-retry says nothing (facts C).
  {
    reason: "limit_reached",
    when: (seen) => seen.status === 429 && limitNamed(seen),
    rule: (seen) => ({ ...NEXT, benches: benchesOfRefusal(seen), telling: 2 }),
  },
  // "429 with neither": a throttle or an entitlement, not quota (facts B, C).
  { reason: "throttled", when: ({ status }) => status === 429, rule: () => ({ ...NEXT, once: true, telling: 3 }) },
  // "529": the provider's state; the type counts too, as gateways change the status.
  {
    reason: "overloaded",
    when: ({ status, type }) => status === 529 || (status >= 500 && type === "overloaded_error"),
    rule: (seen) => ({
      action: "next",
      to: "other_provider",
      otherwise: "retry_here",
      benches: ofMessages(seen, guess("provider", "overload")),
      telling: 3,
    }),
  },
  // "500 502 503 504 520–524", with Cloudflare's further ones of the same kind (525–528, 530).
  {
    reason: "upstream_failed",
    when: ({ status }) => UNHEALTHY.has(status),
    rule: (seen) => ({ ...ELSEWHERE, benches: ofMessages(seen, guess("target", "unhealthy")), telling: 3 }),
  },
];

/** "403 else, 400, 404, 409, 413, 422", a client's own 401 and 403, and whatever else is about the request. */
const OTHERWISE: Row = {
  reason: "request_refused",
  when: () => true,
  rule: (seen) => ({ benches: benchesOfService(seen) }),
};

function notTheApi({ page, status, target }: Seen): boolean {
  // What a client's own credential met is the client's to see.
  const ownRefusal = target === "client" && (status === 401 || status === 403);
  return page && !ownRefusal && status !== 413 && status !== 429 && status !== 529;
}

function accountRefused({ status, message }: Seen): boolean {
  return [400, 401, 403].includes(status) && saysAccountRefused(message);
}

function tokenRefused({ target, status, message }: Seen): boolean {
  return target === "account" && (status === 401 || (status === 403 && saysTokenRefused(message)));
}

/** The rows before it are those of failures and of pages: most replies are neither. */
const FIRST_OF_REPLIES = TABLE.findIndex(({ reason }) => reason === "limit_announced");

/** The first row that matches. */
export function rowOf(seen: Seen): Row {
  for (let at = seen.failure === null && !seen.page ? FIRST_OF_REPLIES : 0; at < TABLE.length; at += 1) {
    const row = TABLE[at];
    if (row?.when(seen) === true) return row;
  }
  return OTHERWISE;
}
