// The way of one request: take the body, find a target that answers, hand the stream over and note how it ended.
import type { Persistence } from "../account/persistence.ts";
import type { Fleet } from "../balance/fleet.ts";
import type { Plan } from "../balance/plan.ts";
import type { TrackRecord } from "../balance/track-record.ts";
import { CcbError, ERROR_TABLE } from "../core/errors.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { Clock, Log } from "../core/ports.ts";
import { endToEnd } from "../provider/hop-by-hop.ts";
import { isMessages } from "../provider/path-kind.ts";
import { decodeErrorBody } from "../provider/read-error.ts";
import type { Target } from "../provider/target.ts";
import { assertModelAllowed } from "./access.ts";
import type { Access } from "./access.ts";
import { toAsked } from "./asked.ts";
import { joined } from "./beginning.ts";
import { logExchange } from "./exchange.ts";
import type { Exchange, RequestLine } from "./exchange.ts";
import { peekBody } from "./peek.ts";
import { toClientResponse } from "./reply.ts";
import { takeBody } from "./request-body.ts";
import type { Answered } from "./run.ts";
import type { Traces } from "./trace.ts";
import type { Chunk, StreamEnd } from "./upstream-body.ts";
import { createUsageTail, Tail } from "./tail.ts";
import { readUsage } from "./usage.ts";

export interface RelayDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly fleet: Fleet;
  readonly persistence: Persistence;
  readonly traces: Traces;
  readonly trackRecord: TrackRecord;
  /** The configuration that is in force for a request that comes now. */
  readonly plan: () => Plan;
  /** Finds the answer for the client. */
  readonly failover: (exchange: Exchange) => Promise<Answered>;
  /** The answer is about to end: what held for the connection during the exchange holds no longer. */
  readonly onEnding: (request: Request) => void;
}

export type Relay = (request: Request, path: string, id: string, access: Access) => Promise<Response>;

/** The name goes into the log; a client may put anything there. */
const LONGEST_MODEL = 100;
/** What a header may hold as it is (RFC 9110 §5.5). */
const ASCII = /^[\x20-\x7e]+$/;
/** The API answers browsers so; no page of another site may read what comes through ccb (Fetch §3.2.3). */
const CORS = ["origin", "credentials", "methods", "headers", "private-network"]
  .map((name) => `access-control-allow-${name}`)
  .concat("access-control-expose-headers", "access-control-max-age");
const NOTHING = { model: null, stream: false, maxTokens: null };
/** Replies that say which target holds a thing (affinity.ts): made, listed, or deleted. */
const HOLDINGS = /^\/v1\/(?:files|messages\/batches)(?:\/|$)/;
const COLLECTION = /^\/v1\/(?:files|messages\/batches)\/?$/;
/** Of a reply that may be a list of files or batches, bytes. */
const HOLDINGS_BYTES = 1024 * 1024;

/** What is read of a tail when the reply is over. */
type TailBytes = Pick<Tail, "bytes" | "complete" | "release">;

const NO_TAIL: TailBytes = { bytes: () => new Uint8Array(), complete: true, release: () => {} };

const encodingOf = ({ fields }: Answered["answer"]): string | null => fields["content-encoding"] ?? null;

/** Of an answer that is there whole. A class, as every request makes one. */
class Whole implements TailBytes {
  readonly complete = true;
  private readonly chunks: readonly Chunk[];

  constructor(chunks: readonly Chunk[]) {
    this.chunks = chunks;
  }

  bytes(): Uint8Array {
    return joined(this.chunks);
  }
  release(): void {}
}

/** The last bytes of an answer, as far as they will be looked at; of one that is there whole, all that there is. */
function tailOf(answer: Answered["answer"], holds: boolean): TailBytes {
  const { chunks, end } = answer.beginning;
  if (end === "complete" && chunks.length > 0) return new Whole(chunks);
  const tail = holds ? new Tail(HOLDINGS_BYTES) : createUsageTail(encodingOf(answer));
  answer.tap((chunk) => tail.add(chunk));
  return tail;
}

function toHeaders({ line }: Exchange, { response, fields }: Answered["answer"], target: Target): Headers {
  const { name } = target.provider;
  const headers = endToEnd(response.headers, fields);
  for (const header of CORS) if (fields[header] !== undefined) headers.delete(header);
  headers.set("x-ccb-request-id", line.id);
  headers.set("x-ccb-provider", ASCII.test(name) ? name : encodeURI(name));
  headers.set("x-ccb-attempts", String(line.attempts));
  const { account } = target.shown;
  if (account === null) headers.delete("x-ccb-account");
  else headers.set("x-ccb-account", account);
  return headers;
}

