// Removing accounts: local first, then the server, best effort.
import { expect, test } from "bun:test";
import { identity } from "../support/oauth-server.ts";
import { createScriptedVault } from "../support/scripted-vault.ts";
import { createWorld, eventually } from "../support/world.ts";

const a = identity("a@example.com");
const b = identity("b@example.com");

test("one: gone from memory, vault and schedule; its refresh token is revoked (RFC 7009)", async () => {
  const vault = createScriptedVault();
  await using world = await createWorld({ vault });
  await world.signIn(a);
  await world.signIn(b);
  await world.message();
  const refreshToken = [...world.oauth.refreshTokens].find(([, person]) => person.email === "a@example.com")?.[0];
  const reply = await world.json("/oauth/tokens/a@example.com", { method: "DELETE" });
  expect([reply.status, reply.body]).toEqual([200, { status: "success", removed: ["a@example.com"], durable: true }]);
  const { tokens } = (await world.json("/oauth/status")).body;
  expect(tokens.map((token: { account_email: string }) => token.account_email)).toEqual(["b@example.com"]);
  expect(vault.json("index")).toEqual({ version: 1, accounts: [tokens[0].account_id] });
  expect([...vault.values.keys()].filter((name) => name.startsWith("account:"))).toEqual([
    `account:${tokens[0].account_id}`,
  ]);
  await eventually("the revocation", () => world.oauth.revocations.length === 1);
  expect(world.oauth.revocations).toEqual([
    { token: refreshToken ?? "", hint: "refresh_token", clientId: expect.any(String) },
  ]);
  for (let request = 0; request < 4; request += 1) await world.message();
  expect(world.upstream.requests.slice(1).map((request) => request.identity?.email)).toEqual(
    Array(4).fill("b@example.com"),
  );
});

test("all", async () => {
  const vault = createScriptedVault();
  await using world = await createWorld({ vault });
  await world.signIn(a);
  await world.signIn(b);
  await world.message();
  const reply = await world.json("/oauth/tokens", { method: "DELETE" });
  expect(reply.body).toEqual({ status: "success", removed: ["a@example.com", "b@example.com"], durable: true });
  await eventually("both revocations", () => world.oauth.revocations.length === 2);
  await world.app.stop();
  expect([vault.json("index"), vault.json("stats")]).toEqual([
    { version: 1, accounts: [] },
    { version: 1, accounts: {} },
  ]);
  expect([...vault.values.keys()].sort()).toEqual(["index", "stats"]);
  expect((await world.json("/oauth/tokens", { method: "DELETE" })).body.removed).toEqual([]);
});

test("an unknown one is 404 and says where to look", async () => {
  await using world = await createWorld();
  const reply = await world.json("/oauth/tokens/nobody@example.com", { method: "DELETE" });
  expect([reply.status, reply.body.error.type, reply.body.error.message]).toEqual([
    404,
    "not_found_error",
    expect.stringContaining("/oauth/status"),
  ]);
  expect(reply.text).not.toContain("nobody@example.com");
});

for (const [what, failure] of [
  ["fails", { status: 500 }],
  ["hangs", undefined],
] as const) {
  test(`a server that ${what} holds nothing up`, async () => {
    await using world = await createWorld();
    await world.signIn(a);
    const release = failure === undefined ? world.oauth.hold() : undefined;
    if (failure === undefined) await world.json("/oauth/tokens", { method: "DELETE" });
    else {
      await world.oauth.stop();
      expect((await world.json("/oauth/tokens", { method: "DELETE" })).body.removed).toEqual(["a@example.com"]);
      await eventually("it is logged", () => world.log.of("oauth_revocation_failed").length === 1);
      expect(world.log.text()).not.toContain("sk-ant");
    }
    expect((await world.json("/oauth/status")).body.total_tokens).toBe(0);
    release?.();
  });
}

test("without persistence the removal is as final as can be", async () => {
  await using world = await createWorld({
    vault: null,
    config: { settings: { oauth: { enable_persistence: false } } },
  });
  expect((await world.signIn(a)).body).toMatchObject({
    durable: false,
    notices: [expect.stringContaining("enable_persistence is false")],
  });
  expect((await world.json("/oauth/tokens", { method: "DELETE" })).body).toMatchObject({
    removed: ["a@example.com"],
    durable: true,
  });
});
