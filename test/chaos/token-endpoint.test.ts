// What the token endpoint may do: the account goes on with the token that it has, nothing is followed elsewhere, and what
// is in a reply stays out of headers, log and console.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { messagesHandler } from "../support/anthropic.ts";
import * as replies from "../support/replies.ts";
import type { Reply } from "../support/replies.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { jsonOf, messagesRequest } from "../binary/_ccb.ts";
import { wire } from "./_malformed-replies.ts";
import { rounds, startRig } from "./_rig.ts";
import type { Fault, Rig } from "./_rig.ts";

const MB = 1024 * 1024;
const MODEL = "claude-fault";
const EMAIL = "kept@example.com";

let endpoint: Upstream;
let upstream: Upstream;
/** Where redirects point: nobody may ever come here. */
let elsewhere: Upstream;
let rig: Rig;
let issued = 0;

/** A good reply, but for what is given. Later ones replace earlier ones of the same identity. */
function good(email: unknown = EMAIL, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  issued += 1;
  return {
    token_type: "Bearer",
    access_token: `sk-ant-oat01-access-${issued}`,
    refresh_token: `sk-ant-ort01-refresh-${issued}`,
    expires_in: 28_800,
    scope: "user:profile user:inference",
    account: { uuid: `account of ${JSON.stringify(email)}`, email_address: email },
    organization: { uuid: "organization", name: "Organization" },
    ...more,
  };
}

const tokens = (...what: Parameters<typeof good>): Reply => replies.json(200, good(...what));

async function post(path: string, body: unknown = {}): Promise<{ status: number; type: string; headers: Headers }> {
  const reply = await rig.ccb.request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const said = await jsonOf<{ error?: { type: string } }>(reply);
  return { status: reply.status, type: said.error === undefined ? "" : ` ${said.error.type}`, headers: reply.headers };
}

async function signIn(more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const { state } = await jsonOf<{ state: string }>(await rig.ccb.request("/oauth/generate-url"));
  const { status, type } = await post("/oauth/exchange-code", { code: `a-code#${state}`, ...more });
  return `${status}${type}`;
}

async function refresh(): Promise<string> {
  const { status, type } = await post(`/oauth/refresh/${encodeURIComponent(EMAIL)}`);
  return `${status}${type}`;
}

const names = async (): Promise<string[]> => {
  const { tokens: all } = await jsonOf<{ tokens: { account_email: string }[] }>(await rig.ccb.request("/oauth/status"));
  return all.map(({ account_email }) => account_email);
};

/** A request that an account signs. */
async function served(): Promise<string> {
  const reply = await rig.ccb.request("/v1/messages", messagesRequest({ model: MODEL }));
  await reply.text();
  expect(reply.headers.get("x-ccb-account")).toMatch(/^[\w-]+$/);
  expect(upstream.requests.at(-1)?.authorization).toMatch(/^Bearer sk-ant-oat01-access-\d+$/);
  return reply.status === 200 ? "serves" : `${reply.status}`;
}

beforeAll(async () => {
  endpoint = await startUpstream();
  upstream = await startUpstream();
  upstream.handle(messagesHandler());
  elsewhere = await startUpstream();
  rig = await startRig({
    providers: [
      { name: "Accounts", type: "anthropic", base_url: upstream.url, auth_type: "auth_token", auth_value: "oauth" },
    ],
    oauth: { authorizeUrl: `${endpoint.url}/oauth/authorize`, tokenUrl: `${endpoint.url}/v1/oauth/token` },
    routes: { [MODEL]: [{ provider: "Accounts" }] },
    settings: { log_level: "DEBUG" },
  });
  endpoint.handle(() => tokens());
  expect(await signIn()).toBe("200");
});
afterEach(() => {
  expect(elsewhere.connections).toBe(0);
  // The line ends, the key sign of the prompt, and nothing that a terminal would obey.
  // oxlint-disable-next-line no-control-regex
  expect(rig.ccb.stdout + rig.ccb.stderr).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
});
afterAll(async () => {
  rig.print("token endpoint");
  await rig[Symbol.asyncDispose]();
  await endpoint.stop();
  await upstream.stop();
  await elsewhere.stop();
});

