// The way of one request: take the body, choose targets, try them up to the first byte, hand the stream over.
import type { AccountStore } from "../account/store.ts";
import type { Persistence } from "../account/persistence.ts";
import type { Config } from "../config/config.ts";
import { CcbError, ERROR_TABLE } from "../core/errors.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { Clock, Fetch, Log } from "../core/ports.ts";
import type { Secret } from "../core/secret.ts";
import type { Route } from "../oauth/client.ts";
import type { Refresher } from "../oauth/refresh.ts";
import { endToEnd } from "../provider/hop-by-hop.ts";
import { carriesClaudeToken, toUpstreamHeaders, toUpstreamUrl } from "../provider/prepare.ts";
import { targetsOf } from "../provider/target.ts";
import type { Target } from "../provider/target.ts";
import { SILENT, sendAttempt } from "./attempt.ts";
import type { AttemptReply } from "./attempt.ts";
import { availableTargets } from "./available.ts";
import type { Connections } from "./connections.ts";
import { logExchange } from "./exchange.ts";
import type { Exchange, RequestLine } from "./exchange.ts";
import { peekBody } from "./peek.ts";
import { toClientResponse } from "./reply.ts";
import { takeBody } from "./request-body.ts";
import { signatureFor } from "./sign.ts";

export interface RelayDeps {
  readonly config: Config;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: AccountStore;
  readonly persistence: Persistence;
  readonly refresher: Refresher;
  readonly connections: Connections;
  readonly routeOf: (provider: Target["provider"]) => ReturnType<Route>;
  /** The error that asks the person to sign in; it also says so on the console. */
  readonly loginRequired: (provider: string) => CcbError;
  /** The answer is about to end: what held for the connection during the exchange holds no longer. */
  readonly onEnding: (request: Request) => void;
  /** An upstream refused even a token that was renewed a moment ago. */
  readonly onRefused: (accountId: string) => void;
}

export type Relay = (request: Request, path: string, id: string) => Promise<Response>;

/** The name goes into the log; a client may put anything there. */
const LONGEST_MODEL = 100;
/** What a header may hold as it is (RFC 9110 §5.5). */
const ASCII = /^[\x20-\x7e]+$/;
const NOTHING = { model: null, stream: false, maxTokens: null };

interface Sent {
  readonly reply: AttemptReply;
  readonly token: Secret | null;
  /** It came on a connection of the pool: what a connection of its own brings says nothing about pooled ones. */
  readonly pooled: boolean;
}

