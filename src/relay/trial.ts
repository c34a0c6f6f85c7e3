// A request at one target: signed, sent, its answer read and judged. A refused token is renewed once and tried again.
import { applyVerdict } from "../balance/apply-verdict.ts";
import type { Begun, Fleet } from "../balance/fleet.ts";
import type { TrackRecord } from "../balance/track-record.ts";
import { CcbError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import type { Secret } from "../core/secret.ts";
import { tokenUnavailable } from "../oauth/refresh-failures.ts";
import type { Refresher } from "../oauth/refresh.ts";
import { NO_LIMITS } from "../provider/limits.ts";
import type { LimitReport } from "../provider/limits.ts";
import type { Outcome } from "../provider/outcome.ts";
import type { Signature } from "../provider/prepare.ts";
import { kindOfPath } from "../provider/path-kind.ts";
import { createLimitReader } from "../provider/read-limits.ts";
import { judge } from "../provider/verdict.ts";
import type { Verdict } from "../provider/verdict.ts";
import { clientGone } from "./client-gone.ts";
import { readAnswer } from "./answer.ts";
import type { Answer } from "./answer.ts";
import { failureOf, lost } from "./attempt.ts";
import type { Connections } from "./connections.ts";
import type { Exchange } from "./exchange.ts";
import type { Send, Sent } from "./send.ts";
import { readySignature, renewedSignature } from "./sign.ts";
import { readUsage } from "./usage.ts";
import { within } from "./within.ts";

export interface TrialDeps {
  readonly clock: Clock;
  readonly fleet: Fleet;
  readonly refresher: Refresher;
  readonly connections: Connections;
  readonly trackRecord: TrackRecord;
  readonly send: Send;
  /** The account is lost until its owner does something; `said`: the upstream's own words. */
  readonly onLost: (accountId: string, verdict: Verdict) => void;
  /** The upstream refused the provider's key. */
  readonly onKeyRefused: (provider: string) => void;
}

/** What came of a target. The flight of an answer is still on its way; else it is over. */
export type Tried =
  | {
      readonly kind: "answer";
      readonly begun: Begun;
      readonly verdict: Verdict;
      readonly limits: LimitReport;
      readonly answer: Answer;
    }
  | { readonly kind: "failure"; readonly verdict: Verdict; readonly error: CcbError }
  /** No token. `sent`: the one before was refused by the upstream. */
  | { readonly kind: "unsigned"; readonly error: CcbError; readonly sent: boolean }
  /** It met its limit while the token was waited for: nothing was sent. */
  | { readonly kind: "barred" };

export interface TryLimits {
  /** For a token, milliseconds. */
  readonly signMs: number;
  /** Until the response headers, milliseconds; 0: none. */
  readonly firstByteMs: number;
  /** It is not the target's own time, but what is left of the request's: that it did not do says nothing about it. */
  readonly cut: boolean;
}

export type Try = (exchange: Exchange, begun: Begun, limits: TryLimits) => Promise<Tried>;

const isUnsigned = (error: unknown): error is CcbError =>
  error instanceof CcbError && (error.code === "login_required" || error.code === "token_unavailable");

const FAILURES = new Set(["upstream_unreachable", "upstream_lost", "upstream_timeout"]);
const isFailure = (error: unknown): error is CcbError => error instanceof CcbError && FAILURES.has(error.code);

const NO_BYTES = new Uint8Array();

/** A renewal that takes so long goes on: the client asks again. */
const SLOW_RETRY_MS = 5_000;

/** Creates the trial. It rejects where no other target can help: the client is gone, or the body cannot be sent again. */
export function createTrial(deps: TrialDeps): Try {
  const { clock, fleet } = deps;
  const readLimits = createLimitReader();

  /** Judges, makes the benches and notes the attempt. */
  function settle(
    exchange: Exchange,
    { target, flight }: Begun,
    outcome: Outcome,
    attempt: {
      readonly limits: LimitReport;
      readonly refreshed: boolean;
      readonly sentAt: number;
      readonly status: number | null;
    },
  ): Verdict {
    const { asked, plan, line } = exchange;
    const { limits, refreshed } = attempt;
    const model = target.model ?? asked.model;
    const now = clock.now();
    const verdict = judge(outcome, { target: target.kind, refreshed, path: line.path, model, limits, now });
    const kind = kindOfPath(line.path);
    // Of other paths it says nothing about messages; without a window it says nothing at all.
    if (kind === "messages" && (limits.windows.length > 0 || limits.status !== "unknown"))
      fleet.state.report(target.id, model, limits);
    const judged = { targetId: target.id, provider: target.providerName, model, flight, limits, kind };
    const benches = applyVerdict(fleet.state, judged, verdict, plan.config.settings.balancing, now, () => {
      if (fleet.refuseKey(target.id)) deps.onKeyRefused(target.providerName);
    });
    exchange.trace.attempt({
      target,
      model,
      status: attempt.status,
      reason: verdict.reason,
      action: verdict.action,
      replay: verdict.replay,
      benches,
      startedAt: attempt.sentAt,
      endedAt: clock.monotonic(),
    });
    if (verdict.action === "next") deps.trackRecord.failed(target.plainId, verdict.reason);
    if (verdict.loginRequired && target.kind === "account") deps.onLost(target.account.id, verdict);
    return verdict;
  }

  const answerOf = ({ line, plan }: Exchange, { provider }: Begun["target"], sent: Sent): Promise<Answer> =>
    readAnswer(sent, {
      clock,
      idleMs: plan.config.settings.timeouts.idle * 1000,
      path: line.path,
      method: line.method,
      onAlive: () => deps.connections.alive(provider.origin),
    });

  /** The client was served, though it did not wait: what the upstream has begun to count is used. */
  function left(exchange: Exchange, target: Begun["target"], answer: Answer, sentAt: number): CcbError {
    exchange.trace.attempt({
      target,
      model: target.model ?? exchange.asked.model,
      status: answer.response.status,
      reason: "client_gone",
      action: "relay",
      replay: null,
      benches: [],
      startedAt: sentAt,
      endedAt: clock.monotonic(),
    });
    exchange.trace.heard(readUsage(answer.heldText, NO_BYTES, { sse: true, encoding: null, complete: false }));
    return clientGone();
  }

  /** The signature once the account's token is renewed; null: meanwhile its limit was met. */
  async function renewal(
    { asked, request }: Exchange,
    { target }: Begun,
    { signMs }: TryLimits,
    rejected: Secret | null,
  ): Promise<Signature | null> {
    if (target.kind !== "account") return null;
    const signature = await within(renewedSignature(target.account, deps.refresher, rejected), {
      clock,
      milliseconds: signMs,
      late: () => tokenUnavailable("slow", clock.now() + SLOW_RETRY_MS, clock.now()),
      signal: request.signal,
    });
    return fleet.limited(target, asked) ? null : signature;
  }

  /** Renews the token and tries once more, or fails as the renewal does. */
  async function renewed(exchange: Exchange, begun: Begun, limits: TryLimits, rejected: Secret): Promise<Tried> {
    const { target } = begun;
    if (exchange.body.kind !== "once") return attempt(exchange, begun, limits, rejected);
    // Renewed before the answer, so that the client's next try finds a good token, or learns what is wrong with it.
    if (target.kind === "account") await deps.refresher.renew(target.account, rejected).catch(() => {});
    throw new CcbError("not_sent_again", (words) => words.relay.notSentAgain, { retryAfterSeconds: 1 });
  }

  /** `rejected`: the token that the upstream has just refused; null: it is the first try. */
  async function attempt(exchange: Exchange, begun: Begun, limits: TryLimits, rejected: Secret | null): Promise<Tried> {
    const { target } = begun;
    const refreshed = rejected !== null;
    let sentAt = clock.monotonic();
    let answered = false;
    try {
      const ready = refreshed ? null : readySignature(target, deps.refresher);
      const signature = ready ?? (await renewal(exchange, begun, limits, rejected));
      if (signature === null) return { kind: "barred" };
      sentAt = clock.monotonic();
      const sent = await deps.send(exchange, target, signature, limits.firstByteMs);
      const answer = await answerOf(exchange, target, sent);
      if (answer.body?.ended === "client_gone") throw left(exchange, target, answer, sentAt);
      const { status } = answer.response;
      const told = readLimits(target.id, answer.fields, clock.now());
      const verdict = settle(exchange, begun, answer.outcome, { limits: told, refreshed, sentAt, status });
      if (answer.outcome.kind === "error") {
        answer.discard();
        return { kind: "failure", verdict, error: lost(target.providerName, "ECONNRESET") };
      }
      if (!refreshed && verdict.action === "refresh" && signature.kind === "oauth") {
        answer.discard();
        const again = await renewed(exchange, begun, limits, signature.token);
        answered = again.kind === "answer";
        return again;
      }
      answered = true;
      return { kind: "answer", begun, verdict, limits: told, answer };
    } catch (error) {
      if (isUnsigned(error)) return { kind: "unsigned", error, sent: refreshed };
      if (!isFailure(error)) throw error;
      const failure = limits.cut && error.code === "upstream_timeout" ? "cut" : failureOf(error);
      const outcome = { kind: "error", failure } as const;
      const verdict = settle(exchange, begun, outcome, { limits: NO_LIMITS, refreshed, sentAt, status: null });
      return { kind: "failure", verdict, error };
    } finally {
      if (!answered) begun.flight.end();
    }
  }

  return (exchange, begun, limits) => attempt(exchange, begun, limits, null);
}