interface Row extends Partial<Fault> {
  readonly reply: () => Reply;
  /** Of a refresh, and how often the endpoint was asked. */
  readonly refresh: string;
  /** Of an exchange, which is asked once: a code is spent by its first use. */
  readonly exchange: string;
}

const page = (status: number): Reply =>
  replies.bytes(status, "<html>Just a moment</html>", { "Content-Type": "text/html" });
/** Tried again twice, shortly; then the person is told to try later. */
const LATER = { refresh: "503 api_error, asked 3", exchange: "502 api_error" };
/** An answer that would be the same again: the next try is the schedule's. */
const NO_TOKENS = { refresh: "503 api_error, asked 1", exchange: "502 api_error" };

const ROWS: Readonly<Record<string, Row>> = {
  "takes a second": {
    reply: () => replies.later(1000, tokens()),
    refresh: "200, asked 1",
    exchange: "200",
  },
  "sends a byte every few milliseconds": {
    reply: () =>
      wire("slow", async (peer) => {
        const text = JSON.stringify(good());
        await replies.dribble(200, text, { size: 1, gapMs: 3 }).send(peer);
      }),
    refresh: "200, asked 1",
    exchange: "200",
  },
  "500": { reply: () => replies.json(500, { error: "server_error" }), ...LATER },
  "503, retry-after 20": {
    reply: () => replies.json(503, { error: "server_error" }, { "Retry-After": "20" }),
    ...NO_TOKENS,
  },
  "403, a page": { reply: () => page(403), ...NO_TOKENS },
  "200, a page": { reply: () => page(200), ...NO_TOKENS },
  "200, nothing": { reply: () => replies.bytes(200, ""), ...NO_TOKENS },
  "200, half of its JSON": { reply: () => replies.bytes(200, '{"access_token":"sk-ant-oat01-x'), ...NO_TOKENS },
  "200, null": { reply: () => replies.json(200, null), ...NO_TOKENS },
  "200, a list": { reply: () => replies.json(200, [{ access_token: "x" }]), ...NO_TOKENS },
  "200, a token that is a number": { reply: () => tokens(EMAIL, { access_token: 7 }), ...NO_TOKENS },
  "200, a token with CR LF": { reply: () => tokens(EMAIL, { access_token: "x\r\nX-Evil: 1" }), ...NO_TOKENS },
  "200, a token beyond ASCII": { reply: () => tokens(EMAIL, { access_token: "x\u560d\u560aX-Evil: 1" }), ...NO_TOKENS },
  "200, a token of another type": { reply: () => tokens(EMAIL, { token_type: "mac" }), ...NO_TOKENS },
  "200, JSON that is deep": { reply: () => replies.bytes(200, "[".repeat(200_000)), ...NO_TOKENS },
  "200, too large": { reply: () => replies.big(50 * MB), ...LATER },
  "200, without end": {
    reply: () =>
      wire("endless", async (peer) => {
        await peer.head(200, { "Content-Type": "application/json", "Transfer-Encoding": "chunked" });
        const block = Buffer.alloc(64 * 1024, " ");
        while (!peer.gone.aborted) {
          await peer.chunk(block);
          await peer.sleep(1);
        }
      }),
    ...LATER,
  },
  "200, unpacks to 200 MB": {
    reply: () => replies.bytes(200, gzipSync(Buffer.alloc(200 * MB)), { "Content-Encoding": "gzip" }),
    ...LATER,
  },
  RST: { reply: () => replies.reset(), ...LATER },
  "302 elsewhere": { reply: () => replies.redirect(302, elsewhere.url), ...NO_TOKENS },
  "307 elsewhere": { reply: () => replies.redirect(307, elsewhere.url), ...NO_TOKENS },
  "308 elsewhere": { reply: () => replies.redirect(308, elsewhere.url), ...NO_TOKENS },
};

