// Who may call: what the file may say, what is refused, and what is only said.
import { describe, expect, test } from "bun:test";
import { EMBEDDED_CONFIG } from "../../src/config/embedded.ts";
import { isExposed } from "../../src/config/exposure.ts";
import { toHostname } from "../../src/config/listening-rules.ts";
import { createNetworks, parseRange } from "../../src/config/networks.ts";
import { showConfig } from "../../src/config/show.ts";
import { accept, complaints, PROVIDER, settings, table } from "./_parse.ts";

const KEY = "0123456789abcdefghijklmn";
const DIGEST = "AB".repeat(32);
const DIGEST_OF_KEY = new Bun.CryptoHasher("sha256").update(KEY).digest("hex");
const one = (fields: string): string => settings(`  auth:\n    enabled: true\n    api_keys:\n      - {${fields}}`);

test("nothing is asked for by default", () => {
  const { auth, allowed_hosts, tls, socket, plain_http_from } = accept(`providers:\n${PROVIDER}`).settings;
  expect({ auth, allowed_hosts, tls, socket, plain_http_from }).toEqual({
    auth: { enabled: false, keys: [], exempt_paths: ["/health"], admin: null },
    allowed_hosts: [],
    tls: null,
    socket: null,
    plain_http_from: [],
  });
});

test("keys are resolved, with what they reach", () => {
  const text = settings(
    [
      "  auth:",
      "    enabled: true",
      `    api_key: ${KEY}`,
      "    admin: key",
      "    exempt_paths: [/health, /docs]",
      "    api_keys:",
      `      - {name: "work", key_sha256: ${DIGEST}, role: admin, requests_per_minute: 60, max_concurrent: 2, allow: {providers: [A], accounts: [me@work.example], models: ["*opus*"]}}`,
    ].join("\n"),
  );
  const { auth } = accept(text).settings;
  expect(auth).toMatchObject({ enabled: true, admin: "key", exempt_paths: ["/health", "/docs"] });
  expect(auth.keys.map(({ secret, ...key }) => ({ ...key, kind: secret.kind, text: secret.text.reveal() }))).toEqual([
    {
      name: "api_key",
      role: "client",
      allow: null,
      requests_per_minute: null,
      max_concurrent: null,
      kind: "key",
      text: KEY,
    },
    {
      name: "work",
      role: "admin",
      allow: { providers: ["A"], accounts: ["me@work.example"], models: ["*opus*"] },
      requests_per_minute: 60,
      max_concurrent: 2,
      kind: "sha256",
      text: DIGEST.toLowerCase(),
    },
  ]);
  const shown = showConfig(accept(text));
  expect(shown).toContain('key_sha256: "***"');
  expect(shown).not.toContain(KEY);
  expect(shown).not.toContain("abab");
  expect(JSON.stringify(accept(text))).not.toContain(KEY);
});

