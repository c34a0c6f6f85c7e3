// One client request on its way through ccb: what is known of it, and the one log line it leaves.
import type { Asked } from "../balance/fleet.ts";
import type { Plan } from "../balance/plan.ts";
import type { Clock, Log } from "../core/ports.ts";
import type { Target } from "../provider/target.ts";
import type { Access } from "./access.ts";
import type { Peeked } from "./peek.ts";
import type { RequestBody } from "./request-body.ts";
import type { TraceWriter } from "./trace-record.ts";
import type { StreamEnd } from "./upstream-body.ts";

/** What the log line needs; filled in as it becomes known. */
export interface RequestLine {
  readonly id: string;
  readonly method: string;
  /** Without the query: a query may hold a secret, and the path goes into the log. */
  readonly path: string;
  model: string | null;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  attempts: number;
  /** The name of the caller's key; null: it needed none. */
  readonly key: string | null;
}

export interface Exchange {
  readonly line: RequestLine;
  readonly request: Request;
  readonly body: RequestBody;
  readonly peeked: Peeked;
  readonly asked: Asked;
  /** The configuration that was in force when the request came: it ends on that one. */
  readonly plan: Plan;
  readonly trace: TraceWriter;
  readonly access: Access;
}

/** How an exchange ended: with a reply's stream, or with an error of ccb's own. */
type Outcome = { readonly end: StreamEnd; readonly bytes: number } | { readonly error: string };

export interface ExchangeSummary {
  readonly target: Target | null;
  readonly status: number;
  /** Monotonic milliseconds; null where no byte came. */
  readonly firstByteAt: number | null;
  readonly outcome: Outcome;
}

/** Writes the line of a finished exchange. The account is its opaque id. */
export function logExchange(log: Log, clock: Clock, line: RequestLine, summary: ExchangeSummary): void {
  const { target, status, firstByteAt, outcome } = summary;
  log.info("request", {
    id: line.id,
    method: line.method,
    path: line.path,
    key: line.key ?? undefined,
    model: line.model ?? undefined,
    provider: target?.provider.name,
    account: target?.shown.account ?? undefined,
    status,
    attempts: line.attempts,
    first_byte_ms: firstByteAt === null ? undefined : Math.round(firstByteAt - line.startedAt),
    total_ms: Math.round(clock.monotonic() - line.startedAt),
    bytes: "bytes" in outcome ? outcome.bytes : 0,
    end: "end" in outcome ? outcome.end : undefined,
    error: "error" in outcome ? outcome.error : undefined,
  });
}
