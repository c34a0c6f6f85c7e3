// Who may call what: the decision alone, over facts and rules.
import { describe, expect, test } from "bun:test";
import type { ClientKey } from "../../src/config/config.ts";
import { CcbError } from "../../src/core/errors.ts";
import { Secret } from "../../src/core/secret.ts";
import { admit } from "../../src/http/guard.ts";
import type { CallFacts, CallRules } from "../../src/http/guard.ts";
import { createKeys, toKeyDigest } from "../../src/http/keys.ts";

const keyOf = (name: string, text: string, role: "client" | "admin"): ClientKey => ({
  name,
  secret: { kind: "key", text: new Secret(text) },
  role,
  allow: null,
  requests_per_minute: null,
  max_concurrent: null,
});
const KEYS = createKeys([keyOf("c", "client-key", "client"), keyOf("a", "admin-key", "admin")]);

const FACTS: CallFacts = {
  method: "GET",
  path: "/oauth/status",
  host: "localhost:9090",
  origin: null,
  fetchSite: null,
  fetchMode: null,
  fetchDest: null,
  contentType: null,
  hasBody: () => false,
  socket: false,
  peer: () => "127.0.0.1",
  ccbKey: null,
  credentials: [],
  forUpstream: [],
};
const RULES: CallRules = {
  tls: false,
  hosts: new Set(["ccb.example", "[fd00::1]"]),
  plainHttp: null,
  keys: KEYS,
  keysNeeded: false,
  management: "open_on_loopback",
  exemptPaths: new Set(["/health"]),
  passthrough: () => false,
};
const KEYED: CallRules = { ...RULES, keysNeeded: true };
const CLOSED: CallRules = { ...KEYED, management: "key" };

/** The code of the refusal, or who was let in. */
function said(facts: Partial<CallFacts>, rules: CallRules = RULES): string {
  try {
    const { key, trusted, api } = admit({ ...FACTS, ...facts }, rules);
    return [key?.name ?? "nobody", ...(trusted ? ["trusted"] : []), ...(api ? ["api"] : [])].join(" ");
  } catch (error) {
    if (!(error instanceof CcbError)) throw error;
    return error.code;
  }
}

const secrets = (...texts: string[]): Secret[] => texts.map((text) => new Secret(text));

describe("Host", () => {
  const rows: readonly (readonly [string | null, string])[] = [
    ["localhost:9090", "ok"],
    ["LOCALHOST", "ok"],
    ["a.localhost:9090", "ok"],
    ["127.0.0.1:9090", "ok"],
    ["127.9.9.9", "ok"],
    ["[::1]:9090", "ok"],
    ["ccb.example", "ok"],
    ["CCB.example:8443", "ok"],
    ["[fd00:0::1]:8443", "ok"],
    // What a browser makes of these is 127.0.0.1, and it says so in the Host.
    ["2130706433", "ok"],
    ["0x7f.1", "ok"],
    ["evil.example", "host_not_allowed"],
    ["localhost.evil.example", "host_not_allowed"],
    ["evil.example:9090", "host_not_allowed"],
    ["x.ccb.example", "host_not_allowed"],
    ["ccb.example.", "host_not_allowed"],
    ["localhost.", "host_not_allowed"],
    ["192.168.1.5", "host_not_allowed"],
    ["0.0.0.0", "host_not_allowed"],
    ["[::ffff:127.0.0.1]", "host_not_allowed"],
    ["localhost, evil.example", "host_not_allowed"],
    ["localhost@evil.example", "host_not_allowed"],
    ["evil.example/localhost", "host_not_allowed"],
    ["evil.example#localhost", "host_not_allowed"],
    ["localhost\\.evil.example", "host_not_allowed"],
    ["::::", "host_not_allowed"],
    ["", "host_not_allowed"],
    [null, "invalid_request"],
  ];
  for (const [host, expected] of rows) {
    test(`${host}: ${expected}`, () => {
      for (const socket of [false, true])
        expect(said({ host, socket })).toBe(expected === "ok" ? "nobody trusted api" : expected);
    });
  }
});

