// One try of a request at one upstream, up to its response headers. Tells client abort, time-out and failure apart.
import { CcbError, codeOf } from "../core/errors.ts";
import type { Cancel, Clock, Fetch, FetchInit } from "../core/ports.ts";
import type { Failure } from "../provider/outcome.ts";
import { clientGone } from "./client-gone.ts";
import type { ConnectionPlan } from "./connections.ts";
import type { RequestBody } from "./request-body.ts";

export interface AttemptInput {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: RequestBody;
  readonly route: { readonly proxy: string | false; readonly tls?: { readonly ca: readonly string[] } };
  /** The provider's name, for messages. */
  readonly provider: string;
  /** The client's: it ends the attempt at any time. */
  readonly signal: AbortSignal;
}

export interface AttemptReply {
  readonly response: Response;
  /** Ends the exchange with the upstream; harmless when it is over. */
  abort(): void;
  /** The client's abort ended it. */
  clientGone(): boolean;
  /** The exchange is over, to its end or not: let go of the client's signal. */
  release(complete: boolean): void;
}

export const SILENT = Symbol("silent");

/** A laptop that was offline is back within seconds: the client asks again soon, however often this happens. */
const UNREACHABLE_RETRY_SECONDS = 3;

/**
 * Controllers of exchanges that came to their end, which never aborted and that nothing listens to any more: making one
 * for each request costs more memory than anything else in the relay.
 */
const idleControllers: AbortController[] = [];
const MOST_IDLE = 256;

type Ended = "client" | "timeout" | "silent" | null;

/** One exchange with an upstream, and what may end it early. */
class Attempt {
  private readonly controller = idleControllers.pop() ?? new AbortController();
  private readonly client: AbortSignal;
  private handedBack = false;
  ended: Ended = null;

