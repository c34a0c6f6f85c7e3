// What becomes of a request, written down as it happens, and the memory of the last ones.
import { createHash } from "node:crypto";
import type { Excluded } from "../balance/availability.ts";
import type { Candidate } from "../balance/choose.ts";
import type { Target } from "../provider/target.ts";
import type { Trace, TraceAttempt, TraceBench, TraceTarget } from "./trace-schema.ts";
import type { Usage } from "./tokens-schema.ts";

/** Monotonic times, in milliseconds, of which the trace keeps the distance to the request's start. */
export interface TraceStart {
  readonly id: string;
  /** Wall clock, milliseconds. */
  readonly startedAt: number;
  /** Monotonic milliseconds. */
  readonly startedMonotonic: number;
  readonly method: string;
  /** Without the query: it may hold a secret. */
  readonly path: string;
  /** The name of the caller's key, never the key; null: it needed none. */
  readonly key: string | null;
}

/** What others make of requests: told at once, so each must be cheap; what one throws goes to `onFault` and no further. */
export interface TraceHooks {
  /** A request has begun; `read` gives its trace as it stands, put together only for who wants it. */
  readonly onBegin?: (read: () => Readonly<Trace>) => void;
  /** Once for each request, when its last byte is out or it has failed: the trace does not change any more. */
  readonly onEnd?: (trace: Readonly<Trace>) => void;
  readonly onFault?: (error: unknown) => void;
}

/** What the request's headers and body said of it. */
interface TraceRequest {
  readonly model: string | null;
  /** As the client sent it: kept as a hash. */
  readonly sessionId: string | null;
  readonly stream: boolean;
  readonly strategy: string;
}

interface AttemptReport extends Pick<TraceAttempt, "model" | "status" | "reason" | "action" | "replay"> {
  readonly target: Target;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Monotonic milliseconds: response headers or failure. */
  readonly endedAt: number;
  readonly benches: readonly TraceBench[];
}

interface TraceEnd {
  readonly state: Exclude<Trace["state"], "in_progress">;
  /** Monotonic milliseconds. */
  readonly at: number;
  /** Of the reply's body; default 0. */
  readonly bytes?: number;
  readonly tokens?: Usage | null;
  /** Where ccb answered itself. */
  readonly status?: number;
  readonly error?: string;
}

/** Notes what happens; each call is a few assignments. After `end` nothing changes any more. */
export interface TraceWriter {
  /** As it stands now. */
  readonly trace: Trace;
  request(request: TraceRequest): void;
  /** Replaces the choice before. */
  choice(candidates: readonly Candidate<Target>[], excluded: readonly Excluded<Target>[]): void;
  attempt(report: AttemptReport): void;
  /** The target's reply goes to the client. `firstByteAt`: monotonic milliseconds; null: it has no body. */
  committed(target: Target, status: number, firstByteAt: number | null): void;
  /** Tokens of a reply that was not committed: they count where its end tells of none. */
  heard(tokens: Usage | null): void;
  /** The first call counts. */
  end(end: TraceEnd): void;
}

/** So many targets of a choice are kept. */
const KEPT_TARGETS = 16;
const KEPT_ATTEMPTS = 32;
/** Names that a client makes up: a thousand traces remember them. */
const LONGEST_NAME = 256;

/** A copy of the beginning: a slice would keep all of it. */
const clip = (text: string): string =>
  text.length <= LONGEST_NAME ? text : Buffer.from(text.slice(0, LONGEST_NAME)).toString();

const hashOf = (sessionId: string): string => createHash("sha256").update(sessionId).digest("hex").slice(0, 12);

/** One for each target: a trace must not keep an account and its tokens alive. */
const traceTargets = new WeakMap<Target, TraceTarget>();

function toTraceTarget(target: Target): TraceTarget {
  const known = traceTargets.get(target);
  if (known !== undefined) return known;
  const { providerName: provider, kind } = target;
  const made = { provider, account: kind === "account" ? target.account.id : null, kind };
  traceTargets.set(target, made);
  return made;
}

type Seen = Pick<Candidate<Target>, "reason" | "detail"> & { readonly target: TraceTarget };
type SeenOut = Pick<Excluded<Target>, "reason" | "detail" | "until"> & { readonly target: TraceTarget };
type Attempt = Omit<AttemptReport, "target"> & { readonly target: TraceTarget };

/**
 * What was noted of a request, as it was noted: most traces are never looked at, so nothing is put into words before.
 * A class, as every request makes one.
 */
class TraceRecord implements TraceWriter {
  private asked: TraceRequest | null = null;
  private candidates: readonly Seen[] = [];
  private candidateCount = 0;
  private excluded: readonly SeenOut[] = [];
  private excludedCount = 0;
  private readonly attempts: Attempt[] = [];
  private attemptCount = 0;
  private chosen: TraceTarget | null = null;
  private status: number | null = null;
  private firstByteAt: number | null = null;
  private tokens: Usage | null = null;
  private ended: TraceEnd | null = null;
  readonly start: TraceStart;
  private readonly onEnd: (record: TraceRecord) => void;