/** Creates the relay. It rejects with CcbError only; upstream errors are replies and come through as they are. */
export function createRelay(deps: RelayDeps): Relay {
  const { config, clock, log, connections } = deps;
  const { timeouts } = config.settings;
  const limits = { wholeLimit: config.settings.max_body_mb * 1024 * 1024, idleMs: timeouts.upload * 1000 };
  /** Settled at start: a provider's proxy and authorities do not change while it serves. */
  const routes = new Map(config.providers.map((provider) => [provider, deps.routeOf(provider)]));
  let turn = 0;
  const cached: { accounts: ReturnType<AccountStore["all"]> | null; targets: readonly Target[] } = {
    accounts: null,
    targets: [],
  };

  function targets(): readonly Target[] {
    const accounts = deps.store.all();
    if (cached.accounts !== accounts)
      Object.assign(cached, { accounts, targets: targetsOf(config.providers, accounts) });
    return cached.targets;
  }

  /** Sends to one target; where a reused connection stays silent, once more on a new one. */
  async function send(exchange: Exchange, target: Target, rejected: Secret | null): Promise<Sent> {
    const signature = await signatureFor(target, deps.refresher, rejected);
    const { provider } = target;
    const input = {
      url: toUpstreamUrl(provider, exchange.request.url),
      method: exchange.request.method,
      headers: toUpstreamHeaders(exchange.request.headers, signature),
      body: exchange.body,
      firstByteMs: (exchange.stream ? timeouts.first_byte_stream : timeouts.first_byte) * 1000,
      route: routes.get(provider) ?? deps.routeOf(provider),
      provider: provider.name,
      signal: exchange.request.signal,
    };
    const plan = connections.plan(provider.origin, {
      method: exchange.line.method,
      path: exchange.line.path,
      stream: exchange.stream,
      maxTokens: exchange.maxTokens,
      bodyBytes: exchange.body.kind === "whole" ? exchange.body.bytes.byteLength : null,
      resendable: exchange.body.kind !== "once",
    });
    exchange.line.attempts += 1;
    let reply = await sendAttempt(deps.fetch, clock, { ...input, plan });
    const pooled = plan.keepalive && reply !== SILENT;
    if (reply === SILENT) {
      connections.suspect(provider.origin);
      log.warning("connection_silent", { id: exchange.line.id, provider: provider.name });
      exchange.line.attempts += 1;
      reply = await sendAttempt(deps.fetch, clock, { ...input, plan: { keepalive: false, silenceMs: 0 } });
    }
    if (reply === SILENT) throw new CcbError("internal", (words) => words.http.internal);
    if (pooled) connections.alive(provider.origin);
    const { status } = reply.response;
    if (status < 200 || status > 599) {
      reply.release();
      reply.abort();
      // RFC 9110 §15 knows no such status, and no client would get it.
      const code = `HTTP ${status}`;
      throw new CcbError("upstream_unreachable", (words) =>
        words.relay.upstreamUnreachable({ provider: provider.name, code }),
      );
    }
    return { reply, token: signature.kind === "oauth" ? signature.token : null, pooled };
  }

  function discard({ reply }: Sent): void {
    reply.release();
    reply.abort();
  }

  /** One target: a refused OAuth token is renewed once and the request sent once more. An error means: the next target. */
  async function tryTarget(exchange: Exchange, target: Target): Promise<Sent | CcbError> {
    try {
      const first = await send(exchange, target, null);
      if (first.reply.response.status !== 401 || first.token === null || target.kind !== "account") return first;
      discard(first);
      if (exchange.body.kind === "once") {
        // Renewed before the answer, so that the client's next try finds a good token, or learns what is wrong with it.
        await deps.refresher.renew(target.account, first.token).catch(() => {});
        throw new CcbError("not_sent_again", (words) => words.relay.notSentAgain, { retryAfterSeconds: 1 });
      }
      const second = await send(exchange, target, first.token);
      if (second.reply.response.status !== 401) return second;
      discard(second);
      deps.onRefused(target.account.id);
      return new CcbError("login_required", (words) => words.login.required);
    } catch (error) {
      if (error instanceof CcbError && (error.code === "login_required" || error.code === "token_unavailable"))
        return error;
      throw error;
    }
  }

  async function deliver(exchange: Exchange): Promise<Response> {
    const choice = await availableTargets({ ...deps, targets }, carriesClaudeToken(exchange.request.headers), turn);
    turn = (turn + 1) % Number.MAX_SAFE_INTEGER;
    let failure: CcbError | null = null;
    for (const target of choice) {
      const sent = await tryTarget(exchange, target);
      if (!(sent instanceof CcbError)) return await hand(exchange, target, sent);
      // That an account comes back by itself soon says more than that another needs its owner.
      if (failure === null || sent.code === "token_unavailable") failure = sent;
    }
    if (failure !== null && failure.code !== "login_required") throw failure;
    throw deps.loginRequired(choice[0]?.provider.name ?? "");
  }

  function hand(exchange: Exchange, target: Target, { reply, pooled }: Sent): Promise<Response> {
    const { status } = reply.response;
    const { origin, name } = target.provider;
    if (target.kind === "account" && status < 400) deps.persistence.statistics.count(target.account.id);
    const headers = endToEnd(reply.response.headers);
    headers.set("x-ccb-request-id", exchange.line.id);
    headers.set("x-ccb-provider", ASCII.test(name) ? name : encodeURI(name));
    headers.set("x-ccb-attempts", String(exchange.line.attempts));
    if (target.kind === "account") headers.set("x-ccb-account", target.account.id);
    else headers.delete("x-ccb-account");
    let firstByteAt: number | null = null;
    return toClientResponse(reply, headers, {
      clock,
      idleMs: timeouts.idle * 1000,
      onBytes: () => {
        firstByteAt ??= clock.monotonic();
        if (pooled) connections.alive(origin);
      },
      onEnd: (end, bytes) => {
        deps.onEnding(exchange.request);
        logExchange(log, clock, exchange.line, { target, status, firstByteAt, outcome: { end, bytes } });
      },
    });
  }

  return async (request, path, id) => {
    const line: RequestLine = {
      id,
      method: request.method,
      path,
      model: null,
      startedAt: clock.monotonic(),
      attempts: 0,
    };
    try {
      const body = await takeBody(request, path, limits, clock);
      const { model, stream, maxTokens } = body.kind === "whole" ? peekBody(body.bytes) : NOTHING;
      line.model = model?.slice(0, LONGEST_MODEL) ?? null;
      return await deliver({ line, request, body, stream, maxTokens });
    } catch (error) {
      deps.onEnding(request);
      const { code, status } = described(error);
      logExchange(log, clock, line, { target: null, status, firstByteAt: null, outcome: { error: code } });
      throw error;
    }
  };
}

function described(error: unknown): { code: ErrorCode; status: number } {
  const code = error instanceof CcbError ? error.code : "internal";
  return { code, status: ERROR_TABLE[code].status };
}