/** Creates the relay. It rejects with CcbError only; upstream errors are replies and come through as they are. */
export function createRelay(deps: RelayDeps): Relay {
  const { clock, log, fleet, traces, trackRecord } = deps;

  /** Notes which target holds the thread, file or batch of a reply, before the client can name it. */
  const noteHolding = ({ path, method }: RequestLine, { id }: Target, text: string): void =>
    fleet.affinity.noteReply(path, method, id, text);
  const textOf = (tail: TailBytes, encoding: string | null): string =>
    decodeErrorBody(tail.bytes(), encoding, HOLDINGS_BYTES);

  function hand(exchange: Exchange, answered: Answered): Response {
    const { line, asked, trace } = exchange;
    const { answer } = answered;
    const { target } = answered.begun;
    const { status, statusText } = answer.response;
    const headers = toHeaders(exchange, answer, target);
    if (target.kind === "account" && status < 400) deps.persistence.statistics.count(target.account.id);
    fleet.settle(target, asked);
    trace.committed(target, status, answer.firstByteAt);
    const message = isMessages(line.path);
    const holds = asked.thread || (!message && HOLDINGS.test(line.path));
    // What a file or a batch holds is nobody's business here.
    const tail = message || COLLECTION.test(line.path) ? tailOf(answer, holds) : NO_TAIL;

    const { body, beginning } = answer;
    const onEnd = endOf(exchange, answered, tail);
    if (body === null) onEnd("complete", 0);
    else body.onEnd(onEnd);
    return toClientResponse({ status, statusText, headers }, beginning, body);
  }

  /** What is done at the end. It holds on to neither of the bodies: a stream may last an hour. */
  function endOf({ line, asked, trace, request }: Exchange, { answer, begun, verdict }: Answered, tail: TailBytes) {
    const { target, flight } = begun;
    const { firstByteAt, heldText } = answer;
    const { status } = answer.response;
    const encoding = encodingOf(answer);
    const message = isMessages(line.path);
    const holds = status >= 200 && status < 300 && (asked.thread || (!message && HOLDINGS.test(line.path)));
    const serves = verdict.telling === 0;
    return (end: StreamEnd, bytes: number): void => {
      flight.end();
      deps.onEnding(request);
      if (holds) noteHolding(line, target, heldText === "" ? textOf(tail, encoding) : heldText);
      if (end === "broken" || end === "idle") trackRecord.broke(target.plainId, firstByteAt - line.startedAt);
      else if (serves) trackRecord.served(target.plainId, firstByteAt - line.startedAt);
      const shape = { sse: heldText !== "", encoding, complete: tail.complete };
      const tokens = message ? readUsage(heldText, tail.bytes(), shape) : null;
      tail.release();
      trace.end({ state: end === "discarded" ? "client_gone" : end, at: clock.monotonic(), bytes, tokens });
      logExchange(log, clock, line, { target, status, firstByteAt, outcome: { end, bytes } });
    };
  }

  return async (request, path, id, access) => {
    const line: RequestLine = {
      id,
      method: request.method,
      path,
      model: null,
      startedAt: clock.monotonic(),
      attempts: 0,
      key: access.key,
    };
    const plan = deps.plan();
    const { settings } = plan.config;
    const { strategy } = settings.balancing;
    const trace = traces.begin({
      id,
      startedAt: clock.now(),
      startedMonotonic: line.startedAt,
      method: request.method,
      path,
      key: access.key,
    });
    try {
      const limits = { wholeLimit: settings.max_body_mb * 1024 * 1024, idleMs: settings.timeouts.upload * 1000 };
      const body = await takeBody(request, path, limits, clock);
      const peeked = body.kind === "whole" ? peekBody(body.bytes) : NOTHING;
      line.model = peeked.model?.slice(0, LONGEST_MODEL) ?? null;
      assertModelAllowed(access, { method: request.method, path, body });
      const { headers } = request;
      const { asked, sessionId } = toAsked(fleet, { headers, path, body, model: line.model, plan, access });
      trace.request({ model: line.model, sessionId, stream: peeked.stream, strategy });
      const exchange = { line, request, body, peeked, asked, plan, trace, access };
      const answered = await deps.failover(exchange);
      // It is not sent again.
      if (body.kind === "whole") body.release?.();
      return hand(exchange, answered);
    } catch (error) {
      deps.onEnding(request);
      const { code, status } = described(error);
      trace.end({
        state: code === "client_gone" ? "client_gone" : "failed",
        at: clock.monotonic(),
        status,
        error: code,
      });
      logExchange(log, clock, line, { target: null, status, firstByteAt: null, outcome: { error: code } });
      throw error;
    }
  };
}

function described(error: unknown): { code: ErrorCode; status: number } {
  const code = error instanceof CcbError ? error.code : "internal";
  return { code, status: ERROR_TABLE[code].status };
}
