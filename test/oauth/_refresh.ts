// Shorthand for the tests of refreshing.
import type { World } from "../support/world.ts";
import { eventually } from "../support/world.ts";

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** The only account's row in GET /oauth/status. */
export async function row(world: World, index = 0) {
  return (await world.json("/oauth/status")).body.tokens[index];
}

/** Refresh calls to the token endpoint so far, refused ones too. */
export const asked = (world: World): number =>
  world.oauth.calls.filter((call) => call.text.includes('"grant_type":"refresh_token"')).length;

/**
 * Moves the clock, then waits until the endpoint was asked `times` times in all and every answer was taken. The timer
 * must be due at the end of the move: 30 s of the clock after it the call would be given up.
 */
export async function advanceToRefresh(world: World, milliseconds: number, times: number): Promise<void> {
  await world.clock.advance(milliseconds);
  await eventually(`${times} refreshes`, () => asked(world) === times);
  await quiet(world);
}

/** Waits until no refresh is under way. */
export async function quiet(world: World): Promise<void> {
  await eventually("no refresh is under way", async () => (await row(world))?.state !== "refreshing");
}

/** Milliseconds until the next refresh, by GET /oauth/status. */
export async function untilNext(world: World): Promise<number | null> {
  const { next_refresh_at: at } = await row(world);
  return at === null ? null : at * 1000 - world.clock.now();
}
