// A balancer put together as the relay does it: choose, begin and place in one turn, on a clock that a test moves.
import type { ChoiceRequest, ChoiceState, ChoosableTarget, Unusable } from "../../src/balance/choosable.ts";
import { choose } from "../../src/balance/choose.ts";
import type { Choice } from "../../src/balance/choose.ts";
import type { Strategy } from "../../src/balance/load.ts";
import { createSessions } from "../../src/balance/sessions.ts";
import { createBalanceState } from "../../src/balance/target-state.ts";
import type { Flight } from "../../src/balance/target-state.ts";
import type { LimitWindow } from "../../src/provider/limit-windows.ts";
import { createTestRandom } from "../support/random.ts";

export const START = Date.UTC(2026, 0, 15, 12);

/** A clock that only moves by hand. */
export function createHandClock() {
  let now = START;
  return {
    now: () => now,
    move: (milliseconds: number): void => {
      now += milliseconds;
    },
  };
}

export const target = (id: string, more: Partial<ChoosableTarget> = {}): ChoosableTarget => ({
  id,
  providerName: "P",
  priority: 1,
  weight: 1,
  reservePercent: 0,
  extraUsage: "last",
  kind: "account",
  claudeTokensAllowed: true,
  model: null,
  ...more,
});

export const request = (more: Partial<ChoiceRequest> = {}): ChoiceRequest => ({
  model: "claude-opus-5",
  sessionId: null,
  countTokens: false,
  pinned: null,
  claudeToken: false,
  ...more,
});

export const windowOf = (
  utilization: number | null,
  resetAt: number | null,
  more: Partial<LimitWindow> = {},
): LimitWindow => ({
  name: "5h",
  scope: "account",
  status: "allowed",
  utilization,
  resetAt,
  ...more,
});

export function createBalancer(targets: readonly ChoosableTarget[], strategy: Strategy = "session", seed = 1) {
  const clock = createHandClock();
  const state = createBalanceState({ clock, random: createTestRandom(seed) });
  const sessions = createSessions({ clock, ttlMs: () => 3_600_000 });
  const unusable = new Map<string, Unusable>();
  let turn = 0;
  const view: ChoiceState = {
    target: (id) => state.target(id),
    provider: (name) => state.provider(name),
    sessionOn: (id) => sessions.targetOf(id),
    sessionsOn: (id) => sessions.count(id),
    unusable: ({ id }) => unusable.get(id) ?? null,
  };
  const pick = (more: Partial<ChoiceRequest> = {}): Choice<ChoosableTarget> =>
    choose(targets, request(more), view, { strategy }, clock.now(), turn++);
  return {
    clock,
    state,
    sessions,
    unusable,
    view,
    pick,
    /** The ids of the candidates, best first. */
    order: (more: Partial<ChoiceRequest> = {}): string =>
      pick(more)
        .candidates.map(({ target: { id } }) => id)
        .join(" "),
    /** One request: begun at the best candidate, and its session placed there. null: nobody may serve now. */
    serve(more: Partial<ChoiceRequest> = {}): { readonly id: string; readonly flight: Flight } | null {
      const wanted = request(more);
      for (const { target: candidate } of pick(more).candidates) {
        const admission = state.begin(candidate, wanted);
        if (!admission.admitted) continue;
        if (wanted.sessionId !== null) sessions.place(wanted.sessionId, candidate.id);
        return { id: candidate.id, flight: admission.flight };
      }
      return null;
    },
  };
}
