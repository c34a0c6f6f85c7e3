// The sums in memory: what is counted by what, and how far it may grow.
import { describe, expect, test } from "bun:test";
import { createTally, OTHER_MODEL } from "../../src/usage/tally.ts";
import { counted, NOON } from "./_counted.ts";

const utc = (): number => 0;
const HOUR = 3_600_000;

describe("sums", () => {
  test("of one hour, account, provider, model and key in one line", () => {
    const tally = createTally(utc);
    tally.add(counted());
    tally.add(counted({ started_at: NOON + HOUR - 1, of: [1, 2, 3, 4] }));
    expect(tally.rows).toEqual([
      {
        hour: NOON / 1000,
        day: "2026-01-15",
        account: "acc1",
        provider: "P",
        model: "claude-opus-5",
        key: "",
        requests: 2,
        errors: 0,
        counted: 2,
        input_tokens: 11,
        output_tokens: 22,
        cache_creation_input_tokens: 6,
        cache_read_input_tokens: 44,
      },
    ]);
    tally.clear();
    expect(tally.rows).toEqual([]);
  });
  test("each of the five makes another line", () => {
    const tally = createTally(utc);
    tally.add(counted());
    tally.add(counted({ started_at: NOON + HOUR }));
    tally.add(counted({ chosen: { provider: "P", account: "acc2", kind: "account" } }));
    tally.add(counted({ chosen: { provider: "Q", account: null, kind: "key" } }));
    tally.add(counted({ sent: "claude-haiku-4-5" }));
    tally.add(counted({ key: "work" }));
    expect(tally.rows).toHaveLength(6);
    expect(tally.rows.map(({ account }) => account)).toContain("");
  });
  test("the model is the one that the upstream was sent", () => {
    const tally = createTally(utc);
    tally.add(counted({ model: "asked-for", sent: "claude-haiku-4-5" }));
    tally.add(counted({ model: "asked-for", attempts: [], chosen: null, status: 503, state: "failed", tokens: null }));
    expect(tally.rows.map(({ model, provider, errors }) => [model, provider, errors])).toEqual([
      ["claude-haiku-4-5", "P", 0],
      ["asked-for", "", 1],
    ]);
  });
  test("where nobody served, the last that was tried", () => {
    const tally = createTally(utc);
    tally.add(counted({ chosen: null, status: 503, state: "failed", tokens: null }));
    expect(tally.rows[0]).toMatchObject({ provider: "P", account: "acc1", requests: 1, errors: 1, counted: 0 });
  });
  test("errors: the reply's, a break, silence; not a client that left", () => {
    const errors = (more: Parameters<typeof counted>[0]): number | undefined => {
      const tally = createTally(utc);
      tally.add(counted(more));
      return tally.rows[0]?.errors;
    };
    expect([errors({}), errors({ state: "client_gone" }), errors({ state: "client_gone", status: null })]).toEqual([
      0, 0, 0,
    ]);
    expect([errors({ status: 429 }), errors({ state: "broken" }), errors({ state: "idle" })]).toEqual([1, 1, 1]);
  });
  test("tokens that the upstream did not tell count as none", () => {
    const tally = createTally(utc);
    const unknown = {
      input_tokens: 5,
      output_tokens: null,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
    };
    tally.add(counted({ tokens: unknown }));
    tally.add(counted({ tokens: null }));
    expect(tally.rows[0]).toMatchObject({ requests: 2, counted: 1, input_tokens: 5, output_tokens: 0 });
  });
});

describe("bounds", () => {
  test("200 models in an hour, then other; the next hour begins anew", () => {
    const tally = createTally(utc);
    for (let index = 0; index < 1_000; index += 1) tally.add(counted({ sent: `model-${index}` }));
    tally.add(counted({ sent: "model-3" }));
    expect(tally.rows).toHaveLength(201);
    expect(tally.rows.find(({ model }) => model === OTHER_MODEL)?.requests).toBe(800);
    expect(tally.rows.find(({ model }) => model === "model-3")?.requests).toBe(2);
    tally.add(counted({ sent: "model-900", started_at: NOON + HOUR }));
    // A request that took long ends last: its own hour is full still.
    tally.add(counted({ sent: "model-901" }));
    expect(tally.rows.filter(({ model }) => /model-90./.test(model))).toHaveLength(1);
  });
  test("names that only fail leave room for those that serve", () => {
    const tally = createTally(utc);
    for (let index = 0; index < 1_000; index += 1) tally.add(counted({ sent: `wrong-${index}`, status: 404 }));
    for (let index = 0; index < 100; index += 1) tally.add(counted({ sent: `right-${index}` }));
    expect(tally.rows.filter(({ model }) => model.startsWith("right-"))).toHaveLength(100);
    expect(tally.rows.filter(({ model }) => model.startsWith("wrong-"))).toHaveLength(100);
  });
  test("a name that would harm a terminal, and one without end", () => {
    const tally = createTally(utc);
    tally.add(counted({ sent: `a\u001b[2J\nb${"x".repeat(5_000)}` }));
    expect(tally.rows[0]?.model).toMatch(/^a\?\[2J\?bx{193}$/);
  });
  test("lines: what is over the limit is counted as lost", () => {
    const tally = createTally(utc, 3);
    for (let index = 0; index < 5; index += 1) tally.add(counted({ key: `key-${index}` }));
    tally.add(counted({ key: "key-0" }));
    expect([tally.rows.length, tally.lost, tally.rows[0]?.requests]).toEqual([3, 2, 2]);
  });
});
