// What an error reply of the Messages API says of itself: its type and its message, and which messages mean the
// credential instead of the request. Matched on `error.message` alone, never on raw text, which may echo a prompt.
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

export interface ErrorEnvelope {
  /** `error.type`; null where the body is no envelope. */
  readonly type: string | null;
  /** `error.message`, or "". */
  readonly message: string;
}

const TypeSchema = Type.Object({ error: Type.Object({ type: Type.String() }) });
const MessageSchema = Type.Object({ error: Type.Object({ message: Type.String() }) });

/** Reads `{"type":"error","error":{"type","message"}}` (facts C); any other text has neither type nor message. */
export function parseEnvelope(text: string): ErrorEnvelope {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { type: null, message: "" };
  }
  return {
    type: Value.Check(TypeSchema, body) ? body.error.type : null,
    message: Value.Check(MessageSchema, body) ? body.error.message.trim() : "",
  };
}

/** The status that an error type stands for (facts C): a stream says it after its 200. Unknown types are the server's. */
const STATUS_OF: ReadonlyMap<string, number> = new Map([
  ["invalid_request_error", 400],
  ["authentication_error", 401],
  ["billing_error", 402],
  ["permission_error", 403],
  ["not_found_error", 404],
  ["conflict_error", 409],
  ["request_too_large", 413],
  ["rate_limit_error", 429],
  ["api_error", 500],
  ["timeout_error", 504],
  ["overloaded_error", 529],
]);
export const statusOfType = (type: string): number => STATUS_OF.get(type) ?? 500;

// Anchored at the start: a message about the request may quote it.

/** The account is closed or shut out, whatever the status: seen as 400 and as 403. */
const ACCOUNT_REFUSED = [
  /^(?:this|your) (?:organization|account) has been (?:disabled|suspended)/i,
  /^your organization has disabled claude subscription access/i,
  /^your account does not have access to claude/i,
];
/** A 403 that is about the OAuth token which ccb put in (facts B). */
const TOKEN_REFUSED = [
  /^oauth token has (?:been revoked|expired)/i,
  /^oauth authentication is currently not allowed for this organization/i,
];
/** A new token of the same sign-in has the same scopes: renewing does not help. */
const SCOPE_MISSING = [/^oauth token does not meet scope requirement/i];
const CREDIT_SPENT = [/^your credit balance is too low/i];
/** A 429 that is an entitlement, not a quota (facts B): waiting does not help, benching would be wrong. */
const NOT_ENTITLED = [/^extra usage is required/i];

const matcher =
  (patterns: readonly RegExp[]) =>
  (message: string): boolean =>
    patterns.some((pattern) => pattern.test(message));

export const saysAccountRefused = matcher(ACCOUNT_REFUSED);
export const saysTokenRefused = matcher(TOKEN_REFUSED);
export const saysScopeMissing = matcher(SCOPE_MISSING);
export const saysCreditSpent = matcher(CREDIT_SPENT);
export const saysNotEntitled = matcher(NOT_ENTITLED);

/**
 * The message as people may see it: one line, no control characters, at most 300 characters, and nothing that may be a
 * key, a token or an address.
 */
export function toShown(message: string): string | null {
  // oxlint-disable-next-line no-control-regex
  const line = message.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, " ").trim();
  // Before it is cut: half a secret would not be known for one.
  const plain = line.replaceAll(/sk-[\w-]{4,}|[\w.+-]+@[\w-]+\.[\w.-]+|[\w-]{32,}/g, "…");
  return plain === "" ? null : plain.slice(0, 300);
}