table("keys", [
  ["none", settings("  auth: {enabled: true}"), "4:3: error: settings.auth: enabled without any key"],
  ["a short one", settings("  auth: {enabled: true, api_key: x}"), "4:34: warning: settings.auth.api_key: short"],
  ["a short one in the list", one("name: a, key: x"), "7:24: warning: settings.auth.api_keys[0].key: short"],
  ["neither key nor digest", one("name: a"), "7:9: error: settings.auth.api_keys[0]: needs either key or"],
  ["both", one(`name: a, key: ${KEY}, key_sha256: ${DIGEST}`), "7:9: error: settings.auth.api_keys[0]: needs either"],
  ["no name", one(`key: ${KEY}`), "7:9: error: settings.auth.api_keys[0].name: this key is missing"],
  ["a digest that is none", one("name: a, key_sha256: abc"), "7:31: error: settings.auth.api_keys[0].key_sha256: must be 64 hexadecimal"], // prettier-ignore
  ["a blank in a key", one('name: a, key: "0123456789 0123456789"'), "7:24: error: settings.auth.api_keys[0].key: must be"], // prettier-ignore
  ["a role that is none", one(`name: a, key: ${KEY}, role: root`), "7:56: error: settings.auth.api_keys[0].role: must be one of: client, admin"], // prettier-ignore
  ["an unknown provider", one(`name: a, key: ${KEY}, allow: {providers: [a]}`), "7:70: error: settings.auth.api_keys[0].allow.providers[0]: no provider has this name"], // prettier-ignore
  ["an empty list", one(`name: a, key: ${KEY}, allow: {models: []}`), "7:66: error: settings.auth.api_keys[0].allow.models: must be a list of 1"], // prettier-ignore
  ["a key of another section", one(`name: a, key: ${KEY}, models: [x]`), '7:50: error: settings.auth.api_keys[0].models: unknown key here; it belongs to "settings.auth.api_keys[].allow.models"'], // prettier-ignore
  ["a rate of nothing", one(`name: a, key: ${KEY}, requests_per_minute: 0`), "7:71: error: settings.auth.api_keys[0].requests_per_minute: must be a whole number from 1"], // prettier-ignore
  ["one name twice", settings(`  auth:\n    enabled: true\n    api_keys:\n      - {name: a, key: ${KEY}}\n      - {name: A, key: ${KEY}x}`), "8:16: error: settings.auth.api_keys[1].name: another key has this name"], // prettier-ignore
  ["one key twice", settings(`  auth:\n    enabled: true\n    api_key: ${KEY}\n    api_keys: [{name: a, key: ${KEY}}]`), "7:31: error: settings.auth.api_keys[0].key: this key stands here twice"], // prettier-ignore
  ["one key twice, once as its digest", settings(`  auth:\n    enabled: true\n    api_keys:\n      - {name: a, key: ${KEY}, role: admin}\n      - {name: b, key_sha256: ${DIGEST_OF_KEY}}`), "8:31: error: settings.auth.api_keys[1].key_sha256: this key stands here twice"], // prettier-ignore
  ["a name that the key without one has", settings(`  auth:\n    enabled: true\n    api_key: ${KEY}\n    api_keys: [{name: API_key, key: ${KEY}x}]`), "7:23: error: settings.auth.api_keys[0].name: another key has this name"], // prettier-ignore
  ["an exempt path of the API", settings(`  auth: {enabled: true, api_key: ${KEY}, exempt_paths: [/health, /v1/models]}`), "4:84: error: settings.auth.exempt_paths[1]: always needs a key"], // prettier-ignore
  ["an exempt path that is none", settings(`  auth: {enabled: true, api_key: ${KEY}, exempt_paths: [health]}`), "4:75: error: settings.auth.exempt_paths[0]: must be a path"], // prettier-ignore
]);

table(
  "keys that nobody asks for",
  [
    ["off", settings("  auth: {enabled: false, api_key: change-me}"), "4:3: warning: settings.auth: the keys are not"],
    ["off, with faults", settings('  auth: {enabled: false, api_key: "${NO}", api_keys: 7, exempt_paths: 7}'), "4:3: warning: settings.auth: the keys are not"], // prettier-ignore
    ["off, none", settings("  auth: {enabled: false}")],
    ["a key for management alone", settings("  auth: {admin: key}"), "4:17: error: settings.auth.admin: management would answer without a key"], // prettier-ignore
    ["off, and a key for management", settings("  auth: {enabled: false, admin: key}"), "4:33: error: settings.auth.admin: management would"], // prettier-ignore
    ["off, with keys, and one for management", settings(`  auth: {enabled: false, api_key: ${KEY}, admin: key}`), "4:68: error: settings.auth.admin: management would"], // prettier-ignore
    ["open management, as it is anyway", settings("  auth: {admin: open}")],
    ["unsaid", settings(`  auth: {api_key: ${KEY}}`), "4:3: error: settings.auth: holds keys and does not say"],
    ["mistyped", settings("  auth: {enable: true}"), '4:10: error: settings.auth.enable: unknown key; did you mean "enabled"?'], // prettier-ignore
    ["in text", settings('  auth: {enabled: "true"}'), "4:19: error: settings.auth.enabled: must be true or false"],
    ["from a variable", settings("  auth:\n    enabled: ${ON}"), "4:3: error: settings.auth: enabled without any key"],
    ["no section", settings("  auth: true"), "4:9: error: settings.auth: must be a section"],
  ],
  { ON: "true" },
);

