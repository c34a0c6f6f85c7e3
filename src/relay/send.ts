// Sends a request to one target, up to the response headers; where a reused connection stays silent, once more on a new one.
import type { Fleet } from "../balance/fleet.ts";
import { spliceModel } from "../balance/model-routes.ts";
import { CcbError } from "../core/errors.ts";
import type { Clock, Fetch, Log } from "../core/ports.ts";
import type { Route } from "../oauth/client.ts";
import { toUpstreamHeaders, toUpstreamUrl } from "../provider/prepare.ts";
import type { Signature } from "../provider/prepare.ts";
import type { Target } from "../provider/target.ts";
import { SILENT, lost, sendAttempt } from "./attempt.ts";
import type { AttemptReply } from "./attempt.ts";
import type { Connections } from "./connections.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestBody } from "./request-body.ts";

export interface SendDeps {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly connections: Connections;
  readonly fleet: Pick<Fleet, "limited">;
  readonly routeOf: (provider: Target["provider"]) => ReturnType<Route>;
}

export interface Sent {
  readonly reply: AttemptReply;
  /** It came on a connection of the pool: what a connection of its own brings says nothing about pooled ones. */
  readonly pooled: boolean;
}

/** `firstByteMs`: until the response headers; 0: no limit. Rejects like `sendAttempt`. */
export type Send = (exchange: Exchange, target: Target, signature: Signature, firstByteMs: number) => Promise<Sent>;

/** Under another model name where the route gives the target one; every other byte stays. */
function bodyFor(body: RequestBody, { model }: Target): RequestBody {
  return model === null || body.kind !== "whole" ? body : { kind: "whole", bytes: spliceModel(body.bytes, model) };
}

/** Creates the sender. */
export function createSend({ fetch, clock, log, connections, fleet, routeOf }: SendDeps): Send {
  /** Settled once per provider: its proxy and authorities do not change while its configuration is in force. */
  const routes = new WeakMap<Target["provider"], ReturnType<Route>>();

  function route(provider: Target["provider"]): ReturnType<Route> {
    const known = routes.get(provider);
    if (known !== undefined) return known;
    const made = routeOf(provider);
    routes.set(provider, made);
    return made;
  }

  return async (exchange, target, signature, firstByteMs) => {
    const { request, line, peeked } = exchange;
    const { provider } = target;
    const body = bodyFor(exchange.body, target);
    const input = {
      url: toUpstreamUrl(provider, request.url),
      method: request.method,
      headers: toUpstreamHeaders(request.headers, signature),
      body,
      route: route(provider),
      provider: provider.name,
      signal: request.signal,
    };
    const plan = connections.plan(provider.origin, {
      method: line.method,
      path: line.path,
      stream: peeked.stream,
      maxTokens: peeked.maxTokens,
      bodyBytes: body.kind === "whole" ? body.bytes.byteLength : null,
      resendable: body.kind !== "once",
    });
    line.attempts += 1;
    const sentAt = clock.monotonic();
    let reply = await sendAttempt(fetch, clock, input, { plan, firstByteMs });
    const pooled = plan.keepalive && reply !== SILENT;
    if (reply === SILENT) {
      connections.suspect(provider.origin);
      log.warning("connection_silent", { id: line.id, provider: provider.name });
      // What has met its limit meanwhile is not asked again.
      if (fleet.limited(target, exchange.asked)) throw lost(provider.name, "silent");
      line.attempts += 1;
      // The silence was part of the wait for the headers.
      const leftMs = firstByteMs === 0 ? 0 : Math.max(1, firstByteMs - (clock.monotonic() - sentAt));
      const anew = { keepalive: false, silenceMs: 0 };
      reply = await sendAttempt(fetch, clock, input, { firstByteMs: leftMs, plan: anew });
    }
    if (reply === SILENT) throw new CcbError("internal", (words) => words.http.internal);
    if (pooled) connections.alive(provider.origin);
    const { status } = reply.response;
    if (status >= 200 && status <= 599) return { reply, pooled };
    reply.release(false);
    reply.abort();
    // RFC 9110 §15 knows no such status, and no client would get it.
    const code = `HTTP ${status}`;
    throw lost(provider.name, code);
  };
}
