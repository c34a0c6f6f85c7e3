// What follows from a verdict for the state: who is judged, what is benched and until when.
import type { Settings } from "../config/config.ts";
import type { Bench as WantedBench, BenchScope } from "../provider/bench.ts";
import { coolDownMs } from "../provider/backoff.ts";
import type { LimitReport } from "../provider/limits.ts";
import type { PathKind } from "../provider/path-kind.ts";
import type { Verdict } from "../provider/verdict.ts";
import type { BalanceState, BenchPlace, Flight, FlightVerdict } from "./target-state.ts";

export interface Judged {
  readonly targetId: string;
  readonly provider: string;
  /** As the target was asked for it. */
  readonly model: string | null;
  readonly flight: Flight;
  readonly limits: LimitReport;
  readonly kind: PathKind;
}

/** A bench as it was made, for the trace. */
export interface MadeBench {
  readonly scope: BenchScope;
  /** Wall clock, milliseconds; null: until the configuration is loaded again. */
  readonly until: number | null;
  readonly official: boolean;
}

const NO_BENCHES: readonly MadeBench[] = [];

/** Windows that all models share are called as the server's `representative-claim` calls them. */
const CLAIMS: ReadonlyMap<string, string> = new Map([
  ["5h", "five_hour"],
  ["7d", "seven_day"],
]);

/** The window that keeps a target out longest, by name; `retry-after` where none is named. */
function limitName(limits: LimitReport, scope: BenchScope): string {
  const spent = limits.windows.filter(
    (window) =>
      window.status === "rejected" && (scope === "count_tokens" || (window.scope === "model") === (scope === "model")),
  );
  const last = spent.toSorted((a, b) => (b.resetAt ?? 0) - (a.resetAt ?? 0))[0];
  if (last === undefined) return "retry-after";
  return last.name === "unified" ? (limits.claim ?? last.name) : (CLAIMS.get(last.name) ?? last.name);
}

/** Whose failure it was; any other answer shows an upstream that works. */
const FAILURES: Partial<Record<Verdict["reason"], FlightVerdict>> = {
  not_reached: "provider_failed",
  connection_lost: "provider_failed",
  upstream_silent: "target_failed",
  not_the_api: "target_failed",
  upstream_failed: "target_failed",
  overloaded: "neutral",
};

function flightVerdict({ reason, benches }: Verdict, kind: PathKind): FlightVerdict {
  const failure = FAILURES[reason];
  if (failure === undefined) return kind === "messages" ? "ok" : "reached";
  // Without a bench the failure is another path's own, or nobody's: it counts for nobody.
  return failure === "target_failed" && benches.length === 0 ? "neutral" : failure;
}

function placeOf(scope: Exclude<BenchScope, "key">, { targetId, provider, model }: Judged): BenchPlace | null {
  switch (scope) {
    case "target":
    case "count_tokens":
      return { scope, targetId };
    case "provider":
      return { scope, provider };
    case "model":
      return model === null ? null : { scope, targetId, model };
  }
}

/**
 * Judges the flight and makes the verdict's benches, whatever its action: a reply that is relayed may announce a limit.
 * `refuseKey` is called where a key is benched. `now`: wall clock, milliseconds.
 */
export function applyVerdict(
  state: BalanceState,
  judged: Judged,
  verdict: Verdict,
  settings: Settings["balancing"],
  now: number,
  refuseKey: () => void,
): readonly MadeBench[] {
  // After a refresh the same flight goes on, and is judged by what comes then.
  if (verdict.action !== "refresh") judged.flight.judge(flightVerdict(verdict, judged.kind));
  if (verdict.benches.length === 0) return NO_BENCHES;
  return verdict.benches.flatMap((wanted): readonly MadeBench[] => {
    if (wanted.scope === "key") {
      refuseKey();
      return [{ scope: wanted.scope, until: null, official: wanted.official }];
    }
    const place = placeOf(wanted.scope, judged);
    const until = untilOf(state, judged, wanted, settings, now);
    if (place === null || until === null) return [];
    const { scope, official } = wanted;
    state.bench(place, { until, official, reason: official ? limitName(judged.limits, scope) : verdict.reason });
    return [{ scope, until, official }];
  });
}

function untilOf(
  state: BalanceState,
  { targetId, provider }: Judged,
  { until, backoff, scope }: WantedBench,
  settings: Settings["balancing"],
  now: number,
): number | null {
  if (until !== undefined) return until;
  if (backoff === undefined) return null;
  const failures = (scope === "provider" ? state.provider(provider) : state.target(targetId))?.failures ?? 0;
  const milliseconds = coolDownMs(backoff, failures, settings);
  return milliseconds === 0 ? null : now + milliseconds;
}
