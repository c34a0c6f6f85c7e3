// One run at a time for each key: whoever asks meanwhile shares the result.

export interface SingleFlight<T> {
  run(key: string, work: () => Promise<T>): Promise<T>;
  running(key: string): boolean;
  /** Resolves when no run is under way, whatever came of them. */
  idle(): Promise<void>;
}

/** Creates a group of flights. A failed run is forgotten, so the next caller tries anew. */
export function createSingleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Promise<T>>();
  return {
    run(key, work) {
      const current = flights.get(key);
      if (current !== undefined) return current;
      const flight = work().finally(() => flights.delete(key));
      flights.set(key, flight);
      return flight;
    },
    running: (key) => flights.has(key),
    async idle() {
      while (flights.size > 0) await Promise.allSettled(flights.values());
    },
  };
}
