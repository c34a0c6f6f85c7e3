// Header injection through the configuration: a value that would bring another header, another request or another line
// into what ccb sends is refused at start-up, or has no such effect.
import { describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { configText, makeHome, runCcb, startCcb } from "../support/binary.ts";
import { json } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import { keyed, KEY, messagesRequest } from "../binary/_ccb.ts";
import { head, rawClient } from "../binary/_raw.ts";

const BASE = "http://127.0.0.1:9";
const BREAKS: Readonly<Record<string, string>> = { "CR LF": "\r\n", CR: "\r", LF: "\n", NUL: "\0" };

/** `text` in every value of the file that could reach a header, a request line, the log or the console. */
const everywhere = (text: string): unknown => ({
  providers: [
    keyed(BASE, { name: `Keyed${text}` }),
    keyed(`${BASE}/a${text}`, { name: "Address" }),
    keyed(`http://127.0.0.1${text}/`, { name: "Host" }),
    keyed(BASE, { name: "Key", auth_value: `${KEY}${text}` }),
    keyed(BASE, { name: "Token", auth_type: "auth_token", auth_value: `${KEY}${text}` }),
    keyed(BASE, { name: "Environment", auth_value: "${EVIL}" }),
    keyed(BASE, { name: "Proxy", proxy: `http://127.0.0.1:9/${text}` }),
    keyed(BASE, { name: "Password", proxy: `http://me:pass${text}@127.0.0.1:9` }),
    keyed(BASE, { name: "Account", auth_type: "auth_token", auth_value: "oauth", accounts: [`a@b.example${text}`] }),
  ],
  model_routes: { "claude-*": [{ provider: "Key", model: `other${text}` }] },
  settings: {
    oauth: {
      client_id: `id${text}`,
      scopes: `user:profile${text}`,
      token_url: `${BASE}/token${text}`,
      authorize_url: `${BASE}/authorize${text}`,
      redirect_uri: `${BASE}/callback${text}`,
      proxy: `http://127.0.0.1:9${text}`,
      service_name: `ccb${text}`,
    },
    auth: {
      enabled: true,
      api_key: `a-key-of-the-test-0123456789${text}`,
      api_keys: [{ name: `a${text}b`, key: "another-key-of-the-test-0123456789" }],
    },
    allowed_hosts: [`ccb.example${text}`],
  },
});

const PLACES = [
  "providers[0].name",
  "providers[1].base_url",
  "providers[2].base_url",
  "providers[3].auth_value",
  "providers[4].auth_value",
  "providers[5].auth_value",
  "providers[6].proxy",
  "providers[7].proxy",
  "providers[8].accounts[0]",
  "model_routes.claude-*[0].model",
  "settings.oauth.client_id",
  "settings.oauth.scopes",
  "settings.oauth.token_url",
  "settings.oauth.authorize_url",
  "settings.oauth.redirect_uri",
  "settings.oauth.proxy",
  "settings.oauth.service_name",
  "settings.auth.api_key",
  "settings.auth.api_keys[0].name",
  "settings.allowed_hosts[0]",
];

async function complaints(
  text: string,
): Promise<{ readonly code: number; readonly at: string[]; readonly all: string }> {
  const home = makeHome();
  const file = join(home, "providers.yaml");
  writeFileSync(file, stringify(everywhere(text)), { mode: 0o600 });
  // No environment can hold a NUL.
  const { code, stdout, stderr } = await runCcb(["check", "--config", file], {
    home,
    env: { EVIL: `${KEY}${text.replaceAll("\0", "\n")}` },
  });
  rmSync(home, { recursive: true, force: true });
  const at = [...(stdout + stderr).matchAll(/: error: (\S+): /g)].map(([, key = ""]) => key);
  return { code, at, all: stdout + stderr };
}

describe("refused at start-up wherever it is:", () => {
  for (const [name, text] of Object.entries(BREAKS)) {
    test(name, async () => {
      const { code, at, all } = await complaints(`${text}X-Evil:1`);
      expect(code).toBe(2);
      expect(at.toSorted()).toEqual(PLACES.toSorted());
      // What is wrong is named, and writes no line of its own.
      expect(all).not.toMatch(/^X-Evil|\r|\0/m);
    });
  }

  test("and nothing is complained of without it", async () => {
    const { code, all } = await complaints("");
    expect([code, all.includes(": error: ")]).toEqual([0, false]);
  });
});

test("percent-encoded breaks in base_url stay what they are, and names beyond ASCII make no broken header", async () => {
  await using upstream = await startUpstream();
  upstream.handle(() => json(200, {}));
  const config = configText({
    providers: [keyed(`${upstream.url}/a%0d%0aX-Evil:%201`, { name: "名字 č\u560d\u560aX-Evil: 1" })],
    settings: { oauth: { enable_persistence: false } },
  });
  await using ccb = await startCcb({ config });
  const client = await rawClient(ccb.port);
  client.send(head("GET /v1/models HTTP/1.1", "Connection: close"));
  await client.ended;
  expect(client.text).toStartWith("HTTP/1.1 200 ");
  expect(client.text).not.toMatch(/[\r\n]x-evil/i);
  const [request] = upstream.requests;
  expect(request?.url).toBe("/a%0d%0aX-Evil:%201/v1/models");
  expect(request?.rawHeaders.filter((text) => /^x-evil/i.test(text))).toEqual([]);
  // The same by the usual client.
  expect((await ccb.request("/v1/messages", messagesRequest())).status).toBe(200);
});
