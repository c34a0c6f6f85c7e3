// A program with something of everything to measure.
import { messagesHandler } from "../support/anthropic.ts";
import { identity } from "../support/oauth-server.ts";
import { error } from "../support/replies.ts";
import { createWorld } from "../support/world.ts";
import type { World } from "../support/world.ts";

const START = Date.UTC(2026, 0, 15, 12) / 1000;

const unified = (fields: Readonly<Record<string, string | number>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [`anthropic-ratelimit-unified-${name}`, String(value)]),
  );

/** Two messages served, one at the limit of the only account, and a refresh before that. */
export async function metricsWorld(): Promise<World> {
  const world = await createWorld();
  const OPEN = { "5h-status": "allowed", "5h-utilization": 0.31, "5h-reset": START + 7200 };
  const headers = unified({
    ...OPEN,
    "7d_oi-status": "allowed",
    "7d_oi-utilization": 0.4,
    "7d_oi-reset": START + 9999,
  });
  world.upstream.handle(messagesHandler({ headers }));
  await world.signIn(identity("alice@example.com"));
  await world.post("/oauth/refresh/alice@example.com", {});
  await world.message();
  await world.message();
  const spent = unified({ status: "rejected", "5h-status": "rejected", "5h-reset": START + 7200 });
  world.upstream.handle(() => error(429, "rate_limit_error", "limit", spent));
  await world.message();
  return world;
}
