// How a target or an account stands, in words.
import type { Language } from "../../core/language.ts";
import type { Words } from "../../core/words/en.ts";
import { styled } from "../shown.ts";
import type { Piece, Style } from "../shown.ts";
import { clockUntil } from "../times.ts";

interface Condition {
  readonly state: keyof Words["commands"]["state"];
  readonly reason: string | null;
  readonly detail: string | null;
  /** Unix seconds. */
  readonly cooldown_until: number | null;
}

const STYLES: Readonly<Record<Condition["state"], Style>> = {
  ready: "good",
  refreshing: "good",
  cooldown: "warning",
  paused: "warning",
  disabled: "dim",
  login_required: "bad",
  key_refused: "bad",
};

/** "cooling down until 14:30 (in 2 hours): five_hour". `now` in seconds. */
export function conditionPiece(
  { state, reason, detail, cooldown_until }: Condition,
  { commands }: Words,
  language: Language,
  now: number,
): Piece {
  const named = commands.state[state];
  const until = state === "cooldown" ? cooldown_until : null;
  const timed = until === null ? named : commands.stateUntil({ state: named, until: clockUntil(until, now, language) });
  const why = [reason, detail].filter((part) => part !== null).join(", ");
  return styled(STYLES[state], why === "" ? timed : timed + commands.because({ reason: why }));
}
