// What `ccb check` prints of providers, routes and balancing is what is in force, and is itself a configuration.
import { expect, test } from "bun:test";

import { showConfig } from "../../src/config/show.ts";
import { accept, PROVIDER } from "./_parse.ts";

const TEXT = `providers:
${PROVIDER.replace("oauth}", "oauth, weight: 2, extra_usage: never, accounts: [a@b.c, {email: d@e.f}, {email: g@h.i, weight: 3}, {email: j, priority: 0, reserve_percent: 5}]}")}
model_routes:
  "*opus*": [{provider: A, model: x, priority: 2}]
  "7": [{provider: A}]
  "*": [{provider: A, model: y}]
settings:
  balancing: {max_attempts: 9}
`;

test("all of it is shown, accounts as plain texts where nothing else is set", () => {
  const shown = showConfig(accept(TEXT));
  expect(shown).toContain(`    weight: 2
    extra_usage: never
    accounts:
      - a@b.c
      - d@e.f
      - email: g@h.i
        weight: 3
        reserve_percent: 0
      - email: j
        priority: 0
        reserve_percent: 5
`);
  expect(shown).toContain(`model_routes:
  "*opus*":
    - provider: A
      model: x
      priority: 2
  "7":
    - provider: A
      model: passthrough
  "*":
    - provider: A
      model: y
`);
  expect(shown).toContain(`  balancing:
    max_attempts: 9
    strategy: session
    session_ttl_seconds: 3600
    failover_budget_seconds: 90
    unhealthy_threshold: 2
    failure_cooldown_seconds: 30
    when_exhausted: fail
`);
});

test("what is shown is the same configuration", () => {
  const config = accept(TEXT);
  expect(accept(showConfig(config))).toEqual(config);
});

test("no route, no section", () => {
  expect(showConfig(accept(`providers:\n${PROVIDER}`))).not.toContain("model_routes");
});
