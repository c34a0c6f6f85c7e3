// How what happens is merged with what has happened.
import { expect, test } from "bun:test";
import { EXAMPLE_TRACE } from "../../src/http/requests.ts";
import { mergeTraces } from "../../src/page/merge-traces.ts";
import type { Trace } from "../../src/relay/trace-schema.ts";

const trace = (id: string, startedAt: number, state: Trace["state"] = "complete"): Trace => ({
  ...EXAMPLE_TRACE,
  id,
  started_at: startedAt,
  state,
});
const seen = (traces: readonly Trace[]): readonly string[] => traces.map(({ id, state }) => `${id} ${state}`);

test("newest first, each once", () => {
  const known = [trace("b", 2), trace("a", 1)];
  expect(seen(mergeTraces(known, [trace("c", 3), trace("b", 2)]))).toEqual(["c complete", "b complete", "a complete"]);
});

test("what has ended stays ended, whatever an older list says", () => {
  const going = [trace("a", 1, "in_progress")];
  expect(seen(mergeTraces(going, [trace("a", 1, "broken")]))).toEqual(["a broken"]);
  expect(seen(mergeTraces([trace("a", 1, "broken")], going))).toEqual(["a broken"]);
});

test("no more than two hundred are kept, the newest", () => {
  const many = Array.from({ length: 300 }, (_, index) => trace(`t${index}`, index));
  const merged = mergeTraces([], many);
  expect([merged.length, merged[0]?.id, merged.at(-1)?.id]).toEqual([200, "t299", "t100"]);
});
