// A request that is over, as the counter is told of it.
import type { TraceAttempt } from "../../src/relay/trace-schema.ts";
import type { Counted } from "../../src/usage/tally.ts";

/** 2026-01-15 12:00 UTC. */
export const NOON = Date.UTC(2026, 0, 15, 12);

const ATTEMPT: TraceAttempt = {
  provider: "P",
  account: "acc1",
  kind: "account",
  model: "claude-opus-5",
  started_ms: 1,
  ended_ms: 2,
  status: 200,
  reason: "served",
  action: "relay",
  replay: null,
  benches: [],
};

/** `model`: as it was sent; tokens as in [input, output, written to the cache, read from it]. */
export function counted(
  more: Partial<Counted> & { readonly sent?: string; readonly of?: readonly number[] } = {},
): Counted {
  const { sent = "claude-opus-5", of: [input = 10, output = 20, written = 3, read = 40] = [], ...rest } = more;
  return {
    started_at: NOON,
    key: null,
    model: "claude-opus-5",
    status: 200,
    state: "complete",
    chosen: { provider: "P", account: "acc1", kind: "account" },
    attempts: [{ ...ATTEMPT, model: sent }],
    tokens: {
      input_tokens: input,
      output_tokens: output,
      cache_creation_input_tokens: written,
      cache_read_input_tokens: read,
    },
    ...rest,
  };
}