  constructor(
    { id, startedAt, startedMonotonic, method, path, key }: TraceStart,
    onEnd: (record: TraceRecord) => void,
  ) {
    this.start = { id, startedAt, startedMonotonic, method: clip(method), path: clip(path), key };
    this.onEnd = onEnd;
  }

  request({ model, sessionId, stream, strategy }: TraceRequest): void {
    if (this.ended !== null) return;
    this.asked = { model: model === null ? null : clip(model), sessionId, stream, strategy };
  }

  choice(candidates: readonly Candidate<Target>[], excluded: readonly Excluded<Target>[]): void {
    if (this.ended !== null) return;
    this.candidates = candidates
      .slice(0, KEPT_TARGETS)
      .map(({ target, reason, detail }) => ({ target: toTraceTarget(target), reason, detail }));
    this.candidateCount = candidates.length;
    this.excluded = excluded
      .slice(0, KEPT_TARGETS)
      .map(({ target, reason, detail, until }) => ({ target: toTraceTarget(target), reason, detail, until }));
    this.excludedCount = excluded.length;
  }

  attempt(report: AttemptReport): void {
    if (this.ended !== null) return;
    const model = report.model === null ? null : clip(report.model);
    this.attempts[Math.min(this.attempts.length, KEPT_ATTEMPTS - 1)] = {
      ...report,
      model,
      target: toTraceTarget(report.target),
    };
    this.attemptCount += 1;
  }

  committed(target: Target, status: number, firstByteAt: number | null): void {
    if (this.ended !== null) return;
    this.chosen = toTraceTarget(target);
    this.status = status;
    this.firstByteAt = firstByteAt;
  }

  heard(tokens: Usage | null): void {
    this.tokens = tokens;
  }

  end(end: TraceEnd): void {
    if (this.ended !== null) return;
    this.ended = end;
    this.onEnd(this);
  }

  get trace(): Trace {
    const { id, startedAt, startedMonotonic, method, path, key } = this.start;
    const since = (monotonic: number): number => Math.round(monotonic - startedMonotonic);
    const { asked, ended, candidates, excluded } = this;
    return {
      id,
      started_at: startedAt,
      method,
      path,
      key,
      model: asked?.model ?? null,
      // Told to the hooks of every request, read of few: what costs most is made when it is read.
      get session() {
        return asked === null || asked.sessionId === null ? null : hashOf(asked.sessionId);
      },
      stream: asked?.stream ?? false,
      strategy: asked?.strategy ?? null,
      status: ended?.status ?? this.status,
      state: ended?.state ?? "in_progress",
      error: ended?.error ?? null,
      chosen: this.chosen,
      get candidates() {
        return candidates.map(({ target, ...rest }) => ({ ...target, ...rest }));
      },
      candidate_count: this.candidateCount,
      get excluded() {
        return excluded.map(({ target, ...rest }) => ({ ...target, ...rest }));
      },
      excluded_count: this.excludedCount,
      attempts: this.attempts.map((attempt) => ({
        provider: attempt.target.provider,
        account: attempt.target.account,
        kind: attempt.target.kind,
        model: attempt.model,
        status: attempt.status,
        reason: attempt.reason,
        action: attempt.action,
        replay: attempt.replay,
        started_ms: since(attempt.startedAt),
        ended_ms: since(attempt.endedAt),
        benches: [...attempt.benches],
      })),
      attempt_count: this.attemptCount,
      timings: {
        first_byte_ms: this.firstByteAt === null ? null : since(this.firstByteAt),
        total_ms: ended === null ? null : since(ended.at),
      },
      bytes: ended?.bytes ?? 0,
      tokens: ended?.tokens ?? this.tokens,
    };
  }
}

export interface Traces {
  /** At once in the list. */
  begin(start: TraceStart): TraceWriter;
  /** The newest `limit`, newest first, as they stand now. */
  list(limit: number): readonly Trace[];
  get(id: string): Trace | null;
}

/** Remembers the last `limit` traces, and tells the hooks of each. */
export function createTraces({ limit = 1000, ...hooks }: { readonly limit?: number } & TraceHooks = {}): Traces {
  function guarded(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      hooks.onFault?.(error);
    }
  }
  const onEnd = (record: TraceRecord): void => guarded(() => hooks.onEnd?.(record.trace));
  const ring: TraceRecord[] = [];
  const byId = new Map<string, TraceRecord>();
  /** Where the next one goes. */
  let next = 0;
  return {
    begin(start) {
      const record = new TraceRecord(start, onEnd);
      const dropped = ring[next];
      // An id that came twice is the later one's.
      if (dropped !== undefined && byId.get(dropped.start.id) === dropped) byId.delete(dropped.start.id);
      ring[next] = record;
      byId.set(start.id, record);
      next = (next + 1) % limit;
      guarded(() => hooks.onBegin?.(() => record.trace));
      return record;
    },
    list(count) {
      const oldestFirst = ring.length < limit ? ring : [...ring.slice(next), ...ring.slice(0, next)];
      const newest = count <= 0 ? [] : oldestFirst.slice(-count).toReversed();
      return newest.map(({ trace }) => trace);
    },
    get: (id) => byId.get(id)?.trace ?? null,
  };
}
