// The one place where an error becomes an HTTP response.
import { CcbError, ERROR_TABLE } from "../core/errors.ts";
import { wordsOf } from "../core/language.ts";
import type { Language } from "../core/language.ts";
import { PATIENCE_SECONDS } from "../core/patience.ts";

/**
 * The Anthropic envelope for an error. What is no CcbError is a fault of ccb: its text stays hidden.
 * `x-should-retry: false` shows a 4xx to the person at once, where a bare 401 would be tried again for minutes.
 */
export function toErrorResponse(error: unknown, language: Language, requestId: string): Response {
  const known =
    error instanceof CcbError ? error : new CcbError("internal", (words) => words.http.internal, { cause: error });
  const { status, type } = ERROR_TABLE[known.code];
  const headers = new Headers({
    "content-type": "application/json",
    "x-ccb-request-id": requestId,
    // For programs: several codes share a status and a type.
    "x-ccb-error": known.code,
  });
  const { retryAfterSeconds } = known;
  if (retryAfterSeconds !== undefined) headers.set("retry-after", String(Math.max(1, Math.ceil(retryAfterSeconds))));
  const temporary = status >= 500 || (status === 429 && (retryAfterSeconds ?? 0) <= PATIENCE_SECONDS);
  if (!temporary) headers.set("x-should-retry", "false");
  const message = known.say(wordsOf(language));
  return new Response(JSON.stringify({ type: "error", error: { type, message }, request_id: requestId }), {
    status,
    headers,
  });
}
