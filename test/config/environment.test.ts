// ${NAME}: what it stands for, and where a missing one is reported.
import { expect, test } from "bun:test";

import { accept, OFFICIAL, provider, settings, table } from "./_parse.ts";

table(
  "${ENV}",
  [
    [
      "unset",
      provider(`${OFFICIAL}, auth_value: "\${MISSING}"`),
      "2:65: error: providers[0].auth_value: the environment variable MISSING is not set",
    ],
    [
      "empty",
      provider(`${OFFICIAL}, auth_value: "\${EMPTY}"`),
      "2:65: error: providers[0].auth_value: the environment variable EMPTY is not set, or empty",
    ],
    [
      "the second of two",
      settings('  ca_file: "${HOST}/${MISSING}"'),
      "4:21: error: settings.ca_file: the environment variable MISSING",
    ],
    [
      "in a later line of a block",
      settings("  ca_file: |\n    abc\n    ${MISSING}"),
      "6:5: error: settings.ca_file: the environment variable MISSING",
    ],
    [
      "behind an escape",
      settings('  ca_file: "\\x24{MISSING}"'),
      "4:12: error: settings.ca_file: the environment variable MISSING",
    ],
    ["malformed", settings('  ca_file: "a${X:-b}"'), "4:14: error: settings.ca_file: only ${NAME} is understood"],
    [
      "inherited names are not set",
      settings('  ca_file: "${constructor}"'),
      "4:13: error: settings.ca_file: the environment variable constructor",
    ],
    ["in a number that is none", settings("  port: ${HOST}"), "4:9: error: settings.port: must be a whole number"],
    ["a quoted number stays text", settings('  port: "${PORT}"'), "4:9: error: settings.port: must be a whole number"],
  ],
  { EMPTY: "", HOST: "127.0.0.1", PORT: "8123" },
);

test("${ENV} stands for text, numbers and booleans, and is expanded once", () => {
  const env = { KEY: "k-${KEY}", PORT: "8123", ON: "false", A: "https://api.", B: "anthropic.com" };
  const config = accept(
    'providers:\n  - {name: "$${x}", base_url: "${A}${B}", auth_value: "${KEY}"}\nsettings:\n  port: ${PORT}\n  oauth:\n    enable_persistence: ${ON}\n',
    env,
  );
  expect(config.settings.port).toBe(8123);
  expect(config.settings.oauth.enable_persistence).toBe(false);
  const [only] = config.providers;
  expect(only?.name).toBe("${x}");
  expect(only?.base_url).toBe("https://api.anthropic.com");
  expect(only?.credential.kind === "key" && only.credential.key.reveal()).toBe("k-${KEY}");
});
