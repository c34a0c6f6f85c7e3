// How each target did lately: how many it served, and how soon its first bytes came. Only for people to look at; the
// choice is made from standings (standing.ts).

interface TrackSummary {
  /** All since the start, failed ones too. */
  readonly requests: number;
  /** 0 to 1, over the last outcomes; null: there is none. */
  readonly success_rate: number | null;
  /** Milliseconds, over the last outcomes that had a first byte. */
  readonly first_byte_p50_ms: number | null;
  readonly first_byte_p95_ms: number | null;
  /** The reason of the latest failure, however long ago. */
  readonly last_failure: string | null;
}

export interface TrackRecord {
  /** One request each. */
  served(targetId: string, firstByteMs: number): void;
  failed(targetId: string, reason: string): void;
  /** Instead of `served`: the reply broke off on its way to the client. Its first byte counts all the same. */
  broke(targetId: string, firstByteMs?: number): void;
  of(targetId: string): TrackSummary;
}

/** What a break leaves as `last_failure`. */
const BROKEN = "broken";

/** Each credential that a client brings along may be a target. */
const TARGETS = 10_000;

/** A ring of the last outcomes, both arrays in step. */
interface Track {
  readonly succeeded: boolean[];
  /** Milliseconds; NaN: no byte came. */
  readonly firstByte: number[];
  /** Where the next outcome goes. */
  next: number;
  requests: number;
  lastFailure: string | null;
  /** The number of its last use. */
  usedAt: number;
}

const NOTHING: TrackSummary = {
  requests: 0,
  success_rate: null,
  first_byte_p50_ms: null,
  first_byte_p95_ms: null,
  last_failure: null,
};

/** The smallest value that is not below `share` of them (nearest rank); null: there is none. */
function percentile(sorted: Float64Array, share: number): number | null {
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  return value === undefined ? null : Math.round(value * 10) / 10;
}

/**
 * Remembers the last `limit` outcomes of each of at most `targets` targets; beyond, the one used longest ago is
 * forgotten.
 */
export function createTrackRecord({
  limit = 200,
  targets = TARGETS,
}: { readonly limit?: number; readonly targets?: number } = {}): TrackRecord {
  const tracks = new Map<string, Track>();
  /** Counts the uses. */
  let uses = 0;

  function trackOf(targetId: string): Track {
    uses += 1;
    const known = tracks.get(targetId);
    if (known !== undefined) {
      known.usedAt = uses;
      return known;
    }
    const track = { succeeded: [], firstByte: [], next: 0, requests: 0, lastFailure: null, usedAt: uses };
    tracks.set(targetId, track);
    if (tracks.size > targets) forgetOldest();
    return track;
  }

  /** Looked for only when there are too many: to keep them in order would cost each request. */
  function forgetOldest(): void {
    let oldest: string | null = null;
    let least = Infinity;
    for (const [id, { usedAt }] of tracks) {
      if (usedAt >= least) continue;
      least = usedAt;
      oldest = id;
    }
    if (oldest !== null) tracks.delete(oldest);
  }

  function add(track: Track, succeeded: boolean, firstByteMs: number): void {
    track.succeeded[track.next] = succeeded;
    track.firstByte[track.next] = firstByteMs;
    track.next = (track.next + 1) % limit;
    track.requests += 1;
  }

  return {
    served(targetId, firstByteMs) {
      add(trackOf(targetId), true, firstByteMs);
    },
    failed(targetId, reason) {
      const track = trackOf(targetId);
      add(track, false, Number.NaN);
      track.lastFailure = reason;
    },
    broke(targetId, firstByteMs = Number.NaN) {
      const track = trackOf(targetId);
      add(track, false, firstByteMs);
      track.lastFailure = BROKEN;
    },
    of(targetId) {
      const track = tracks.get(targetId);
      if (track === undefined) return NOTHING;
      const { succeeded, requests, lastFailure } = track;
      const sorted = Float64Array.from(track.firstByte.filter((ms) => !Number.isNaN(ms))).sort();
      return {
        requests,
        success_rate: succeeded.length === 0 ? null : succeeded.filter(Boolean).length / succeeded.length,
        first_byte_p50_ms: percentile(sorted, 0.5),
        first_byte_p95_ms: percentile(sorted, 0.95),
        last_failure: lastFailure,
      };
    },
  };
}
