// The one-year token of `claude setup-token`: kept, used, shown, never refreshed.
import { describe, expect, test } from "bun:test";
import { createMemoryVault } from "../../src/vault/memory.ts";
import { identity } from "../support/oauth-server.ts";
import { createWorld } from "../support/world.ts";
import type { World } from "../support/world.ts";

const me = identity("me@example.com");
const YEAR = 365 * 86_400;

async function setting(options: Parameters<typeof createWorld>[0] = {}) {
  const world = await createWorld({ ...options, oauth: { expiresIn: 2 * YEAR } });
  const token = `sk-ant-oat01-${"t".repeat(95)}`;
  return { world, token, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}
const statusOf = async (world: World) => (await world.json("/oauth/status")).body.tokens;

describe("keeping it", () => {
  test("under a name that can be seen and typed", async () => {
    await using made = await setting();
    const { world, token } = made;
    for (const account_email of [" ", " me@example.com", "me@example.com ", "\u202eme@example.com", "a\u0000b", "a/b"])
      expect([account_email, (await world.post("/oauth/setup-token", { token, account_email })).status]).toEqual([
        account_email,
        422,
      ]);
    for (const account_email of ["me@example.com (Acme, Inc.)", "王小明"])
      expect((await world.post("/oauth/setup-token", { token, account_email })).status).toBe(200);
  });

  test("for a year, without a refresh, shown as what it is", async () => {
    await using made = await setting();
    const { world, token } = made;
    const reply = await world.post("/oauth/setup-token", { token, account_email: "me@example.com" });
    const now = Math.floor(world.clock.now() / 1000);
    expect(reply.body).toEqual({
      status: "success",
      account_email: "me@example.com",
      expires_at: now + YEAR,
      scopes: ["user:inference"],
      durable: true,
      notices: [],
    });
    expect(reply.text).not.toContain(token);
    expect(await statusOf(world)).toMatchObject([
      { account_email: "me@example.com", renewable: false, next_refresh_at: null, state: "ready", is_healthy: true },
    ]);
    expect(JSON.stringify(world.lines)).not.toContain(token);
  });

  test("under a name of its own where none is said; two tokens are two accounts, one token is one", async () => {
    await using made = await setting();
    const { world, token } = made;
    const other = `${token}2`;
    for (const each of [token, token, other]) await world.post("/oauth/setup-token", { token: each });
    const names = (await statusOf(world)).map(({ account_email }: { account_email: string }) => account_email);
    expect(names).toEqual(["setup-token", expect.stringMatching(/^setup-token \([0-9a-f]{4}\)$/)]);
    // Named afterwards, it is still one account, with the expiry that it had.
    await world.clock.advance(86_400_000);
    const named = await world.post("/oauth/setup-token", { token, account_email: "me@example.com" });
    expect(named.body.expires_at).toBe(Math.floor(world.clock.now() / 1000) + YEAR - 86_400);
    expect((await statusOf(world)).length).toBe(2);
  });

  test("in the place of the tokens of the account that is named", async () => {
    await using made = await setting();
    const { world, token } = made;
    await world.signIn(me);
    await world.post("/oauth/setup-token", { token, account_email: "ME@example.com" });
    expect(await statusOf(world)).toMatchObject([
      { account_email: "me@example.com", organization: me.organizationName, renewable: false },
    ]);
    // And back, by a sign-in.
    await world.signIn(me);
    expect(await statusOf(world)).toMatchObject([{ account_email: "me@example.com", renewable: true }]);
  });

  test("what is none is refused, and not repeated", async () => {
    await using made = await setting();
    const { world } = made;
    for (const token of ["sk-ant-ort01-abc", "sk-ant-api03-abc", "hello", "sk-ant-oat01-a b", "sk-ant-oat01-\u00e9"]) {
      const reply = await world.post("/oauth/setup-token", { token });
      expect([reply.status, reply.headers.get("x-ccb-error")]).toEqual([400, "setup_token_invalid"]);
      expect(reply.text).not.toContain(token);
    }
    expect(await statusOf(world)).toEqual([]);
  });

  test("over a restart", async () => {
    const vault = { ...createMemoryVault(), backend: "keyring" as const };
    await using first = await setting({ vault });
    await first.world.post("/oauth/setup-token", { token: first.token, account_email: "me@example.com" });
    const before = await statusOf(first.world);
    await using second = await createWorld({ after: first.world, vault });
    expect(await statusOf(second)).toEqual(before);
  });
});

describe("never refreshed", () => {
  test("not by time, not on wish, not by a refusal upstream", async () => {
    await using made = await setting();
    const { world, token } = made;
    await world.post("/oauth/setup-token", { token, account_email: "me@example.com" });
    await world.clock.advance(30 * 86_400_000);
    const wished = await world.post("/oauth/refresh/me@example.com", {});
    expect([wished.status, wished.headers.get("x-ccb-error")]).toEqual([409, "not_renewable"]);
    expect(await statusOf(world)).toMatchObject([{ state: "ready", is_healthy: true }]);
    // The upstream does not know this token.
    const refused = await world.message();
    expect([refused.status, refused.body.error.message]).toEqual([401, expect.stringContaining("ccb login")]);
    expect(await statusOf(world)).toMatchObject([{ state: "login_required", reason: "no_refresh_token" }]);
    expect(world.oauth.calls).toEqual([]);
    // Its owner may say that it was the upstream's mistake.
    await world.post("/oauth/tokens/me@example.com/resume", {});
    expect(await statusOf(world)).toMatchObject([{ state: "ready" }]);
  });

  test("it signs until its last day, and then asks for a sign-in", async () => {
    // Without the watch of the clock, which would be looked at six million times.
    await using world = await createWorld({ oauth: { expiresIn: 2 * YEAR }, start: false, vault: null });
    // Borrowed from a sign-in, so that the upstream takes it.
    const borrowed = await createWorld({ after: world, vault: null, start: false });
    const token = await takenFrom(borrowed);
    await world.post("/oauth/setup-token", { token, account_email: "me@example.com" });
    expect((await world.message()).status).toBe(200);
    expect(world.upstream.requests.at(-1)?.bearer).toBe(token);
    await world.clock.advance((YEAR - 60) * 1000);
    expect((await world.message()).status).toBe(200);
    const calls = world.oauth.calls.length;
    await world.clock.advance(61_000);
    expect((await world.message()).status).toBe(401);
    expect(world.oauth.calls.length).toBe(calls);
    await borrowed[Symbol.asyncDispose]();
  });
});

async function takenFrom(world: World): Promise<string> {
  await world.signIn(me);
  const [token = ""] = world.oauth.accessTokens.keys();
  return token;
}
