// The one family of errors that ccb itself makes. Each has a stable code; the table says what it means over HTTP.
import { en } from "./words/en.ts";
import type { Words } from "./words/en.ts";

/** Anthropic's error types (facts: the error envelope of the Messages API). */
export type EnvelopeType =
  | "invalid_request_error"
  | "authentication_error"
  | "permission_error"
  | "not_found_error"
  | "conflict_error"
  | "request_too_large"
  | "rate_limit_error"
  | "api_error"
  | "timeout_error";

/** Every code, its status and its envelope type. 499 is nginx's word for a client that went away; nobody receives it. */
export const ERROR_TABLE = {
  // the caller's request
  invalid_request: { status: 400, type: "invalid_request_error" },
  invalid_json: { status: 400, type: "invalid_request_error" },
  invalid_fields: { status: 422, type: "invalid_request_error" },
  unsupported_media_type: { status: 415, type: "invalid_request_error" },
  method_not_allowed: { status: 405, type: "invalid_request_error" },
  foreign_page: { status: 403, type: "permission_error" },
  host_not_allowed: { status: 403, type: "permission_error" },
  plain_http_refused: { status: 403, type: "permission_error" },
  // the caller's key
  key_missing: { status: 401, type: "authentication_error" },
  key_unknown: { status: 401, type: "authentication_error" },
  key_role: { status: 403, type: "permission_error" },
  key_model: { status: 403, type: "permission_error" },
  key_target: { status: 403, type: "permission_error" },
  key_for_upstream: { status: 403, type: "permission_error" },
  key_rate: { status: 429, type: "rate_limit_error" },
  key_busy: { status: 429, type: "rate_limit_error" },
  not_found: { status: 404, type: "not_found_error" },
  body_too_large: { status: 413, type: "request_too_large" },
  upload_timeout: { status: 408, type: "invalid_request_error" },
  client_gone: { status: 499, type: "invalid_request_error" },
  // sign-in
  login_state_unknown: { status: 400, type: "invalid_request_error" },
  login_code_invalid: { status: 400, type: "invalid_request_error" },
  login_email_needed: { status: 400, type: "invalid_request_error" },
  login_in_progress: { status: 409, type: "conflict_error" },
  setup_token_invalid: { status: 400, type: "invalid_request_error" },
  not_renewable: { status: 409, type: "conflict_error" },
  account_unknown: { status: 404, type: "not_found_error" },
  // credentials
  login_required: { status: 401, type: "authentication_error" },
  credential_not_allowed_there: { status: 403, type: "permission_error" },
  keyring_unreadable: { status: 503, type: "api_error" },
  token_unavailable: { status: 503, type: "api_error" },
  // the token endpoint
  oauth_denied: { status: 502, type: "api_error" },
  oauth_rate_limited: { status: 429, type: "rate_limit_error" },
  oauth_unavailable: { status: 502, type: "api_error" },
  oauth_reply_invalid: { status: 502, type: "api_error" },
  // upstreams
  rate_limited: { status: 429, type: "rate_limit_error" },
  switched_off: { status: 503, type: "api_error" },
  provider_unknown: { status: 404, type: "not_found_error" },
  too_many_listeners: { status: 429, type: "rate_limit_error" },
  request_unknown: { status: 404, type: "not_found_error" },
  reload_refused: { status: 422, type: "invalid_request_error" },
  no_provider: { status: 503, type: "api_error" },
  upstream_unreachable: { status: 503, type: "api_error" },
  upstream_lost: { status: 502, type: "api_error" },
  upstream_timeout: { status: 504, type: "timeout_error" },
  not_sent_again: { status: 503, type: "api_error" },
  // start-up and the rest
  address_in_use: { status: 500, type: "api_error" },
  store_held: { status: 500, type: "api_error" },
  vault_failed: { status: 500, type: "api_error" },
  // the commands that speak to a running ccb
  server_down: { status: 503, type: "api_error" },
  server_silent: { status: 504, type: "timeout_error" },
  server_foreign: { status: 502, type: "api_error" },
  server_said: { status: 502, type: "api_error" },
  internal: { status: 500, type: "api_error" },
} as const satisfies Record<string, { status: number; type: EnvelopeType }>;

export type ErrorCode = keyof typeof ERROR_TABLE;

/** Whether a text is one of the codes. */
export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(ERROR_TABLE, text);

/** Says the message in a language: the catalogue is chosen at the edge, where the reader is known. */
export type Say = (words: Words) => string;

export interface CcbErrorOptions {
  readonly cause?: unknown;
  /** Seconds after which another try makes sense; becomes `retry-after`. */
  readonly retryAfterSeconds?: number;
}

/** An error with a stable code, a message that says what to do next, and the evidence in `cause`. */
export class CcbError extends Error {
  override readonly name = "CcbError";
  readonly code: ErrorCode;
  readonly say: Say;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, say: Say, options: CcbErrorOptions = {}) {
    super(say(en), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.say = say;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The code of a failure for a log line: the system's or fetch's own word, never its message. */
export function codeOf(error: unknown): string {
  if (error instanceof CcbError) return error.code;
  if (typeof error === "object" && error !== null && "code" in error) {
    if (typeof error.code === "string") return error.code;
  }
  return error instanceof Error ? error.name : typeof error;
}
