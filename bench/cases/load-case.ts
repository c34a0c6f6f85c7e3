// What all cases under load have in common.
import type { Note } from "../figures.ts";
import type { Expected } from "../replies.ts";
import type { Row } from "../rows.ts";
import type { Target } from "../target.ts";

export interface LoadCase {
  readonly row: Row;
  /** One round: every target in the given order, each for about so many seconds. */
  round(turn: readonly Target[], plan: RoundPlan, note: Note): Promise<void>;
}

export interface RoundPlan {
  readonly seconds: number;
  readonly expected: Expected;
}

/** Of the upstream without anything in front of it. */
export const DIRECT = "direct";
