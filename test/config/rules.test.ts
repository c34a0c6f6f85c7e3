// What the shape cannot say: addresses, credentials, open doors.
import { expect, test } from "bun:test";

import { complaints, OFFICIAL, provider, PROVIDER, settings, table } from "./_parse.ts";

table("names", [
  [
    "twice, whatever the case",
    "providers:\n" + PROVIDER + PROVIDER.replace("A", "a"),
    "3:12: error: providers[1].name: another provider has this name",
  ],
]);

table("addresses", [
  [
    "no URL",
    provider("name: A, base_url: api.anthropic.com, auth_value: passthrough"),
    "2:25: error: providers[0].base_url: must be an address",
  ],
  [
    "another scheme",
    provider("name: A, base_url: ftp://a.example, auth_value: passthrough"),
    "2:25: error: providers[0].base_url: must be an address",
  ],
  [
    "all at once",
    provider('name: A, base_url: "http://u:p@a.example/?x#y", auth_value: passthrough'),
    "2:25: error: providers[0].base_url: must not hold a query",
    "2:25: error: providers[0].base_url: must not hold a fragment",
    "2:25: error: providers[0].base_url: must not hold a user name",
    "2:25: error: providers[0].base_url: must begin with https://",
  ],
  [
    "an empty query",
    provider('name: A, base_url: "https://a.example/?", auth_value: passthrough'),
    "2:25: error: providers[0].base_url: must not hold a query",
  ],
  [
    "/v1 twice",
    provider("name: A, base_url: https://a.example/v1/, auth_value: passthrough"),
    "2:25: warning: providers[0].base_url: ends in /v1",
  ],
  [
    "not this machine after all",
    provider("name: A, base_url: http://127.0.0.1.a.example, auth_value: passthrough"),
    "2:25: error: providers[0].base_url: must begin with https://",
  ],
  [
    "authorize_url in the clear",
    settings("  oauth: {authorize_url: http://a.example/}"),
    "4:26: error: settings.oauth.authorize_url: must begin with https://",
  ],
  [
    "token_url in the clear",
    settings("  oauth: {token_url: http://platform.claude.com/t}"),
    "4:22: error: settings.oauth.token_url: must begin with https://",
  ],
  [
    "socks",
    provider(`${OFFICIAL}, auth_value: oauth, proxy: "socks5://127.0.0.1:1080"`),
    "2:78: error: providers[0].proxy: SOCKS proxies",
  ],
  [
    "socks for signing in",
    settings('  oauth: {proxy: "socks5h://127.0.0.1:1080"}'),
    "4:18: error: settings.oauth.proxy: SOCKS proxies",
  ],
  [
    "a proxy without scheme",
    provider(`${OFFICIAL}, auth_value: oauth, proxy: "127.0.0.1:1080"`),
    "2:78: error: providers[0].proxy: must be the address of a proxy",
  ],
  [
    "a proxy with a path",
    provider(`${OFFICIAL}, auth_value: oauth, proxy: "http://127.0.0.1:1080/x"`),
    "2:78: error: providers[0].proxy: must be the address of a proxy",
  ],
  [
    "a proxy that would read the credential",
    provider('name: A, base_url: "http://127.0.0.1:1", auth_value: passthrough, proxy: "http://proxy.example:1"'),
    "2:79: error: providers[0].proxy: a proxy on another machine would read",
  ],
]);

table("tokens go only where they belong", [
  [
    "oauth elsewhere",
    provider("name: A, base_url: https://relay.example, auth_value: oauth"),
    "2:60: error: providers[0].auth_value: a Claude access token may go to",
  ],
  [
    "oauth to another port",
    provider('name: A, base_url: "https://api.anthropic.com:8443", auth_value: oauth'),
    "2:71: error: providers[0].auth_value: a Claude access token may go to",
  ],
  [
    "a setup token elsewhere",
    provider("name: A, base_url: https://relay.example, auth_value: sk-ant-oat01-abc"),
    "2:60: error: providers[0].auth_value: a Claude access token may go to",
  ],
  [
    "a refresh token",
    provider(`${OFFICIAL}, auth_value: sk-ant-ort01-abc`),
    "2:64: error: providers[0].auth_value: this is a refresh token",
  ],
  [
    "oauth as API key",
    provider(`${OFFICIAL}, auth_value: oauth, auth_type: api_key`),
    '2:82: error: providers[0].auth_type: "oauth" signs with',
  ],
  [
    "token_url elsewhere",
    settings("  oauth: {token_url: https://evil.example/t}"),
    "4:22: error: settings.oauth.token_url: codes and refresh tokens may go to",
  ],
  [
    "redirect elsewhere",
    settings("  oauth: {redirect_uri: https://evil.example/t}"),
    "4:25: error: settings.oauth.redirect_uri: codes and refresh tokens may go to",
  ],
  [
    "an allowed origin with a path",
    settings("  oauth: {allowed_origins: [https://a.example/x]}"),
    "4:29: error: settings.oauth.allowed_origins[0]: must be an origin",
  ],
  [
    "an allowed origin in the clear",
    settings("  oauth: {allowed_origins: [http://a.example]}"),
    "4:29: error: settings.oauth.allowed_origins[0]: must begin with https://",
  ],
]);

table("credentials", [
  [
    "nearly oauth",
    provider(`${OFFICIAL}, auth_value: OAuth`),
    '2:64: error: providers[0].auth_value: did you mean "oauth"?',
  ],
  [
    "nearly passthrough",
    provider(`${OFFICIAL}, auth_value: pass_through`),
    '2:64: error: providers[0].auth_value: did you mean "passthrough"?',
  ],
  [
    "a line break in a key",
    provider(`${OFFICIAL}, auth_value: "k-1234567890123456\\n"`),
    "2:64: error: providers[0].auth_value: the key holds blanks",
  ],
  [
    "accounts of a key",
    provider(`${OFFICIAL}, auth_value: k-1234567890123456, accounts: [a@b.c]`),
    "2:94: error: providers[0].accounts: only goes with",
  ],
]);

test("a faulty list of allowed origins does not make every provider a fault", () => {
  const text =
    "providers:\n  - {name: A, base_url: https://a.example, auth_value: oauth}\nsettings: {oauth: {allowed_origins: [7]}}\n";
  expect(complaints(text)).toHaveLength(1);
});
