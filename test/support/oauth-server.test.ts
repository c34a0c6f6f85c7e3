// The authorization server itself: it must refuse what the real one refuses, or the tests that lean on it prove nothing.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { messagesHandler } from "./anthropic.ts";
import { CLIENT_ID } from "./oauth-page.ts";
import { identity, startOAuthServer, type OAuthServer } from "./oauth-server.ts";
import { OAUTH_BETA, startUpstream } from "./upstream.ts";

const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");
const REDIRECT = "https://platform.claude.com/oauth/code/callback";
const STATE = "state-state-state-state";
const me = identity("me@example.com");

interface Answer {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly error?: string;
  readonly account?: { readonly email_address: string };
}

let server: OAuthServer;
let time = 1_800_000_000_000;
beforeEach(async () => {
  time = 1_800_000_000_000;
  server = await startOAuthServer({ now: () => time });
});
afterEach(async () => {
  await server.stop();
});

function loginUrl(change: Readonly<Record<string, string | undefined>> = {}): string {
  const query = {
    code: "true",
    client_id: CLIENT_ID,
    response_type: "code",
    redirect_uri: REDIRECT,
    scope: "user:profile user:inference",
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    state: STATE,
    ...change,
  };
  const url = new URL(server.authorizeUrl);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

async function post(body: Readonly<Record<string, unknown>>, path = "/v1/oauth/token") {
  const response = await fetch(server.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": "test/1" },
    body: JSON.stringify(body),
  });
  const answer: Answer = JSON.parse(await response.text());
  return { status: response.status, answer };
}

const exchangeBody = (code: string, change: Readonly<Record<string, unknown>> = {}) => ({
  grant_type: "authorization_code",
  code,
  state: STATE,
  client_id: CLIENT_ID,
  redirect_uri: REDIRECT,
  code_verifier: VERIFIER,
  ...change,
});
const exchange = async (change: Readonly<Record<string, unknown>> = {}) =>
  await post(exchangeBody(server.authorize(loginUrl(), me).code, change));
const refresh = async (token: string) =>
  await post({ grant_type: "refresh_token", refresh_token: token, client_id: CLIENT_ID });

test.each([
  "code",
  "client_id",
  "response_type",
  "redirect_uri",
  "scope",
  "code_challenge",
  "code_challenge_method",
  "state",
])("the page refuses an authorization URL without %s", (name) => {
  expect(() => server.authorize(loginUrl({ [name]: undefined }), me)).toThrow(name);
});

test.each([
  ["code_challenge_method", "plain"],
  ["code_challenge", `${CHALLENGE}=`],
  ["redirect_uri", "https://elsewhere.example/callback"],
  ["client_id", "another"],
  ["scope", "everything"],
])("the page refuses %s=%s", (name, value) => {
  expect(() => server.authorize(loginUrl({ [name]: value }), me)).toThrow(name);
});

test("a code gives tokens once, with the identity", async () => {
  const { code, callbackUrl, pasted } = server.authorize(loginUrl(), me);
  expect(callbackUrl).toBe(`${REDIRECT}?code=${code}&state=${STATE}`);
  expect(pasted).toBe(`${code}#${STATE}`);
  const first = await post(exchangeBody(code));
  expect([first.status, first.answer.account?.email_address]).toEqual([200, "me@example.com"]);
  expect(server.identify(first.answer.access_token)).toEqual(me);
  expect((await post(exchangeBody(code))).answer.error).toBe("invalid_grant");
  expect([server.exchanges, server.userAgents]).toEqual([1, ["test/1", "test/1"]]);
});

test.each([
  { code_verifier: `${VERIFIER}x` },
  { code_verifier: CHALLENGE },
  { code_verifier: undefined },
  { redirect_uri: `${REDIRECT}/` },
  { state: "another" },
  { client_id: "another" },
])("an exchange with %j is refused and burns the code", async (change) => {
  const { code } = server.authorize(loginUrl(), me);
  expect((await post(exchangeBody(code, change))).status).toBe(400);
  expect((await post(exchangeBody(code))).answer.error).toBe("invalid_grant");
  expect([server.exchanges, server.accessTokens.size]).toEqual([0, 0]);
});

test("form bodies are refused, and a code dies after ten minutes", async () => {
  const { code } = server.authorize(loginUrl(), me);
  const form = await fetch(server.tokenUrl, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "authorization_code", code }),
  });
  expect(form.status).toBe(400);
  time += 600_001;
  expect((await post(exchangeBody(code))).answer.error).toBe("invalid_grant");
});

