// A real upstream on loopback: scripted replies in order, or a handler; it records every request it gets.
import { serveWire, type Exchange, type ReceivedRequest, type WireOptions } from "./http-wire.ts";
import { error, type Reply } from "./replies.ts";

/** Whose token it is. */
export interface Identity {
  readonly accountUuid: string;
  readonly email: string;
  readonly organizationUuid: string;
  readonly organizationName: string;
}

export type Handler = (request: UpstreamRequest) => Reply | Promise<Reply>;

/** A request and the account its token belongs to, when the upstream checks tokens. */
export interface UpstreamRequest extends ReceivedRequest {
  readonly identity: Identity | undefined;
}

export interface UpstreamOptions extends WireOptions {
  /** Makes it check Bearer tokens as the real API does: unknown ones get the 401 of an expired token. */
  readonly authorize?: (token: string) => Identity | undefined;
}

export interface Upstream {
  /** http://127.0.0.1:PORT, no slash at the end. */
  readonly url: string;
  readonly port: number;
  /** In order of arrival of their heads; refused ones too. */
  readonly requests: readonly UpstreamRequest[];
  /** Authorized requests by account email. */
  readonly perAccount: ReadonlyMap<string, number>;
  /** Connections accepted so far. */
  readonly connections: number;
  /** Connections open now. */
  readonly open: number;
  /** Replies for the next requests, each used once. Requests that fail the token check use none. */
  script(...steps: (Reply | Handler)[]): void;
  /** Answers when the script is empty. */
  handle(handler: Handler): void;
  /** Answers before the body is read, then closes the connection; undefined: as usual. */
  handleHead(handler: (request: UpstreamRequest) => Reply | undefined): void;
  /** Resolves with the request of this number (from 0) as soon as its head is in; rejects after 10 s. */
  request(index: number): Promise<UpstreamRequest>;
  /** Throws when scripted replies are left over, a request found none, or a handler threw. */
  assertUsed(): void;
  /** Forgets requests, counts, script and faults; keeps handler and connections. */
  clear(): void;
  /** Resets all connections: what a restarted upstream looks like to a pool. */
  readonly dropConnections: () => void;
  readonly stop: () => Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export const OAUTH_BETA = "oauth-2025-04-20";

/** The API's own 401 and 403 words, which clients match on. */
const EXPIRED = "OAuth token has expired. Please obtain a new token or refresh your existing token.";

export async function startUpstream(options: UpstreamOptions = {}): Promise<Upstream> {
  const requests: UpstreamRequest[] = [];
  const perAccount = new Map<string, number>();
  const steps: (Reply | Handler)[] = [];
  const faults: string[] = [];
  const waiting = new Set<() => void>();
  let handler: Handler | undefined;
  let headHandler: ((request: UpstreamRequest) => Reply | undefined) | undefined;

  const choose = async (request: UpstreamRequest): Promise<Reply> => {
    const refusal = options.authorize ? refuse(request) : undefined;
    if (refusal) return refusal;
    if (request.identity) perAccount.set(request.identity.email, (perAccount.get(request.identity.email) ?? 0) + 1);
    const step = steps.shift() ?? handler;
    if (step === undefined) {
      faults.push(`no reply was scripted for ${request.method} ${request.url}`);
      return error(500, "api_error", "The test scripted no reply for this request.");
    }
    return typeof step === "function" ? await step(request) : step;
  };

  const answer = async (request: UpstreamRequest, exchange: Exchange): Promise<void> => {
    try {
      const reply = await choose(request);
      await reply.send(exchange);
    } catch (cause) {
      faults.push(`the handler for ${request.method} ${request.url} threw: ${String(cause)}`);
      exchange.reset();
    }
  };

  const known = new WeakMap<ReceivedRequest, UpstreamRequest>();
  const wire = await serveWire(
    {
      onHead: (received, exchange) => {
        const identity = received.bearer === undefined ? undefined : options.authorize?.(received.bearer);
        const request: UpstreamRequest = Object.create(received, {
          identity: { value: identity, enumerable: true },
        });
        known.set(received, request);
        requests.push(request);
        for (const wake of waiting) wake();
        return headHandler?.(request)?.send(exchange);
      },
      onRequest: async (received, exchange) => {
        const request = known.get(received);
        if (request) await answer(request, exchange);
      },
    },
    options,
  );

  return {
    url: `${options.tls ? "https" : "http"}://127.0.0.1:${wire.port}`,
    port: wire.port,
    requests,
    perAccount,
    get connections() {
      return wire.connections;
    },
    get open() {
      return wire.open;
    },
    script: (...more) => {
      steps.push(...more);
    },
    handle: (next) => {
      handler = next;
    },
    handleHead: (next) => {
      headHandler = next;
    },
    request: async (index) => {
      const deadline = Promise.withResolvers<never>();
      const timer = setTimeout(() => deadline.reject(new Error(`request ${index} did not arrive within 10 s`)), 10_000);
      try {
        for (;;) {
          const found = requests[index];
          if (found) return found;
          const arrival = Promise.withResolvers<void>();
          waiting.add(arrival.resolve);
          await Promise.race([arrival.promise, deadline.promise]).finally(() => waiting.delete(arrival.resolve));
        }
      } finally {
        clearTimeout(timer);
      }
    },
    assertUsed: () => {
      const left = steps.map((step) => (typeof step === "function" ? "a handler" : step.name));
      if (left.length > 0) faults.push(`scripted replies were not used: ${left.join(", ")}`);
      if (faults.length > 0) throw new Error(faults.join("\n"));
    },
    clear: () => {
      requests.length = 0;
      perAccount.clear();
      steps.length = 0;
      faults.length = 0;
    },
    dropConnections: wire.dropConnections,
    stop: wire.stop,
    [Symbol.asyncDispose]: wire.stop,
  };
}

/** The API's refusal of a request without a good token, or undefined. */
function refuse(request: UpstreamRequest): Reply | undefined {
  const unauthorized = (message: string): Reply =>
    error(401, "authentication_error", message, { "request-id": "req_scripted" });
  if (request.bearer === undefined) return unauthorized("x-api-key header is required");
  const betas = (request.header("anthropic-beta") ?? "").split(",").map((item) => item.trim());
  if (!betas.includes(OAUTH_BETA)) return unauthorized("OAuth authentication is currently not supported.");
  return request.identity ? undefined : unauthorized(EXPIRED);
}
