// What becomes of a request, written down as it happens.
import type { Excluded } from "../balance/availability.ts";
import type { Candidate } from "../balance/choose.ts";
import { sha256 } from "../core/sha256.ts";
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

const hashOf = (sessionId: string): string => sha256(sessionId).toString("hex").slice(0, 12);

type Seen = Pick<Candidate<Target>, "reason" | "detail"> & { readonly target: TraceTarget };
type SeenOut = Pick<Excluded<Target>, "reason" | "detail" | "until"> & { readonly target: TraceTarget };

/** A thousand traces would each keep an empty list of their own. */
const NONE: readonly never[] = [];
const NO_BENCHES: TraceBench[] = [];

/** At most so many of them are kept. */
function kept<From, To>(list: readonly From[], convert: (from: From) => To): readonly To[] {
  if (list.length === 0) return NONE;
  const made: To[] = [];
  for (const from of list) {
    if (made.length === KEPT_TARGETS) break;
    made.push(convert(from));
  }
  return made;
}
const toSeen = ({ target, reason, detail }: Candidate<Target>): Seen => ({
  target: target.shown,
  reason,
  detail,
});
const toSeenOut = ({ target, reason, detail, until }: Excluded<Target>): SeenOut => ({
  target: target.shown,
  reason,
  detail,
  until,
});

/**
 * A trace as it is written. A class, as every request makes one: the hooks read it as it is, and what most of them never
 * look at is put into words when it is read.
 */
export class TraceRecord implements TraceWriter, Trace {
  readonly id: string;
  readonly started_at: number;
  readonly method: string;
  readonly path: string;
  readonly key: string | null;
  model: string | null = null;
  stream = false;
  strategy: string | null = null;
  status: number | null = null;
  state: Trace["state"] = "in_progress";
  error: string | null = null;
  chosen: TraceTarget | null = null;
  readonly attempts: TraceAttempt[] = [];
  attempt_count = 0;
  candidate_count = 0;
  excluded_count = 0;
  bytes = 0;
  tokens: Usage | null = null;
  private sessionId: string | null = null;
  private seen: readonly Seen[] = [];
  private seenOut: readonly SeenOut[] = [];
  private firstByteMs: number | null = null;
  private totalMs: number | null = null;
  /** Monotonic milliseconds. */
  private readonly began: number;
  private readonly onEnd: (record: TraceRecord) => void;

  constructor(
    { id, startedAt, startedMonotonic, method, path, key }: TraceStart,
    onEnd: (record: TraceRecord) => void,
  ) {
    this.id = id;
    this.started_at = startedAt;
    this.began = startedMonotonic;
    this.method = clip(method);
    this.path = clip(path);
    this.key = key;
    this.onEnd = onEnd;
  }

  private get ended(): boolean {
    return this.state !== "in_progress";
  }

  private since(monotonic: number): number {
    return Math.round(monotonic - this.began);
  }

  request({ model, sessionId, stream, strategy }: TraceRequest): void {
    if (this.ended) return;
    this.model = model === null ? null : clip(model);
    this.sessionId = sessionId;
    this.stream = stream;
    this.strategy = strategy;
  }

  choice(candidates: readonly Candidate<Target>[], excluded: readonly Excluded<Target>[]): void {
    if (this.ended) return;
    this.seen = kept(candidates, toSeen);
    this.candidate_count = candidates.length;
    this.seenOut = kept(excluded, toSeenOut);
    this.excluded_count = excluded.length;
  }

  attempt({ target, model, status, reason, action, replay, startedAt, endedAt, benches }: AttemptReport): void {
    if (this.ended) return;
    const { provider, account, kind } = target.shown;
    this.attempts[Math.min(this.attempts.length, KEPT_ATTEMPTS - 1)] = {
      provider,
      account,
      kind,
      model: model === null ? null : clip(model),
      status,
      reason,
      action,
      replay,
      started_ms: this.since(startedAt),
      ended_ms: this.since(endedAt),
      benches: benches.length === 0 ? NO_BENCHES : [...benches],
    };
    this.attempt_count += 1;
  }

  committed(target: Target, status: number, firstByteAt: number | null): void {
    if (this.ended) return;
    this.chosen = target.shown;
    this.status = status;
    this.firstByteMs = firstByteAt === null ? null : this.since(firstByteAt);
  }

  heard(tokens: Usage | null): void {
    this.tokens = tokens;
  }

  end({ state, at, bytes, tokens, status, error }: TraceEnd): void {
    if (this.ended) return;
    this.state = state;
    this.totalMs = this.since(at);
    this.bytes = bytes ?? 0;
    this.tokens = tokens ?? this.tokens;
    this.status = status ?? this.status;
    this.error = error ?? null;
    this.onEnd(this);
  }

  get session(): string | null {
    return this.sessionId === null ? null : hashOf(this.sessionId);
  }

  get candidates(): Trace["candidates"] {
    return this.seen.map(({ target, reason, detail }) => ({ ...target, reason, detail }));
  }

  get excluded(): Trace["excluded"] {
    return this.seenOut.map(({ target, reason, detail, until }) => ({ ...target, reason, detail, until }));
  }

  get timings(): Trace["timings"] {
    return { first_byte_ms: this.firstByteMs, total_ms: this.totalMs };
  }

  get trace(): Trace {
    return {
      id: this.id,
      started_at: this.started_at,
      method: this.method,
      path: this.path,
      key: this.key,
      model: this.model,
      session: this.session,
      stream: this.stream,
      strategy: this.strategy,
      status: this.status,
      state: this.state,
      error: this.error,
      chosen: this.chosen,
      candidates: this.candidates,
      candidate_count: this.candidate_count,
      excluded: this.excluded,
      excluded_count: this.excluded_count,
      attempts: [...this.attempts],
      attempt_count: this.attempt_count,
      timings: this.timings,
      bytes: this.bytes,
      tokens: this.tokens,
    };
  }
}
