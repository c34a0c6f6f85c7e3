// Whether a request may be sent again elsewhere after it was sent once.
import type { Exchange } from "./exchange.ts";
import type { Tried } from "./trial.ts";

/** RFC 9110 §9.2.2; sent twice they do what once does. */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);
/** These make nothing that stays: what a second try may cost is known, and wanted. */
const MESSAGES = /^\/v1\/(?:messages(?:\/count_tokens)?|complete)\/?$/;
/** The upstream says that it has not taken the request. */
const NOT_TAKEN = new Set([503, 529]);

/**
 * A body that passed through once is gone. What may have made something (a batch, a file) is sent again only where the
 * first upstream certainly did not.
 */
export function isRepeatable({ line, body }: Exchange, tried: Extract<Tried, { kind: "answer" | "failure" }>): boolean {
  if (body.kind === "once") return false;
  if (IDEMPOTENT.has(line.method) || MESSAGES.test(line.path)) return true;
  if (tried.kind === "failure") return tried.verdict.replay === "safe";
  const { status } = tried.answer.response;
  return status >= 400 && (status < 500 || NOT_TAKEN.has(status));
}