  constructor(client: AbortSignal) {
    this.client = client;
    client.addEventListener("abort", this, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The client has left. */
  handleEvent(): void {
    this.end("client");
  }

  end(reason: Ended): void {
    this.ended ??= reason;
    this.abort();
  }

  abort(): void {
    // Once it is idle it may be another exchange's.
    if (!this.handedBack) this.controller.abort();
  }

  release(complete: boolean): void {
    this.client.removeEventListener("abort", this);
    if (!complete || this.handedBack || this.signal.aborted || idleControllers.length >= MOST_IDLE) return;
    this.handedBack = true;
    idleControllers.push(this.controller);
  }
}

class Reply implements AttemptReply {
  readonly response: Response;
  private readonly attempt: Attempt;

  constructor(response: Response, attempt: Attempt) {
    this.response = response;
    this.attempt = attempt;
  }

  abort(): void {
    this.attempt.abort();
  }
  clientGone(): boolean {
    return this.attempt.ended === "client";
  }
  release(complete: boolean): void {
    this.attempt.release(complete);
  }
}

/** How it may be sent. */
export interface AttemptBounds {
  readonly plan: ConnectionPlan;
  /** Until the response headers, milliseconds; 0: none. */
  readonly firstByteMs: number;
}

/**
 * Sends one attempt. Resolves SILENT where a possibly reused connection said nothing in time. Rejects with
 * `client_gone`, `upstream_timeout` or `upstream_unreachable`.
 */
export async function sendAttempt(
  fetch: Fetch,
  clock: Clock,
  input: AttemptInput,
  bounds: AttemptBounds,
): Promise<AttemptReply | typeof SILENT> {
  if (input.signal.aborted) throw clientGone();
  const attempt = new Attempt(input.signal);
  const cancel = limit(clock, bounds, attempt);
  try {
    const response = await fetch(input.url, toInit(input, bounds, attempt.signal));
    return new Reply(response, attempt);
  } catch (error) {
    attempt.release(false);
    if (attempt.ended === "silent") return SILENT;
    throw toError(error, attempt.ended, input.provider, bounds);
  } finally {
    cancel();
  }
}

/** Whichever comes first: the silence that makes a reused connection suspect, or the time-out. */
function limit(clock: Clock, { plan, firstByteMs }: AttemptBounds, attempt: Attempt): Cancel {
  const silent = plan.silenceMs > 0 && (firstByteMs <= 0 || plan.silenceMs < firstByteMs);
  const milliseconds = silent ? plan.silenceMs : firstByteMs;
  return milliseconds > 0 ? clock.after(milliseconds, () => attempt.end(silent ? "silent" : "timeout")) : () => {};
}

function toInit(input: AttemptInput, { plan }: AttemptBounds, signal: AbortSignal): FetchInit {
  const { body, headers } = input;
  // With a length the upload stays one; without, it is chunked as the client's was.
  if (body.kind === "once" && body.contentLength !== null) headers.set("content-length", body.contentLength);
  return {
    method: input.method,
    headers,
    body: body.kind === "whole" ? body.bytes : body.kind === "once" ? body.stream : null,
    signal,
    redirect: "manual",
    decompress: false,
    timeout: false,
    keepalive: plan.keepalive,
    ...input.route,
  };
}

function toError(error: unknown, ended: Ended, provider: string, { firstByteMs }: AttemptBounds): CcbError {
  // An upload that failed on the client's side surfaces here as fetch's failure: the reason is its own error.
  if (error instanceof CcbError) return error;
  if (ended === "client") return clientGone(error);
  if (ended === "timeout") {
    return new CcbError(
      "upstream_timeout",
      (words) => words.relay.upstreamTimeout({ provider, seconds: firstByteMs / 1000 }),
      { cause: error },
    );
  }
  const code = codeOf(error);
  if (notSent(code) === null) return lost(provider, code, error);
  return new CcbError("upstream_unreachable", (words) => words.relay.upstreamUnreachable({ provider, code }), {
    cause: error,
    retryAfterSeconds: UNREACHABLE_RETRY_SECONDS,
  });
}

/** An upstream that was reached, and gave no answer that is one. */
export function lost(provider: string, code: string, cause?: unknown): CcbError {
  return new CcbError("upstream_lost", (words) => words.relay.upstreamLost({ provider, code }), { cause });
}

/** These prove that nothing was sent (facts/bun, "connect"); a proxy that opens no tunnel proves it, too. */
const NOT_SENT: ReadonlyMap<string, Failure> = new Map([
  ["ECONNREFUSED", "refused"],
  ["EHOSTUNREACH", "refused"],
  ["ENETUNREACH", "refused"],
  ["EHOSTDOWN", "refused"],
  ["ENETDOWN", "refused"],
  ["EADDRNOTAVAIL", "refused"],
  ["ERR_PROXY_TUNNEL", "refused"],
  ["UnsupportedProxyProtocol", "refused"],
  // No descriptor for the connection.
  ["EMFILE", "refused"],
  ["ENFILE", "refused"],
  ["ENOTFOUND", "unknown_host"],
  // What the resolver's library says where the system gave it no descriptor, or no answer that it could read.
  ["ESERVFAIL", "unknown_host"],
  ["EAI_AGAIN", "unknown_host"],
  ["EAI_FAIL", "unknown_host"],
  ["EPROTO", "tls"],
]);
/** OpenSSL's words for a certificate that is not to be trusted, and Node's for a name that is not in it. */
const CERTIFICATE = /CERT|^ERR_TLS_|^ERR_SSL_|^UNABLE_TO_/;

/** What a code of fetch proves: that nothing was sent, and why. null: nothing. */
export function notSent(code: string): Failure | null {
  return NOT_SENT.get(code) ?? (CERTIFICATE.test(code) ? "tls" : null);
}

/** How an attempt failed that `sendAttempt` rejected. */
export function failureOf(error: CcbError): Failure {
  if (error.code === "upstream_timeout") return "timeout";
  const code = codeOf(error.cause);
  return notSent(code) ?? (code === "ECONNRESET" || code === "EPIPE" ? "reset" : "other");
}