const KEYED = `  auth: {enabled: true, api_keys: [{name: a, key: ${KEY}, role: admin}]}`;
const TLS = "  tls: {cert: c.pem, key: k.pem}";
const CLIENT_ONLY = KEYED.replace("admin", "client");

table("an address that others reach", [
  ["every address", settings("  host: 0.0.0.0"), "4:9: error: settings.host: 0.0.0.0 is more than this machine, and whoever"], // prettier-ignore
  ["every IPv6 address", settings('  host: "::"'), "4:9: error: settings.host: :: is more than this machine"],
  ["a name", settings("  host: ccb.example"), "4:9: error: settings.host: ccb.example is more"],
  ["a name that a name server may answer", settings("  host: a.localhost"), "4:9: error: settings.host: a.localhost is"], // prettier-ignore
  ["TLS alone", settings(`  host: 192.0.2.1\n${TLS}`), "4:9: error: settings.host: 192.0.2.1 is more than this machine, and whoever"], // prettier-ignore
  ["keys alone", settings(`  host: 192.0.2.1\n${KEYED}`), "4:9: error: settings.host: 192.0.2.1 is more than this machine, and keys and"], // prettier-ignore
  ["open management", settings(`  host: 192.0.2.1\n${KEYED.replace("enabled", "admin: open, enabled")}\n${TLS}`), "4:9: error: settings.host: 192.0.2.1 is more than this machine, and auth.admin: open"], // prettier-ignore
  ["keys and TLS", settings(`  host: 192.0.2.1\n${KEYED}\n${TLS}`)],
  ["keys behind a proxy", settings(`  host: 192.0.2.1\n${KEYED}\n  plain_http_from: [10.0.0.1]`)],
  ["under no name", settings(`  host: 0.0.0.0\n${KEYED}\n${TLS}`), "5:3: warning: settings.auth: clients reach this"],
  ["under no name, in another spelling", settings(`  host: "0"\n${KEYED}\n${TLS}`), "5:3: warning: settings.auth: clients reach this"], // prettier-ignore
  ["under no name, IPv6", settings(`  host: "0:0::0"\n${KEYED}\n${TLS}`), "5:3: warning: settings.auth: clients reach this"], // prettier-ignore
  ["under a name", settings(`  host: 0.0.0.0\n${KEYED}\n${TLS}\n  allowed_hosts: [ccb.example]`)],
  ["for clients alone", settings(`  host: 192.0.2.1\n${CLIENT_ONLY}\n${TLS}`), "5:3: warning: settings.auth: no key has role: admin"], // prettier-ignore
  ["for clients, the owner by the socket", settings(`  host: 192.0.2.1\n${CLIENT_ONLY}\n${TLS}\n  socket: ccb.sock`)],
  ["this machine under a name, without keys", settings("  allowed_hosts: [ccb.example]"), "3:1: warning: settings.auth: asks for no key, and ccb answers under"], // prettier-ignore
  ["this machine under a name, with keys", settings(`${KEYED}\n  allowed_hosts: [ccb.example]`)],
  ["this machine under a name of it", settings("  allowed_hosts: [ccb.localhost]")],
  ["the socket under a name", settings("  host: none\n  socket: ccb.sock\n  allowed_hosts: [ccb.example]")],
  ["everybody in the clear", settings(`  host: 192.0.2.1\n${KEYED}\n  plain_http_from: [0.0.0.0/0]`), "5:3: warning: settings.auth: plain_http_from covers"], // prettier-ignore
  ["none at all", settings("  host: none"), '4:9: error: settings.host: host "none" listens nowhere'],
  ["the socket alone", settings("  host: none\n  socket: ccb.sock")],
]);