describe("pages", () => {
  const rows: readonly (readonly [string, Partial<CallFacts>, Partial<CallRules>, string])[] = [
    ["its own", { origin: "http://localhost:9090", fetchSite: "same-origin" }, {}, "ok"],
    ["none", { fetchSite: "none" }, {}, "ok"],
    ["another site", { origin: "https://evil.example" }, {}, "foreign_page"],
    ["another port", { origin: "http://localhost:3000" }, {}, "foreign_page"],
    ["another port, as a browser says it", { fetchSite: "same-site" }, {}, "foreign_page"],
    ["another site, as a browser says it", { fetchSite: "cross-site" }, {}, "foreign_page"],
    ["a word that is not known", { fetchSite: "future" }, {}, "foreign_page"],
    ["a sandbox", { origin: "null" }, {}, "foreign_page"],
    ["the other scheme", { origin: "https://localhost:9090" }, {}, "foreign_page"],
    ["its own, encrypted", { origin: "https://localhost:9090" }, { tls: true }, "ok"],
    ["the other scheme, encrypted", { origin: "http://localhost:9090" }, { tls: true }, "foreign_page"],
    ["behind a TLS proxy", { host: "ccb.example", origin: "https://ccb.example" }, {}, "ok"],
    ["another name of the proxy", { host: "ccb.example", origin: "https://a.ccb.example" }, {}, "foreign_page"],
    ["a link to the root", { path: "/", fetchSite: "cross-site", fetchMode: "navigate", fetchDest: "document" }, {}, "ok"], // prettier-ignore
    ["a frame of the root", { path: "/", fetchSite: "cross-site", fetchMode: "navigate", fetchDest: "iframe" }, {}, "foreign_page"], // prettier-ignore
    ["a fetch of the root", { path: "/", fetchSite: "cross-site", fetchMode: "no-cors", fetchDest: "empty" }, {}, "foreign_page"], // prettier-ignore
    ["a form sent to the root", { path: "/", method: "POST", fetchSite: "cross-site", fetchMode: "navigate", fetchDest: "document" }, {}, "foreign_page"], // prettier-ignore
    ["a link elsewhere", { path: "/docs", fetchSite: "cross-site", fetchMode: "navigate", fetchDest: "document" }, {}, "foreign_page"], // prettier-ignore
    ["the callback of a sign-in", { path: "/callback", fetchSite: "cross-site" }, {}, "ok"],
    ["a form sent to the callback", { path: "/callback", method: "POST", fetchSite: "cross-site" }, {}, "foreign_page"],
  ];
  for (const [who, facts, rules, expected] of rows) {
    test(who, () => {
      expect(said(facts, { ...RULES, ...rules })).toBe(expected === "ok" ? "nobody trusted api" : expected);
    });
  }
});

describe("a management write with a body is JSON", () => {
  const write = { method: "POST", path: "/providers/reload", hasBody: () => true };
  test.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", null])("%p is not", (contentType) => { expect(said({ ...write, contentType })).toBe("unsupported_media_type"); }); // prettier-ignore
  test.each(["application/json", "application/json; charset=utf-8", "Application/JSON"])("%p is", (contentType) => {
    expect(said({ ...write, contentType })).toBe("nobody trusted api");
  });
  test("none is none, and the API's bodies are the upstream's", () => {
    expect(said({ ...write, hasBody: () => false })).toBe("nobody trusted api");
    expect(said({ ...write, path: "/v1/files", contentType: "multipart/form-data" })).toBe("nobody trusted api");
  });
});

describe("connections without TLS", () => {
  const rules = { ...CLOSED, plainHttp: (address: string) => address === "10.0.0.1" };
  const key = { ccbKey: new Secret("admin-key") };
  test("only from where they may come", () => {
    expect(said({ ...key, peer: () => "10.0.0.1" }, rules)).toBe("a trusted");
    expect(said({ ...key, peer: () => "10.0.0.2" }, rules)).toBe("plain_http_refused");
    expect(said({ ...key, peer: () => null }, rules)).toBe("plain_http_refused");
    expect(said({ path: "/health", peer: () => "10.0.0.2" }, rules)).toBe("plain_http_refused");
  });
  test("TLS and the socket are not asked where they come from", () => {
    expect(said({ ...key, peer: () => "10.0.0.2" }, { ...rules, tls: true })).toBe("a trusted");
    expect(said({ socket: true, peer: () => null }, rules)).toBe("nobody trusted api");
  });
});

