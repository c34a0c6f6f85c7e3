// The token endpoint (RFC 6749 §3.2), as pairs: one function says what to send, the other what a reply means.
//
// oauth4webapi was considered: this server takes JSON where the library builds forms, answers with `error` objects
// where it expects strings, and the library draws its randomness from a global. Around it, more code would be left
// than it saves.
import { Type } from "@sinclair/typebox";
import type { Static, TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { CcbError } from "../core/errors.ts";
import { Secret } from "../core/secret.ts";
import type { EndpointReply, OAuthClient } from "./client.ts";
import { parseRetryAfter } from "./retry-after.ts";

/** What a token reply says. Only the access token is certain; the rest may be missing. */
export interface TokenReply {
  readonly access: Secret;
  /** null: the server sent none, the old one stays valid. */
  readonly refresh: Secret | null;
  /** Seconds. */
  readonly expiresIn: number;
  /** null: not said, so as asked (RFC 6749 §5.1). */
  readonly scopes: readonly string[] | null;
  readonly accountUuid: string | null;
  readonly email: string | null;
  readonly organizationUuid: string | null;
  readonly organizationName: string | null;
}

/**
 * What a refusal means, whatever its HTTP status (facts A, "Token endpoint answer"):
 * invalid_grant: the code or the refresh token is spent; rate_limited: later; blocked: a page of a firewall, no verdict
 * on the token; refused: the network or the account is not allowed, trying again does not help; unavailable: later;
 * invalid_reply: a success that is none.
 */
export type Refusal = "invalid_grant" | "rate_limited" | "blocked" | "refused" | "unavailable" | "invalid_reply";

export interface TokenRefusal {
  readonly refusal: Refusal;
  readonly status: number;
  /** The server's own `error` code, for the log. */
  readonly error: string | null;
  readonly retryAfterSeconds: number | null;
}

/** Parameters of RFC 6749 §4.1.3 with RFC 7636 §4.5, and `state`, which this server wants too. */
export function toExchangeRequest(
  client: Pick<OAuthClient, "client_id" | "redirect_uri">,
  code: Secret,
  state: string,
  verifier: Secret,
): Record<string, string> {
  return {
    grant_type: "authorization_code",
    code: code.reveal(),
    state,
    client_id: client.client_id,
    redirect_uri: client.redirect_uri,
    code_verifier: verifier.reveal(),
  };
}

/** Parameters of RFC 6749 §6. No `scope`: the server has answered `invalid_scope` to it (facts A). */
export function toRefreshRequest(client: OAuthClient, refresh: Secret): Record<string, string> {
  return { grant_type: "refresh_token", refresh_token: refresh.reveal(), client_id: client.client_id };
}

/** Parameters of RFC 7009 §2.1. */
export function toRevocationRequest(
  client: OAuthClient,
  token: Secret,
  hint: "access_token" | "refresh_token",
): Record<string, string> {
  return { token: token.reveal(), token_type_hint: hint, client_id: client.client_id };
}

// A token goes into a header field later: RFC 6750 §2.1 allows visible ASCII.
const Token = Type.String({ pattern: "^[\\x21-\\x7e]+$", maxLength: 16_384 });
const SuccessSchema = Type.Object({ access_token: Token });
/** RFC 6749 §7.1: a token of a type that one does not know is not to be used. Said in any other way, it is not said. */
const OtherTypeSchema = Type.Object({ token_type: Type.String({ pattern: "^(?![Bb][Ee][Aa][Rr][Ee][Rr]$)." }) });
const LifetimeSchema = Type.Object({ expires_in: Type.Number({ minimum: 0, maximum: 10 * 365 * 86_400 }) });
/** RFC 6749 §5.1 only recommends `expires_in`: without a sensible one, a short life. Dropping a rotated token costs the account. */
const ASSUMED_LIFETIME_SECONDS = 3_600;
/** RFC 6749 appendix A.17: VSCHAR, with the blank. It goes into no header, and the reply itself is bounded. */
const RefreshTokenSchema = Type.Object({ refresh_token: Type.String({ pattern: "^[\\x20-\\x7e]+$" }) });
const ScopeSchema = Type.Object({ scope: Type.String({ maxLength: 4_096 }) });
const AccountSchema = Type.Object({ account: Type.Object({ uuid: Type.String({ minLength: 1, maxLength: 200 }) }) });
// Goes to the console and the log: nothing that a terminal obeys (ESC, or CSI as one character), no blanks, no turns of
// the reading direction, no halves of surrogate pairs.
const SHOWN = String.raw`(?:[^\s\0-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])`;
const EmailSchema = Type.Object({
  account: Type.Object({
    email_address: Type.String({ pattern: `^${SHOWN}+@${SHOWN}+$`, maxLength: 320 }),
  }),
});
const OrganizationSchema = Type.Object({
  organization: Type.Object({ uuid: Type.String({ minLength: 1, maxLength: 200 }) }),
});
const OrganizationNameSchema = Type.Object({
  organization: Type.Object({ name: Type.String({ minLength: 1, maxLength: 200 }) }),
});
const ErrorTextSchema = Type.Object({ error: Type.String() });
const ErrorObjectSchema = Type.Object({ error: Type.Object({ type: Type.String() }) });

/** An optional field of the wrong shape is left out, never a reason to drop a token that the server has already rotated. */
function optional<S extends TSchema, R>(schema: S, value: unknown, pick: (value: Static<S>) => R): R | null {
  return Value.Check(schema, value) ? pick(value) : null;
}

/** The tokens in a reply, or what the refusal means. Never throws; never repeats the reply's text. */
export function processTokenReply(reply: EndpointReply, nowMs: number): TokenReply | TokenRefusal {
  const body = parseJson(reply.text);
  // RFC 6749 §5.1 says 200; a gateway may make another success of it (203, RFC 9110 §15.3.4).
  if (reply.status >= 200 && reply.status < 300) {
    if (!Value.Check(SuccessSchema, body) || Value.Check(OtherTypeSchema, body))
      return refusal("invalid_reply", reply, null, nowMs);
    return {
      access: new Secret(body.access_token),
      refresh: optional(RefreshTokenSchema, body, (value) => new Secret(value.refresh_token)),
      expiresIn: optional(LifetimeSchema, body, (value) => value.expires_in) ?? ASSUMED_LIFETIME_SECONDS,
      scopes: optional(ScopeSchema, body, (value) => value.scope.split(" ").filter((scope) => scope !== "")),
      accountUuid: optional(AccountSchema, body, (value) => value.account.uuid),
      email: optional(EmailSchema, body, (value) => value.account.email_address),
      organizationUuid: optional(OrganizationSchema, body, (value) => value.organization.uuid),
      organizationName: optional(OrganizationNameSchema, body, (value) => clean(value.organization.name)),
    };
  }
  const error =
    optional(ErrorTextSchema, body, (value) => value.error) ??
    optional(ErrorObjectSchema, body, (value) => value.error.type);
  return refusal(meaningOf(reply, error), reply, error, nowMs);
}

/** By the `error` code where there is one: the status alone has meant different things (facts A). */
function meaningOf(reply: EndpointReply, error: string | null): Refusal {
  if (error === "invalid_grant") return "invalid_grant";
  if (error === "rate_limit_error" || reply.status === 429) return "rate_limited";
  if (reply.mitigated || (error === null && /html/i.test(reply.contentType))) {
    return reply.status >= 500 ? "unavailable" : "blocked";
  }
  if (reply.status >= 500 || reply.status === 404 || reply.status === 408) return "unavailable";
  return "refused";
}

function refusal(kind: Refusal, reply: EndpointReply, error: string | null, nowMs: number): TokenRefusal {
  return {
    refusal: kind,
    status: reply.status,
    // A code is a short word; anything else could be an echo of what was sent.
    error: error !== null && /^[a-z_]{1,40}$/.test(error) ? error : null,
    retryAfterSeconds: parseRetryAfter(reply.retryAfter, nowMs),
  };
}

export function isRefusal(reply: TokenReply | TokenRefusal): reply is TokenRefusal {
  return "refusal" in reply;
}

/** The error a person sees for a refusal. */
export function toError({ refusal: kind, status, retryAfterSeconds }: TokenRefusal): CcbError {
  const retry = retryAfterSeconds === null ? {} : { retryAfterSeconds };
  switch (kind) {
    case "invalid_grant":
      return new CcbError("login_code_invalid", (words) => words.login.codeRefused);
    case "rate_limited":
      return new CcbError("oauth_rate_limited", (words) => words.login.rateLimited, {
        retryAfterSeconds: retryAfterSeconds ?? 60,
      });
    case "blocked":
      return new CcbError("oauth_unavailable", (words) => words.login.blocked, retry);
    case "refused":
      return new CcbError("oauth_denied", (words) => words.login.refused({ status }));
    case "unavailable":
      return new CcbError("oauth_unavailable", (words) => words.login.endpointFailed({ status }), retry);
    case "invalid_reply":
      return new CcbError("oauth_reply_invalid", (words) => words.login.replyInvalid);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A name from outside that is shown and put into paths: nothing that a terminal obeys, no brackets that ccb itself adds. */
function clean(name: string): string | null {
  const cleaned = name
    .toWellFormed()
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069()]/g, " ")
    .trim();
  return cleaned === "" ? null : cleaned;
}
