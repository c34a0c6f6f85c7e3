// What a small Messages request asks of the choice.
import type { Asked, Fleet } from "../../src/balance/fleet.ts";

/** A request of a conversation, or of none; it takes the fleet's next turn. */
export const askedOf = (fleet: Pick<Fleet, "nextTurn">, sessionId: string | null): Asked => ({
  model: "claude-opus-5",
  sessionId,
  pinned: null,
  countTokens: false,
  claudeToken: false,
  clientDigest: "",
  thread: false,
  message: true,
  turn: fleet.nextTurn(),
  forbids: () => null,
});