/** Each takes two tries more and their pauses: for `make chaos`. */
const MORE: Readonly<Record<string, Row>> = {
  "503, a page": { reply: () => page(503), ...LATER },
  "200, gzip garbage": {
    reply: () => replies.bytes(200, "no gzip at all", { "Content-Encoding": "gzip" }),
    ...LATER,
  },
  "no HTTP": { reply: () => replies.rawBytes("SSH-2.0-OpenSSH_9.2p1\r\n"), ...LATER },
};

describe("an endpoint that answers:", () => {
  for (const [name, { reply, refresh: refreshed, exchange: exchanged, ...more }] of Object.entries({
    ...ROWS,
    ...(rounds(2) > 1 ? MORE : {}),
  })) {
    test(name, async () => {
      for (let round = 0; round < rounds(2); round += 1) {
        await rig.run({
          ...more,
          name,
          expect: `refresh: ${refreshed}, serves; exchange: ${exchanged}, serves`,
          run: async () => {
            endpoint.clear();
            endpoint.handle(reply);
            const first = refresh();
            // Meanwhile requests go on with the token that is good still.
            await served();
            const outcome = `refresh: ${await first}, asked ${endpoint.requests.length}, ${await served()}`;
            const second = `exchange: ${await signIn()}, ${await served()}`;
            expect(await names()).toEqual([EMAIL]);
            endpoint.handle(() => tokens());
            expect(await refresh()).toBe("200");
            return `${outcome}; ${second}`;
          },
        });
      }
    });
  }
});

/** None of them is an email that ccb takes: the person has to give one. */
const EMAILS: Readonly<Record<string, unknown>> = {
  "CR LF and a header": "a@example.com\r\nX-Evil: 1",
  NUL: "a\0@example.com",
  "an escape sequence": "a\u001b[2J@example.com",
  "an escape sequence of one character": "a\u009b2J@example.com",
  "a turn of direction": "a\u202e@example.com",
  "a turn of direction, isolated": "a\u2066@example.com",
  "a line separator": "a\u2028@example.com",
  "half a character": "a\ud800@example.com",
  "no text": 7,
  "10,000 characters": `${"a".repeat(10_000)}@example.com`,
};

describe("an email with", () => {
  for (const [name, email] of Object.entries(EMAILS)) {
    test(name, async () => {
      await rig.run({
        name: `email with ${name}`,
        expect: "without an email of the person's own: 400 invalid_request_error; with: 200",
        run: async () => {
          endpoint.handle(() =>
            tokens(email, { organization: { uuid: "o", name: `x${String(email)}\u009b2J\u202e` } }),
          );
          const without = await signIn();
          const given = await signIn({ account_email: "typed@example.com" });
          const all = await names();
          expect(all.toSorted()).toEqual([EMAIL, "typed@example.com"]);
          expect(await served()).toBe("serves");
          await rig.ccb.request("/oauth/tokens/typed%40example.com", { method: "DELETE" });
          expect(await names()).toEqual([EMAIL]);
          endpoint.handle(() => tokens());
          return `without an email of the person's own: ${without}; with: ${given}`;
        },
      });
    });
  }
});

test("an organization's name that a terminal would obey is shown without that", async () => {
  await rig.run({
    name: "organization with escape sequences",
    expect: "kept@example.com (x   [31my 2Jz w)",
    run: async () => {
      endpoint.handle(() =>
        tokens(EMAIL, {
          account: { uuid: "another account", email_address: EMAIL },
          organization: { uuid: "another", name: "(x\r\n\u001b[31my\u009b2Jz\u202ew)" },
        }),
      );
      expect(await signIn()).toBe("200");
      const name = (await names()).find((known) => known !== EMAIL) ?? "";
      await rig.ccb.request(`/oauth/tokens/${encodeURIComponent(name)}`, { method: "DELETE" });
      expect(await names()).toEqual([EMAIL]);
      endpoint.handle(() => tokens());
      return name;
    },
  });
});
