// What came of one try at an upstream, and the facts of it that a verdict looks at. Pure.
import type { BenchInput } from "./bench.ts";
import type { ErrorEnvelope } from "./error-envelope.ts";
import { parseEnvelope, statusOfType } from "./error-envelope.ts";
import type { LimitReport } from "./limits.ts";
import { kindOfPath } from "./path-kind.ts";
import type { PathKind } from "./path-kind.ts";

/**
 * Before any response byte. refused, unknown_host and tls prove that nothing was sent (facts/bun, "connect"); cut: ccb had
 * no more time for it, which is not its fault.
 */
export type Failure = "refused" | "unknown_host" | "tls" | "reset" | "closed" | "timeout" | "cut" | "other";

export type Outcome =
  /** `text`: the decoded beginning of an error's body, else "". */
  | {
      readonly kind: "reply";
      readonly status: number;
      readonly headers: Headers;
      readonly text: string;
      readonly contentType: string | null;
    }
  | { readonly kind: "error"; readonly failure: Failure }
  /** A 200 whose first event is `error`: its `error.type` and its data. `type` "": it ended before its first content. */
  | { readonly kind: "stream_error"; readonly type: string; readonly text: string };

export interface JudgeContext {
  readonly target: "account" | "key" | "client";
  /** A renewed token was already tried in this request. */
  readonly refreshed: boolean;
  /** Without the query. */
  readonly path: string;
  readonly model: string | null;
  readonly limits: LimitReport;
  /** Wall clock, milliseconds. */
  readonly now: number;
}

export interface Seen extends JudgeContext, BenchInput, ErrorEnvelope {
  readonly failure: Failure | null;
  /** 0 where no reply came. */
  readonly status: number;
  /** A page of a firewall, a gateway or a captive portal. */
  readonly page: boolean;
}

/** A page where an answer of the API was wanted. */
function isPage({ status, headers, contentType }: Extract<Outcome, { kind: "reply" }>, kind: PathKind): boolean {
  if (headers.get("cf-mitigated") === "challenge") return true;
  // Other paths may well answer with one: a file's content, or a gateway that has no such route.
  return (kind !== "other" || status >= 500) && /^\s*(?:text\/html|application\/xhtml)/i.test(contentType ?? "");
}

const NO_ENVELOPE: ErrorEnvelope = { type: null, message: "" };

/** Looks at an outcome: an error inside a stream stands for the status of its type. */
export function see(outcome: Outcome, context: JudgeContext): Seen {
  const kind = kindOfPath(context.path);
  switch (outcome.kind) {
    case "error":
      return { ...context, kind, failure: outcome.failure, status: 0, page: false, type: null, message: "" };
    case "stream_error": {
      // Cut off before its content: what a gateway would call a bad one.
      const cutOff = outcome.type === "";
      return {
        ...context,
        kind,
        failure: null,
        status: cutOff ? 502 : statusOfType(outcome.type),
        page: false,
        type: cutOff ? null : outcome.type,
        message: cutOff ? "" : parseEnvelope(outcome.text).message,
      };
    }
    case "reply": {
      const { status } = outcome;
      const { type, message } = status >= 400 ? parseEnvelope(outcome.text) : NO_ENVELOPE;
      return { ...context, kind, failure: null, status, page: isPage(outcome, kind), type, message };
    }
  }
}
