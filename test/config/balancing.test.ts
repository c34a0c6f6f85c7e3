// settings.balancing: its bounds, and slips in it. Its defaults are in config.test.ts.
import { expect, test } from "bun:test";

import { accept, settings, table } from "./_parse.ts";

const balancing = (key: string): string => settings(`  balancing:\n    ${key}`);

test.each(["session", "round_robin", "least_used", "weighted", "drain"] as const)("strategy %s", (strategy) => {
  expect(accept(balancing(`strategy: ${strategy}`)).settings.balancing.strategy).toBe(strategy);
});

table("slips in balancing", [
  [
    "a strategy that does not exist",
    balancing("strategy: random"),
    "5:15: error: settings.balancing.strategy: must be one of: session, round_robin, least_used, weighted, drain",
  ],
  [
    "no attempt",
    balancing("max_attempts: 0"),
    "5:19: error: settings.balancing.max_attempts: must be a whole number from 1 to 100",
  ],
  ["too many attempts", balancing("max_attempts: 101"), "5:19: error: settings.balancing.max_attempts: must be"],
  ["half an attempt", balancing("max_attempts: 1.5"), "5:19: error: settings.balancing.max_attempts: must be"],
  [
    "a threshold of none",
    balancing("unhealthy_threshold: 0"),
    "5:26: error: settings.balancing.unhealthy_threshold: must be a whole number from 1",
  ],
  [
    "time that runs backwards",
    balancing("failure_cooldown_seconds: -1"),
    "5:31: error: settings.balancing.failure_cooldown_seconds: must be a number from 0",
  ],
  ["no budget", balancing("failover_budget_seconds: 0"), "5:30: error: settings.balancing.failover_budget_seconds"],
  ["no session", balancing("session_ttl_seconds: 0"), "5:26: error: settings.balancing.session_ttl_seconds"],
  [
    "another word",
    balancing("when_exhausted: wait"),
    "5:21: error: settings.balancing.when_exhausted: must be one of: fail, hold",
  ],
  [
    "a mistyped key",
    balancing("failure_cooldown: 5"),
    '5:5: error: settings.balancing.failure_cooldown: unknown key; did you mean "failure_cooldown_seconds"?',
  ],
  [
    "one level too high",
    settings("  max_attempts: 5"),
    '4:3: error: settings.max_attempts: unknown key here; it belongs to "settings.balancing.max_attempts"',
  ],
  ["a section that is text", settings("  balancing: session"), "4:14: error: settings.balancing: must be a section"],
]);
