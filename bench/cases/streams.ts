// Event streams, 256 at once: with gaps, and as fast as they go.
import { runClient } from "../child.ts";
import type { StreamLoad, StreamOrder } from "../stream-client.ts";
import { withCpu } from "../target.ts";
import { GAP_MS } from "../streams.ts";
import type { LoadCase } from "./load-case.ts";

const CONCURRENCY = 256;

const run = (order: StreamOrder): Promise<StreamLoad> => runClient<StreamLoad>("stream-client.ts", order);

export const GAPS_CASE: LoadCase = {
  row: "gaps",
  async round(turn, { seconds, expected }, note) {
    const name = `streams c=${CONCURRENCY}`;
    for (const target of turn) {
      const { result, cpu } = await withCpu(target, () =>
        run({
          url: target.url,
          kind: "gaps",
          concurrency: CONCURRENCY,
          seconds,
          // Spread over the life of one: as many begin at any time, and not all at once.
          spreadMs: expected.events * GAP_MS,
          sha256: expected.stream,
          events: expected.events,
        }),
      );
      if (cpu !== undefined) note(target.name, `${name} CPU/stream`, "ms", (cpu * 1000) / result.streams);
      note(target.name, `${name} first byte p50`, "ms", result.firstByteP50Ms);
      note(target.name, `${name} first byte p99`, "ms", result.firstByteP99Ms);
      note(target.name, `${name} event gap p50`, "ms", result.gapP50Ms);
      note(target.name, `${name} event gap p99`, "ms", result.gapP99Ms);
      note(target.name, `${name} p50 of a stream`, "ms", result.p50Ms);
    }
  },
};

export const BURST_CASE: LoadCase = {
  row: "burst",
  async round(turn, { seconds, expected }, note) {
    const name = `bursts c=${CONCURRENCY}`;
    for (const target of turn) {
      const { result, cpu } = await withCpu(target, () =>
        run({
          url: target.url,
          kind: "burst",
          concurrency: CONCURRENCY,
          seconds,
          spreadMs: 0,
          sha256: expected.stream,
          events: expected.events,
        }),
      );
      note(target.name, `${name} streams/s`, "1/s", result.perSecond);
      note(target.name, `${name} first byte p50`, "ms", result.firstByteP50Ms);
      if (cpu !== undefined) note(target.name, `${name} CPU/stream`, "ms", (cpu * 1000) / result.streams);
    }
  },
};
