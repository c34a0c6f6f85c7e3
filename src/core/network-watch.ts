// Notices that the machine has other addresses than before: another network, a VPN that came or went.
import type { Clock } from "./ports.ts";

export interface NetworkWatch {
  /** Looks where the last look is at least so many milliseconds old; calls the listeners where the addresses changed. */
  check(olderThanMs: number): void;
  onMove(listener: () => void): void;
}

/** Creates a watch that looks only when asked: a look costs a third of a millisecond. `fingerprint`: of all addresses. */
export function createNetworkWatch(clock: Pick<Clock, "monotonic">, fingerprint: () => string): NetworkWatch {
  const listeners: (() => void)[] = [];
  let addresses = fingerprint();
  let lookedAt = clock.monotonic();
  return {
    check(olderThanMs) {
      const now = clock.monotonic();
      if (now - lookedAt < olderThanMs) return;
      lookedAt = now;
      const current = fingerprint();
      const moved = current !== addresses;
      addresses = current;
      if (moved) for (const listener of listeners) listener();
    },
    onMove: (listener) => void listeners.push(listener),
  };
}
