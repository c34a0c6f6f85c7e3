// Which changes wait for a restart.
import { expect, test } from "bun:test";

import { restartNeeded } from "../../src/config/restart.ts";
import { accept, PROVIDER, settings } from "./_parse.ts";

const BEFORE = accept(`providers:\n${PROVIDER}`);

test.each([
  ['  host: "::1"', ["settings.host"]],
  ["  port: 1", ["settings.port"]],
  ["  language: en", ["settings.language"]],
  ["  tls: {cert: a, key: b}", ["settings.tls"]],
  ["  socket: a", ["settings.socket"]],
  [
    "  auth: {enabled: true, api_key: 0123456789abcdefghijklmn}\n  allowed_hosts: [a]\n  plain_http_from: [10.0.0.1]",
    [],
  ],
  ["  oauth: {service_name: other}", ["settings.oauth.service_name"]],
  ["  oauth: {enable_persistence: false}", ["settings.oauth.enable_persistence"]],
  ["  oauth: {store: file}", ["settings.oauth.store"]],
  ["  shutdown_grace_seconds: 0", ["settings.shutdown_grace_seconds"]],
  ["  host: localhost\n  port: 0\n  log_level: DEBUG", ["settings.host", "settings.port"]],
  ['  host: "127.0.0.1"\n  port: 9090', []],
  ["  log_level: ERROR\n  max_body_mb: 1\n  timeouts: {idle: 1}\n  balancing: {strategy: drain}", []],
  ["  oauth: {enable_auto_refresh: false, scopes: user:inference, allowed_origins: [https://a.example]}", []],
])("%p", (lines, paths) => {
  expect(restartNeeded(BEFORE, accept(settings(lines)))).toEqual(paths);
});

test("providers and routes are applied live", () => {
  const after = accept(
    `providers:\n${PROVIDER.replace("name: A", "name: B, weight: 2")}model_routes: {"*": [{provider: B}]}\n`,
  );
  expect(restartNeeded(BEFORE, after)).toEqual([]);
});
