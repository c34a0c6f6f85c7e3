// The shapes of the contract: /oauth/status, /oauth/generate-url, /health, /providers.
import { describe, expect, test } from "bun:test";
import manifest from "../../package.json" with { type: "json" };
import { identity } from "../support/oauth-server.ts";
import { createWorld } from "../support/world.ts";

test("GET /oauth/status: the fixed names and types, and what may follow them", async () => {
  await using world = await createWorld();
  expect((await world.json("/oauth/status")).body).toEqual({
    total_tokens: 0,
    tokens: [],
    persistence: { backend: "keyring", durable: true, detail: "Tokens are kept in the system keyring." },
  });
  await world.signIn(identity("user1@example.com", "Example"));
  await world.message();
  const signedInAt = Math.floor(world.clock.now() / 1000);
  await world.clock.advance(5 * 60_000);
  const reply = await world.json("/oauth/status", { headers: { "accept-language": "zh-CN" } });
  expect([reply.status, reply.headers.get("content-type")]).toEqual([200, expect.stringContaining("application/json")]);
  const [token] = reply.body.tokens;
  expect(token).toEqual({
    account_email: "user1@example.com",
    account_id: expect.stringMatching(/^[0-9a-f]{12}$/),
    organization: "Example",
    expires_in_minutes: 475,
    is_healthy: true,
    state: "ready",
    reason: null,
    detail: null,
    cooldown_until: null,
    usage_count: 1,
    last_used: "5分钟前",
    last_used_timestamp: signedInAt,
    created_at: signedInAt,
    expires_at: signedInAt + 28_800,
    renewable: true,
    next_refresh_at: expect.any(Number),
    scopes: ["user:profile", "user:inference"],
  });
  for (const name of ["last_used_timestamp", "created_at", "expires_at", "next_refresh_at"])
    expect(Number.isInteger(token[name])).toBe(true);
  await world.clock.advance(20_000);
  expect((await world.json("/oauth/status")).body.tokens[0].expires_in_minutes).toBe(474.7);
});

test("GET /oauth/generate-url", async () => {
  await using world = await createWorld();
  const { status, body } = await world.json("/oauth/generate-url");
  expect(status).toBe(200);
  expect(body).toEqual({
    login_url: expect.stringContaining(`${world.oauth.authorizeUrl}?code=true&client_id=`),
    state: expect.stringMatching(/^[\w-]{43}$/),
    expires_in_seconds: 600,
    instructions: expect.stringContaining("curl -X POST http://localhost:9090/oauth/exchange-code"),
    notice: expect.stringContaining("unofficial"),
  });
  expect(new URL(body.login_url).searchParams.get("state")).toBe(body.state);
  expect((await world.json("/oauth/generate-url")).body.state).not.toBe(body.state);
});

test("GET /health: 200 while the process serves, whatever its accounts do", async () => {
  await using world = await createWorld();
  await world.clock.advance(90_500);
  const expected = {
    status: "ok",
    version: manifest.version,
    uptime_seconds: 90,
    accounts: 0,
    persistence: { backend: "keyring", durable: true, detail: "Tokens are kept in the system keyring." },
  };
  expect((await world.json("/health")).body).toEqual(expected);
  await world.signIn();
  world.oauth.revokeAll("user1@example.com");
  await world.message();
  world.clock.sleep(-3_600_000);
  expect(await world.json("/health")).toMatchObject({ status: 200, body: { accounts: 1, uptime_seconds: 90 } });
});

test("GET /providers names targets by opaque ids and shows no key", async () => {
  await using world = await createWorld({
    config: {
      providers: [
        { name: "Official", base_url: "http://127.0.0.1:1", auth_value: "oauth" },
        {
          name: "Key",
          base_url: "http://127.0.0.1:1/sub/",
          auth_type: "api_key",
          auth_value: "sk-key-canary-123456",
          priority: 2,
        },
        { name: "Own", base_url: "http://127.0.0.1:1", auth_value: "passthrough", enabled: false },
      ],
    },
  });
  await world.signIn(identity("me@example.com"));
  const { body, text } = await world.json("/providers");
  const { account_id: id } = (await world.json("/oauth/status")).body.tokens[0];
  expect(body.providers).toMatchObject([
    {
      name: "Official",
      auth: "oauth",
      enabled: true,
      targets: [{ kind: "account", account: id, state: "ready", reason: null }],
    },
    { name: "Key", auth: "key", priority: 2, targets: [{ kind: "key", account: null, state: "ready" }] },
    { name: "Own", auth: "passthrough", enabled: false },
  ]);
  expect(text).not.toMatch(/sk-key-canary|me@example\.com/);
});

describe("Accept-Language", () => {
  test("chooses the words of replies and errors; without it the console's language", async () => {
    await using world = await createWorld({ language: "zh-CN" });
    const said = async (path: string, language?: string): Promise<string> =>
      (await world.json(path, language === undefined ? {} : { headers: { "accept-language": language } })).text;
    for (const path of ["/nothing", "/oauth/generate-url", "/health", "/oauth/status"]) {
      expect(await said(path)).toMatch(/[\u4e00-\u9fff]/);
      expect(await said(path, "zh-TW,en;q=0.5")).toMatch(/[\u4e00-\u9fff]/);
      expect(await said(path, "en")).not.toMatch(/[\u4e00-\u9fff]/);
      expect(await said(path, "fr")).toMatch(/[\u4e00-\u9fff]/);
    }
  });
});