test("the lines that mend it are lines of a configuration", () => {
  const said = complaints(settings("  host: 0.0.0.0")).join("\n");
  const lines = said.slice(said.indexOf("settings:\n")).replace("…", DIGEST).split("\n");
  const body = ["  host: 0.0.0.0", "  allowed_hosts: [a.example]", ...lines.slice(1)].join("\n");
  expect(accept(settings(body)).settings.auth.keys[0]?.role).toBe("admin");
  expect(said).toContain("ccb key new");
});

test("the examples of the embedded default are right once they are let in", () => {
  let digests = 0;
  const text = EMBEDDED_CONFIG.slice(0, EMBEDDED_CONFIG.indexOf("  # Who may call.")).concat(
    EMBEDDED_CONFIG.slice(EMBEDDED_CONFIG.indexOf("  # allowed_hosts:")).replaceAll(/^ {2}# /gm, "  "),
  );
  const full = text.replaceAll("key_sha256: …", () => `key_sha256: "${String(digests++).repeat(64)}"`);
  const { auth, socket } = accept(full, { CCB_CLIENT_KEY: KEY }).settings;
  expect(auth.keys.map(({ name }) => name)).toEqual(["api_key", "me", "work"]);
  expect([auth.admin, socket]).toEqual(["key", "/run/user/1000/ccb.sock"]);
});

table("names, ranges and files", [
  [
    "a scheme",
    settings("  allowed_hosts: [https://a.example]"),
    "4:19: error: settings.allowed_hosts[0]: must be a host",
  ],
  ["a port", settings('  allowed_hosts: ["a.example:8080"]'), "4:19: error: settings.allowed_hosts[0]: must be a host"],
  ["a star", settings('  allowed_hosts: ["*.example"]'), "4:19: error: settings.allowed_hosts[0]: must be a host"],
  ["no range", settings("  plain_http_from: [10.0.0.0/33]"), "4:21: error: settings.plain_http_from[0]: must be an"],
  ["half a certificate", settings("  tls: {cert: c.pem}"), "4:8: error: settings.tls.key: this key is missing"],
  ["an empty certificate", settings("  tls:"), "4:7: error: settings.tls: is empty"],
  ["a long path", settings(`  socket: /${"a".repeat(120)}`), "4:11: error: settings.socket: is too long"],
]);

test("names are kept as URLs have them, paths are counted from the file", () => {
  const text = settings(`  allowed_hosts: [CCB.Example, "fd00::0:1", bücher.example]\n  socket: run/ccb.sock\n${TLS}`);
  const { allowed_hosts, socket, tls } = accept(text).settings;
  expect(allowed_hosts).toEqual(["ccb.example", "[fd00::1]", "xn--bcher-kva.example"]);
  expect([socket, tls?.cert]).toEqual(["/home/me/.config/ccb/run/ccb.sock", "/home/me/.config/ccb/c.pem"]);
});

describe("addresses", () => {
  const inside = createNetworks(["172.16.0.0/12", "fd00::/8", "192.0.2.7"]);
  test.each([
    ["172.17.0.1", true],
    ["::ffff:172.17.0.1", true],
    ["172.32.0.1", false],
    ["192.0.2.7", true],
    ["192.0.2.8", false],
    ["fd12::1", true],
    ["fe80::1%eth0", false],
    ["127.0.0.1", true],
    ["::ffff:127.0.0.1", true],
    ["::1", true],
    ["", false],
    ["nonsense", false],
  ])("%p is inside: %p", (address, expected) => {
    expect(inside(address)).toBe(expected);
  });
  test.each(["10.0.0.0/8", "10.0.0.1", "::/0", "fd00::1"])("%p is a range", (text) => {
    expect(parseRange(text)).not.toBe(null);
  });
  test.each(["10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0/8", "a/8", "fe80::1%eth0", ""])(
    "%p is none",
    (text) => {
      expect(parseRange(text)).toBe(null);
    },
  );
  test.each(["", "a b", "a/b", "u@a", "[::1]:80", "a:80", "%41"])("%p is no name", (text) => {
    expect(toHostname(text)).toBe(null);
  });
  test.each(["127.0.0.1", "::1", "localhost", "none"])("%p is this machine", (host) =>
    expect(isExposed(host)).toBe(false),
  );
});
