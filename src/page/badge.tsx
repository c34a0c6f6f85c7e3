// How something stands, in a word and a colour.
import type { ComponentChildren } from "preact";

export type Tone = "good" | "warn" | "bad" | "dim" | "info";

export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

/** Of the states of accounts and targets. */
export const STATE_TONES = {
  ready: "good",
  refreshing: "info",
  cooldown: "warn",
  paused: "dim",
  disabled: "dim",
  login_required: "bad",
  key_refused: "bad",
} as const satisfies Record<string, Tone>;