describe("keys", () => {
  const api = { path: "/v1/messages", method: "POST" };
  const rows: readonly (readonly [string, Partial<CallFacts>, CallRules, string])[] = [
    ["none asked for", api, RULES, "nobody trusted api"],
    ["none", api, KEYED, "key_missing"],
    ["none, by the socket", { ...api, socket: true }, KEYED, "nobody trusted api"],
    ["a wrong one, by the socket", { ...api, socket: true, ccbKey: new Secret("x") }, KEYED, "nobody trusted api"],
    ["one, by the socket", { ...api, socket: true, ccbKey: new Secret("client-key") }, KEYED, "c trusted api"],
    ["a wrong one", { ...api, credentials: secrets("nonsense") }, KEYED, "key_unknown"],
    ["the beginning of one", { ...api, credentials: secrets("client-ke") }, KEYED, "key_unknown"],
    ["more than one", { ...api, credentials: secrets("client-key ") }, KEYED, "key_unknown"],
    ["two in one header", { ...api, credentials: secrets("client-key, client-key") }, KEYED, "key_unknown"],
    ["the digest of one", { ...api, credentials: secrets(toKeyDigest(new Secret("client-key"))) }, KEYED, "key_unknown"], // prettier-ignore
    ["a client's", { ...api, credentials: secrets("client-key") }, KEYED, "c trusted api"],
    ["an admin's", { ...api, credentials: secrets("admin-key") }, KEYED, "a trusted api"],
    ["its own header", { ...api, ccbKey: new Secret("client-key") }, KEYED, "c trusted api"],
    ["a word beside it", { ...api, credentials: secrets("ccb", "client-key") }, KEYED, "c trusted api"],
    ["a wrong one of its own header, whatever is beside it", { ...api, ccbKey: new Secret("x"), credentials: secrets("client-key") }, KEYED, "key_unknown"], // prettier-ignore

    ["an exempt path", { path: "/health" }, CLOSED, "nobody"],
    ["an exempt path with a wrong key", { path: "/health", credentials: secrets("x") }, CLOSED, "nobody"],
    ["an exempt path with a key", { path: "/health", credentials: secrets("client-key") }, CLOSED, "c trusted"],
    ["/health where it is not exempt", { path: "/health" }, { ...CLOSED, exemptPaths: new Set() }, "key_missing"],
    ["/health with a client's, not exempt", { path: "/health", credentials: secrets("client-key") }, { ...CLOSED, exemptPaths: new Set() }, "c trusted"], // prettier-ignore
    ["what is under an exempt path", { path: "/health/x" }, CLOSED, "key_missing"],
    ["the callback of a sign-in", { path: "/callback" }, CLOSED, "nobody"],

    ["management, open", {}, KEYED, "nobody trusted"],
    // A TLS proxy on this machine makes every caller look like loopback; the name tells that it is there.
    ["management under another name, nothing said", { host: "ccb.example" }, KEYED, "key_missing"],
    ["management under another name, nothing said, with an admin's", { host: "ccb.example", ccbKey: new Secret("admin-key") }, KEYED, "a trusted"], // prettier-ignore
    [
      "management under another name, open",
      { host: "ccb.example" },
      { ...KEYED, management: "open" },
      "nobody trusted",
    ],
    ["management, closed", {}, CLOSED, "key_missing"],
    ["management, wrong", { credentials: secrets("x") }, CLOSED, "key_unknown"],
    ["management with a client's", { credentials: secrets("client-key") }, CLOSED, "key_role"],
    ["management with an admin's", { credentials: secrets("admin-key") }, CLOSED, "a trusted"],
    ["management by the socket", { socket: true }, CLOSED, "nobody trusted api"],
    ["a path that is none", { path: "/v2/messages" }, CLOSED, "key_missing"],
    // The router does not know it as the API; the API is not for those whom management lets in.
    ["the API in other letters", { path: "/V1/messages" }, KEYED, "nobody trusted"],
    ["the API, escaped", { path: "/%761/messages" }, KEYED, "nobody trusted"],
  ];
  for (const [what, facts, rules, expected] of rows)
    test(what, () => {
      expect(said(facts, rules)).toBe(expected);
    });

  test("where credentials pass through, only x-ccb-key is a key", () => {
    const rules = { ...KEYED, passthrough: () => true };
    expect(said({ ...api, credentials: secrets("client-key") }, rules)).toBe("key_missing");
    expect(said({ ...api, credentials: secrets("sk-ant-oat01-x") }, rules)).toBe("key_missing");
    expect(said({ ...api, credentials: secrets("x"), ccbKey: new Secret("x") }, rules)).toBe("key_unknown");
    expect(said({ ...api, credentials: secrets("x"), ccbKey: new Secret("client-key") }, rules)).toBe("c trusted api");
  });

  test("a key where the upstream's credential belongs is noticed", () => {
    for (const rules of [RULES, KEYED, { ...KEYED, passthrough: () => true }]) {
      const facts = { ...FACTS, ...api, ccbKey: new Secret("client-key") };
      expect(admit({ ...facts, forUpstream: secrets("Basic", "admin-key") }, rules).ownKeyForUpstream).toBe(true);
      expect(admit({ ...facts, forUpstream: secrets("Bearer", "sk-ant") }, rules).ownKeyForUpstream).toBe(false);
    }
  });
});

describe("createKeys", () => {
  test("knows a key by its text and by its digest", () => {
    const text = new Secret("ccb_something");
    const digest = { ...keyOf("d", "", "client"), secret: { kind: "sha256", text: new Secret(toKeyDigest(text)) } } as const; // prettier-ignore
    expect(createKeys([digest]).find(text)?.name).toBe("d");
    expect(createKeys([digest]).find(new Secret(toKeyDigest(text)))).toBe(null);
    expect(createKeys([]).find(text)).toBe(null);
    expect(createKeys([keyOf("k", "ccb_something", "client")]).find(text)?.name).toBe("k");
  });
});
