// How a target, a provider or one model on a target stands: benched, under probation, ramping up. Pure but for `enter`,
// `bench` and `settle`, which change the one record they are given.

interface Bench {
  /** From then on it may be chosen again, wall clock milliseconds; the jitter is in it. */
  readonly until: number;
  /** What was asked for: the upstream's reset, or our own guess. */
  readonly resetAt: number;
  /** A stable code or the name of the window, for the trace. */
  readonly reason: string;
  /** The upstream said so: never shortened, never tried before. Else our own guess: it only orders. */
  readonly official: boolean;
}

/** `until`: wall clock milliseconds; Infinity: until it is cleared. */
export type WantedBench = Pick<Bench, "until" | "reason" | "official">;

/** How a flight ended for those it concerns: `ok` is any answer that shows a working upstream, a 400 too. */
export type Verdict = "ok" | "failed" | "neutral";

interface Ramp {
  readonly startedAt: number;
  /** New sessions let in since; one without an id counts each time. */
  taken: number;
  readonly sessions: Set<string>;
}

export interface Standing {
  official: Bench | null;
  guess: Bench | null;
  /** In a row. */
  failures: number;
  /** The order number (see target-state.ts) of the last failure or guess: what began before it proves nothing. */
  failedAt: number;
  /** The order number of the flight that tries whether a guess still holds; null: none is on its way. */
  probe: number | null;
  ramp: Ramp | null;
}

export const createStanding = (): Standing => ({
  official: null,
  guess: null,
  failures: 0,
  failedAt: -1,
  probe: null,
  ramp: null,
});

/** At most this much is added to an official reset, and at most a twentieth of the wait. */
export const JITTER_MS = 2_000;

/**
 * Ramp of a target that returns from an official bench, counted from its first new session: in the first second 1 new
 * session is let in, in the next 2, then 4, 8, 16, 32 (63 in all), then any number. Further requests of a session let
 * in are free.
 */
const RAMP_SECONDS = 6;

/** Why something may not be tried now. */
export interface Bar {
  readonly reason: "limit" | "ramp";
  /** Wall clock, milliseconds. */
  readonly until: number;
  readonly detail: string;
}

/**
 * Benches. Of two official ones, or two guesses, the later end counts: a reset is never shortened. `fraction`: 0 ≤ x <
 * 1.
 */
export function bench(standing: Standing, wanted: WantedBench, now: number, fraction: number): void {
  const { until: resetAt, reason, official } = wanted;
  const before = official ? standing.official : standing.guess;
  if (before !== null && before.until > now && before.resetAt >= resetAt) return;
  const jitter = official && resetAt > now ? Math.ceil(Math.min(JITTER_MS, (resetAt - now) / 20) * fraction) : 0;
  const made = { until: Math.max(resetAt + jitter, before?.until ?? 0), resetAt, reason, official };
  if (official) {
    standing.official = made;
    standing.ramp = null;
  } else {
    standing.guess = made;
  }
}

/** The clock was set back by so many milliseconds: benches last as long as they would have, not that much longer. */
export function setBack(standing: Standing, milliseconds: number): void {
  const earlier = (made: Bench | null): Bench | null =>
    made && { ...made, until: made.until - milliseconds, resetAt: made.resetAt - milliseconds };
  standing.official = earlier(standing.official);
  standing.guess = earlier(standing.guess);
}

/** Why a session may not enter now, or null. Nobody's session (null) is a new one each time. */
export function barOf(standing: Standing, sessionId: string | null, now: number): Bar | null {
  const { official, ramp } = standing;
  if (official !== null && official.until > now)
    return { reason: "limit", until: official.until, detail: official.reason };
  if (ramp === null) return null;
  const second = Math.floor((now - ramp.startedAt) / 1000);
  // A clock set back must not keep the ramp waiting for its own start.
  if (second < 0 || second >= RAMP_SECONDS || ramp.taken < 2 ** (second + 1) - 1) return null;
  if (sessionId !== null && ramp.sessions.has(sessionId)) return null;
  return { reason: "ramp", until: ramp.startedAt + (second + 1) * 1000, detail: `second ${second + 1}` };
}

/**
 * `cooling`: our own guess holds, or its probe is on its way. `probe`: the guess has run out, one request may find
 * out.
 */
export function easeOf(standing: Standing, now: number): "open" | "probe" | "cooling" {
  if (standing.guess === null) return "open";
  return standing.guess.until > now || standing.probe !== null ? "cooling" : "probe";
}

/** A request begins; barOf() has said null. `order` numbers the flights. */
export function enter(standing: Standing, sessionId: string | null, now: number, order: number): void {
  if (standing.official !== null) {
    standing.official = null;
    standing.ramp = { startedAt: now, taken: 0, sessions: new Set() };
  }
  const { ramp } = standing;
  if (ramp !== null) {
    const age = now - ramp.startedAt;
    if (age < 0 || age >= RAMP_SECONDS * 1000) {
      standing.ramp = null;
    } else if (sessionId === null || !ramp.sessions.has(sessionId)) {
      ramp.taken += 1;
      if (sessionId !== null) ramp.sessions.add(sessionId);
    }
  }
  if (easeOf(standing, now) === "probe") standing.probe = order;
}

/**
 * A flight is judged. A success forgives the failures and the guess that stood before it began, not those made
 * meanwhile.
 */
export function settle(standing: Standing, verdict: Verdict, flight: number, order: number): void {
  if (standing.probe === flight) standing.probe = null;
  if (verdict === "failed") {
    standing.failures += 1;
    standing.failedAt = order;
  } else if (verdict === "ok" && flight > standing.failedAt) {
    standing.failures = 0;
    standing.guess = null;
  }
}
