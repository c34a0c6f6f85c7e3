// What is wrong with the credential and not with the request: 401, the 403s that speak of the token, accounts that are
// shut out, refused keys.
import { describe, expect, test } from "bun:test";
import { error } from "../support/replies.ts";
import { first, forAccount, startRig } from "./_rig.ts";
import type { Rig } from "./_rig.ts";

const ONE = "one@example.com";
const TWO = "two@example.com";
const BOTH = { providers: { A: {} }, accounts: [ONE, TWO] };
const REVOKED = "OAuth token has been revoked. Please obtain a new token.";
const NOT_ALLOWED = "OAuth authentication is currently not allowed for this organization.";

const accountState = async (rig: Rig, email: string) =>
  (await rig.world.json("/oauth/status")).body.tokens.find(
    (token: { account_email: string }) => token.account_email === email,
  );

describe("401 on an account", () => {
  test("the token is renewed, and the same account answers", async () => {
    await using rig = await startRig(BOTH);
    rig.world.oauth.expire(ONE);
    const reply = await rig.ask();
    expect([reply.status, reply.account, reply.attempts, rig.asked()]).toEqual([200, ONE, 2, "A2"]);
    expect(await rig.tried(reply)).toEqual([`A/${ONE} 401 token_refused`, `A/${ONE} 200 served`]);
    expect(await rig.benches(reply)).toEqual([]);
    expect([rig.world.oauth.refreshes, rig.world.oauth.reuse]).toEqual([1, 0]);
    expect([(await rig.ask()).account, rig.asked()]).toEqual([ONE, "A1"]);
  });

  test("forty that fail with one token share the renewal", async () => {
    await using rig = await startRig(BOTH);
    rig.world.oauth.expire(ONE);
    const replies = await Promise.all(Array.from({ length: 40 }, () => rig.ask()));
    expect(new Set(replies.map(({ status, account }) => `${status} ${account}`))).toEqual(new Set([`200 ${ONE}`]));
    expect(rig.world.oauth.refreshes).toBe(1);
  });

  test("once: where the new token is refused too, the next account answers, and the first is left out", async () => {
    await using rig = await startRig(BOTH);
    rig.on("A").handle(forAccount(ONE, error(401, "authentication_error", "Invalid authentication credentials")));
    const reply = await rig.ask();
    expect([reply.status, reply.account, reply.attempts, rig.world.oauth.refreshes]).toEqual([200, TWO, 3, 1]);
    expect(await rig.tried(reply)).toEqual([
      `A/${ONE} 401 token_refused`,
      `A/${ONE} 401 token_refused_again`,
      `A/${TWO} 200 served`,
    ]);
    expect(await accountState(rig, ONE)).toMatchObject({ state: "login_required", is_healthy: false });
    rig.asked();
    expect([(await rig.ask()).account, rig.asked()]).toEqual([TWO, "A1"]);
  });

  test("invalid_grant: the next account answers, and the first needs a sign-in", async () => {
    await using rig = await startRig(BOTH);
    rig.world.oauth.revokeAll(ONE);
    const reply = await rig.ask();
    expect([reply.status, reply.account, reply.attempts]).toEqual([200, TWO, 2]);
    expect(await rig.tried(reply)).toEqual([`A/${ONE} 401 token_refused`, `A/${TWO} 200 served`]);
    expect(await accountState(rig, ONE)).toMatchObject({ state: "login_required" });
    expect(await rig.target("A", ONE)).toMatchObject({ state: "login_required" });
    expect(rig.world.announced.filter((text) => text.includes(ONE))).not.toBeEmpty();
    expect((await rig.ask()).account).toBe(TWO);
    expect((await rig.last()).excluded).toMatchObject([{ reason: "login_required", until: null }]);
  });

  test("a renewal that fails for the moment costs no account: the next one answers meanwhile", async () => {
    await using rig = await startRig(BOTH);
    rig.world.oauth.expire(ONE);
    rig.world.oauth.failNext({ status: 503 }, 20);
    const reply = await rig.drive(rig.ask(), 60_000, 100);
    expect([reply.status, reply.account]).toEqual([200, TWO]);
    expect((await accountState(rig, ONE)).state).not.toBe("login_required");
  });

  test("at the end: ccb's 401 with the address, never the upstream's", async () => {
    await using rig = await startRig(BOTH);
    rig.world.oauth.revokeAll(ONE);
    rig.world.oauth.revokeAll(TWO);
    const reply = await rig.ask();
    expect([reply.status, reply.error.type, rig.asked()]).toEqual([401, "authentication_error", "A2"]);
    expect(reply.error.message).toContain(rig.world.oauth.authorizeUrl);
    expect(reply.headers.get("x-should-retry")).toBe("false");
    expect(reply.text).not.toContain("expired");
    expect((await rig.ask()).status).toBe(401);
    expect(rig.asked()).toBe("A0");
  });
});

