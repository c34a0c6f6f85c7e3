// What ccb counts while it serves. Everything that is a state, and not an event, is read when somebody asks instead.
import type { Trace } from "../relay/trace-schema.ts";
import type { Usage } from "../relay/tokens-schema.ts";
import { createModelNames } from "./model-names.ts";
import type { ModelNames } from "./model-names.ts";
import { createCounter, createHistogram, remembered } from "./tally.ts";
import type { Counter, Histogram } from "./tally.ts";

/** Seconds: from a cached count of tokens to a long answer. */
const REQUEST_BOUNDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600];
/** Seconds: a keyring answers in milliseconds, or asks its owner first. */
const VAULT_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Seconds: from the timer's own coarseness to what a client feels. */
const LAG_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

const TOKEN_KINDS = [
  ["input", "input_tokens"],
  ["output", "output_tokens"],
  ["cache_creation", "cache_creation_input_tokens"],
  ["cache_read", "cache_read_input_tokens"],
] as const satisfies readonly (readonly [kind: string, field: keyof Usage])[];

export interface Meter {
  readonly models: ModelNames;
  readonly requests: Counter<readonly ["provider", "kind", "status", "state"]>;
  readonly attempts: Counter<readonly ["provider", "outcome"]>;
  readonly tokens: Counter<readonly ["provider", "model", "kind"]>;
  readonly refreshes: Counter<readonly ["result"]>;
  /** Seconds. */
  readonly firstByte: Histogram<readonly ["provider"]>;
  readonly duration: Histogram<readonly ["provider"]>;
  readonly vault: Histogram<readonly ["operation", "result"]>;
  readonly lag: Histogram<readonly []>;
  inFlight(): number;
  /** A request has begun. */
  began(): void;
  /** A request's trace is final. */
  ended(trace: Readonly<Trace>): void;
}

const statusClass = remembered((status) => (status === "null" ? "none" : `${status.slice(0, -2)}xx`));

/** Creates a meter of which everything is zero. */
export function createMeter(): Meter {
  const models = createModelNames();
  const requests = createCounter("provider", "kind", "status", "state");
  const attempts = createCounter("provider", "outcome");
  const tokens = createCounter("provider", "model", "kind");
  const firstByte = createHistogram(REQUEST_BOUNDS, "provider");
  const duration = createHistogram(REQUEST_BOUNDS, "provider");
  let inFlight = 0;

  /** Where the counts of a provider are: putting labels together for each would cost a request more than counting. */
  const ofProvider = remembered((provider) => ({
    kinds: remembered((kind) =>
      remembered((status) => remembered((state) => requests.at(provider, kind, statusClass(status), state))),
    ),
    outcomes: remembered((outcome) => attempts.at(provider, outcome)),
    models: remembered((model) =>
      TOKEN_KINDS.map(([kind, field]) => ({ field, cell: tokens.at(provider, model, kind) })),
    ),
    firstByte: firstByte.at(provider),
    duration: duration.at(provider),
  }));

  function noteTokens({ chosen, status, tokens: used, model, attempts }: Readonly<Trace>): void {
    if (chosen === null || used === null || status !== 200) return;
    const name = attempts.at(-1)?.model ?? model;
    for (const { field, cell } of ofProvider(chosen.provider).models(name === null ? "" : models.served(name)))
      cell.value += used[field] ?? 0;
  }

  return {
    models,
    requests,
    attempts,
    tokens,
    firstByte,
    duration,
    refreshes: createCounter("result"),
    vault: createHistogram(VAULT_BOUNDS, "operation", "result"),
    lag: createHistogram(LAG_BOUNDS),
    inFlight: () => inFlight,
    began() {
      inFlight += 1;
    },
    ended(trace) {
      inFlight -= 1;
      const { chosen, timings } = trace;
      const own = ofProvider(chosen?.provider ?? "");
      own.kinds(chosen?.kind ?? "none")(`${trace.status}`)(trace.state).value += 1;
      for (const { provider, reason } of trace.attempts) ofProvider(provider).outcomes(reason).value += 1;
      // A trace keeps only so many.
      const unrecorded = trace.attempt_count - trace.attempts.length;
      if (unrecorded > 0) ofProvider("").outcomes("unrecorded").value += unrecorded;
      if (timings.first_byte_ms !== null) own.firstByte(timings.first_byte_ms / 1000);
      if (timings.total_ms !== null) own.duration(timings.total_ms / 1000);
      noteTokens(trace);
    },
  };
}