test("refresh tokens rotate, and reuse is refused and counted", async () => {
  const { answer } = await exchange();
  const second = await refresh(answer.refresh_token);
  expect(second.status).toBe(200);
  expect(second.answer.refresh_token).not.toBe(answer.refresh_token);
  expect(await refresh(answer.refresh_token)).toMatchObject({
    status: 400,
    answer: { error: "invalid_grant" },
  });
  expect([server.refreshes, server.reuse]).toEqual([1, 1]);
  expect((await refresh(second.answer.refresh_token)).status).toBe(200);
});

test("reuse kills the chain where told so, an omitted refresh token stays good", async () => {
  server.options.omitRefreshToken = true;
  const { answer } = await exchange();
  const kept = await refresh(answer.refresh_token);
  expect(kept.status).toBe(200);
  expect(kept.answer.refresh_token).toBeUndefined();
  server.options.omitRefreshToken = false;
  server.options.reuseRevokesChain = true;
  const next = await refresh(answer.refresh_token);
  await refresh(answer.refresh_token);
  expect((await refresh(next.answer.refresh_token)).status).toBe(400);
  expect(server.accessTokens.size).toBe(0);
});

test("failures are scripted, and a lost reply uses the token up", async () => {
  const { answer } = await exchange();
  server.failNext({
    status: 403,
    html: "<title>Just a moment...</title>",
    headers: { "cf-mitigated": "challenge" },
  });
  server.failNext({ transport: "reset", consume: true });
  const blocked = await fetch(server.tokenUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect([blocked.status, blocked.headers.get("cf-mitigated")]).toEqual([403, "challenge"]);
  expect(() => server.assertUsed()).toThrow("1 scripted failures");
  expect(await refresh(answer.refresh_token).catch(() => "lost")).toBe("lost");
  expect((await refresh(answer.refresh_token)).status).toBe(400);
  server.assertUsed();
});

test("held answers wait for their release", async () => {
  const release = server.hold();
  let done = false;
  const pending = exchange().then((result) => {
    done = true;
    return result;
  });
  await Bun.sleep(30);
  expect([server.calls.length, done]).toEqual([1, false]);
  release();
  expect((await pending).status).toBe(200);
});

test("revocation is recorded and takes the chain with it", async () => {
  const { answer } = await exchange();
  expect(
    (
      await post(
        { token: answer.refresh_token, token_type_hint: "refresh_token", client_id: CLIENT_ID },
        "/v1/oauth/token/revoke",
      )
    ).status,
  ).toBe(200);
  expect(server.revocations).toEqual([{ token: answer.refresh_token, hint: "refresh_token", clientId: CLIENT_ID }]);
  expect([server.identify(answer.access_token), server.refreshTokens.size]).toEqual([undefined, 0]);
});

test("an upstream that asks this server lets good tokens in and counts them", async () => {
  const upstream = await startUpstream({ authorize: server.identify });
  upstream.handle(messagesHandler());
  const { answer } = await exchange();
  const call = async (headers: Record<string, string>) => {
    const response = await fetch(`${upstream.url}/v1/models`, { headers });
    return [response.status, await response.text()];
  };
  const good = {
    authorization: `Bearer ${answer.access_token}`,
    "anthropic-beta": `x, ${OAUTH_BETA}`,
  };
  expect((await call(good))[0]).toBe(200);
  expect(await call({ authorization: good.authorization })).toEqual([
    401,
    expect.stringContaining("currently not supported"),
  ]);
  expect((await call({}))[0]).toBe(401);
  server.expire("me@example.com");
  expect(await call(good)).toEqual([401, expect.stringContaining("OAuth token has expired")]);
  expect((await refresh(answer.refresh_token)).status).toBe(200);
  server.revokeAll("me@example.com");
  expect(server.refreshTokens.size).toBe(0);
  expect([...upstream.perAccount]).toEqual([["me@example.com", 1]]);
  expect(upstream.requests.map((request) => request.identity?.email)).toEqual([
    "me@example.com",
    "me@example.com",
    undefined,
    undefined,
  ]);
  await upstream.stop();
});

test("tokens expire by the clock", async () => {
  server.options.expiresIn = 60;
  const { answer } = await exchange();
  time += 59_999;
  expect(server.identify(answer.access_token)).toEqual(me);
  time += 1;
  expect([server.identify(answer.access_token), server.accessTokens.size]).toEqual([undefined, 0]);
});