for (const message of [REVOKED, NOT_ALLOWED]) {
  describe(`403 ${message.slice(0, 40)}…`, () => {
    test("is like a 401: renewed once, then the next account", async () => {
      await using rig = await startRig(BOTH);
      const refusal = error(403, "permission_error", message);
      rig.on("A").handle(first(refusal));
      const renewed = await rig.ask();
      expect([renewed.status, renewed.account, renewed.attempts, rig.world.oauth.refreshes]).toEqual([200, ONE, 2, 1]);
      rig.on("A").handle(forAccount(ONE, refusal));
      const next = await rig.ask();
      expect([next.status, next.account, rig.world.oauth.refreshes]).toEqual([200, TWO, 2]);
      expect(await rig.tried(next)).toEqual([
        `A/${ONE} 403 token_refused`,
        `A/${ONE} 403 token_refused_again`,
        `A/${TWO} 200 served`,
      ]);
    });

    test("is never shown as the client's own login problem", async () => {
      await using rig = await startRig(BOTH);
      rig.on("A").handle(() => error(403, "permission_error", message));
      const reply = await rig.ask();
      expect([reply.status, reply.error.type]).toEqual([401, "authentication_error"]);
      expect(reply.error.message).toContain(rig.world.oauth.authorizeUrl);
      expect(reply.text).not.toContain(message);
    });
  });
}

const SHUT_OUT = [
  [400, "invalid_request_error", "This organization has been disabled."],
  [403, "permission_error", "This organization has been disabled."],
  [403, "permission_error", "Your account does not have access to Claude Code. Please run /login."],
  [403, "permission_error", "Your organization has disabled Claude subscription access for Claude Code"],
] as const;

for (const [status, type, message] of SHUT_OUT) {
  test(`${status} "${message}": the next account, and a sign-in with the upstream's words`, async () => {
    await using rig = await startRig(BOTH);
    rig.on("A").handle(forAccount(ONE, error(status, type, message)));
    const reply = await rig.ask();
    expect([reply.status, reply.account, reply.attempts, rig.world.oauth.refreshes]).toEqual([200, TWO, 2, 0]);
    expect(await rig.tried(reply)).toEqual([`A/${ONE} ${status} account_refused`, `A/${TWO} 200 served`]);
    expect(await rig.target("A", ONE)).toMatchObject({ state: "login_required", detail: message });
    rig.asked();
    await rig.world.clock.advance(3_600_000);
    expect([(await rig.ask()).account, rig.asked()]).toEqual([TWO, "A1"]);
    expect((await rig.world.post(`/oauth/tokens/${ONE}/resume`, {})).status).toBe(200);
    rig.on("A").script();
    await rig.ask();
    expect((await rig.last()).attempts[0].reason).toBe("account_refused");
  });
}

describe("401 on a key", () => {
  const refusal = error(401, "authentication_error", "invalid x-api-key");

  test("the next target answers; the key rests until the configuration is loaded again", async () => {
    await using rig = await startRig();
    rig.on("A").handle(first(refusal));
    const reply = await rig.ask();
    expect([reply.status, reply.provider, reply.attempts, rig.asked()]).toEqual([200, "B", 2, "A1 B1"]);
    expect(await rig.tried(reply)).toEqual(["A 401 key_refused", "B 200 served"]);
    expect(await rig.benches(reply)).toEqual(["key -"]);
    expect(rig.world.announced.filter((text) => text.includes("A"))).toHaveLength(1);
    expect(await rig.target("A")).toMatchObject({ state: "key_refused" });
    await rig.world.clock.advance(86_400_000);
    expect([(await rig.ask()).provider, rig.asked()]).toEqual(["B", "A0 B1"]);
    expect((await rig.world.post("/providers/reload", {})).status).toBe(200);
    expect([(await rig.ask()).provider, rig.asked()]).toEqual(["A", "A1 B0"]);
  });

  test("of the only provider it is relayed as it came, and the key is tried again: it may have been put right", async () => {
    await using rig = await startRig({ providers: { A: {} } });
    rig.on("A").script(refusal);
    const reply = await rig.ask();
    expect([reply.status, reply.error.message, reply.provider]).toEqual([401, "invalid x-api-key", "A"]);
    expect((await rig.ask()).status).toBe(200);
  });
});

test("a client's own credential: its 401 and 403 are its own to see", async () => {
  await using rig = await startRig({ providers: { A: { auth_value: "passthrough", auth_type: "auth_token" }, B: {} } });
  for (const [status, message] of [
    [401, "invalid x-api-key"],
    [403, REVOKED],
    [403, "This organization has been disabled."],
  ] as const) {
    rig.on("A").script(error(status, "permission_error", message));
    const reply = await rig.ask({ headers: { "x-api-key": "sk-ant-api03-own" } });
    expect([reply.status, reply.error.message, rig.asked()]).toEqual([status, message, "A1 B0"]);
  }
});
