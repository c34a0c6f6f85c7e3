// Which requests may use a pooled connection. `fetch` reuses one that was idle for minutes (facts/bun), and one that
// died silently (sleep, another network, a forgetful NAT) answers nothing: a request on it would hang.
import type { NetworkWatch } from "../core/network-watch.ts";
import type { Clock } from "../core/ports.ts";
import type { WakeWatch } from "../core/wake.ts";

/** Bun keeps an idle connection for less than this; after it, the pool holds none from before. */
const POOL_LIFETIME_MS = 330_000;
/** A request on a connection that may be a reused one is given up after this silence and sent once more on a new one. */
const SILENCE_MS = 20_000;
/** The same for a short answer that comes whole: it is silent until it is ready. */
const SHORT_ANSWER_SILENCE_MS = 30_000;
/** A short answer has at most this many tokens; what is longer may take minutes, and a second try would pay for it twice. */
export const SHORT_ANSWER_TOKENS = 1_024;
/** What may be silent for long for good reasons is not given up: it takes a new connection once the pool is this idle. */
const SURELY_ALIVE_MS = 1_000;
/** A prompt this large can take longer than SILENCE_MS to its first byte. */
const LARGE_BODY_BYTES = 512 * 1024;
/** A request that comes so long after the last look at the network looks first, milliseconds. */
const NETWORK_FRESH_MS = 5_000;

export interface RequestShape {
  readonly method: string;
  readonly path: string;
  readonly stream: boolean;
  /** Of an answer that is no stream; null: not said. */
  readonly maxTokens: number | null;
  /** null: not known. */
  readonly bodyBytes: number | null;
  /** It can be sent again. */
  readonly resendable: boolean;
}

export interface ConnectionPlan {
  /** False: a connection of its own. */
  readonly keepalive: boolean;
  /** Give up and take a new connection after this silence, milliseconds; 0: never. */
  readonly silenceMs: number;
}

export interface Connections {
  plan(origin: string, shape: RequestShape): ConnectionPlan;
  /** A pooled connection of this origin has just brought bytes. */
  alive(origin: string): void;
  /** A connection of this origin stayed silent: its pool is not used until it has emptied itself. */
  suspect(origin: string): void;
}

/** The silence after which a request on a reused connection is given up, milliseconds; 0: it may take long for good reasons. */
function suspiciousSilence({ method, path, stream, maxTokens, bodyBytes, resendable }: RequestShape): number {
  if (!resendable) return 0;
  if (method === "GET" || method === "HEAD" || path.endsWith("/count_tokens")) return SILENCE_MS;
  if ((bodyBytes ?? 0) > LARGE_BODY_BYTES) return 0;
  if (stream) return SILENCE_MS;
  return (maxTokens ?? 0) <= SHORT_ANSWER_TOKENS ? SHORT_ANSWER_SILENCE_MS : 0;
}

/** Creates the judgement over pooled connections. After a sleep every one may be dead; so it is on another network. */
export function createConnections(clock: Clock, wake: WakeWatch, network: NetworkWatch): Connections {
  const lastAlive = new Map<string, number>();
  const suspectUntil = new Map<string, number>();
  let allSuspectUntil = 0;

  function doubt(): void {
    allSuspectUntil = clock.monotonic() + POOL_LIFETIME_MS;
  }
  wake.onWake(doubt);
  network.onMove(doubt);

  return {
    plan(origin, shape) {
      wake.check();
      network.check(NETWORK_FRESH_MS);
      const now = clock.monotonic();
      if (now < allSuspectUntil || now < (suspectUntil.get(origin) ?? 0)) return { keepalive: false, silenceMs: 0 };
      const idle = now - (lastAlive.get(origin) ?? -POOL_LIFETIME_MS);
      if (idle >= POOL_LIFETIME_MS) return { keepalive: true, silenceMs: 0 };
      const silenceMs = suspiciousSilence(shape);
      return { keepalive: silenceMs > 0 || idle < SURELY_ALIVE_MS, silenceMs };
    },
    alive: (origin) => void lastAlive.set(origin, clock.monotonic()),
    suspect: (origin) => void suspectUntil.set(origin, clock.monotonic() + POOL_LIFETIME_MS),
  };
}
