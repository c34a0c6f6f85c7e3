// How patient Claude Code is: a fact about the client that several replies have to keep to.

/** It waits for a `retry-after` of up to this and gives up at a longer one (facts/claude-code). */
export const PATIENCE_SECONDS = 60;
