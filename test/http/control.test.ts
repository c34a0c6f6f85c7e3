// What its owner may do while ccb serves: switch providers, pause accounts, load the configuration again.
import { describe, expect, test } from "bun:test";
import { identity } from "../support/oauth-server.ts";
import { error } from "../support/replies.ts";
import { createWorld } from "../support/world.ts";
import type { World } from "../support/world.ts";

const ALICE = identity("alice@example.com");
const BOB = identity("bob@example.com");
const OFFICIAL = encodeURIComponent("Claude Code Official");
const LIMIT = error(429, "rate_limit_error", "Limit", { "retry-after": "7200" });

const act = (world: World, path: string, headers: Readonly<Record<string, string>> = {}) =>
  world.json(path, { method: "POST", headers });
const providersOf = async (world: World) => (await world.json("/providers")).body.providers;
const tokensOf = async (world: World) => (await world.json("/oauth/status")).body.tokens;

describe("POST /providers/{name}/disable and /enable", () => {
  test("take a provider out of the choice and back, its cooldowns cleared", async () => {
    await using world = await createWorld();
    await world.signIn(ALICE);
    world.upstream.script(LIMIT);
    expect((await world.message()).status).toBe(429);
    expect((await world.message()).status).toBe(429);
    expect(world.upstream.requests.length).toBe(1);

    expect(await act(world, `/providers/${OFFICIAL}/disable`)).toMatchObject({
      status: 200,
      body: { status: "success", name: "Claude Code Official", enabled: false },
    });
    const [off] = await providersOf(world);
    expect(off).toMatchObject({ enabled: false, state: "disabled", targets: [{ state: "disabled", reason: null }] });
    expect((await world.message()).status).toBe(503);

    expect((await act(world, `/providers/${OFFICIAL}/enable`)).body).toEqual({
      status: "success",
      name: "Claude Code Official",
      enabled: true,
    });
    const [on] = await providersOf(world);
    expect(on).toMatchObject({
      enabled: true,
      state: "ready",
      targets: [{ state: "ready", cooldowns: [], windows: [] }],
    });
    expect((await world.message()).status).toBe(200);
  });

  test("switch on what the file switches off, and stay over a reload", async () => {
    await using world = await createWorld();
    const off = { name: "Off", base_url: world.upstream.url, auth_value: "oauth", enabled: false };
    world.configure({ providers: [off, { ...off, name: "On", enabled: true }] });
    await act(world, "/providers/reload");
    expect((await providersOf(world)).map(({ enabled }: { enabled: boolean }) => enabled)).toEqual([false, true]);
    await act(world, "/providers/Off/enable");
    await act(world, "/providers/On/disable");
    expect((await providersOf(world)).map(({ enabled }: { enabled: boolean }) => enabled)).toEqual([true, false]);
    await act(world, "/providers/reload");
    expect((await providersOf(world)).map(({ enabled }: { enabled: boolean }) => enabled)).toEqual([true, false]);
  });

  test("find every name that a file may hold, whatever its case", async () => {
    await using world = await createWorld();
    const names = ["reload", "re", "enable", "a/b", "50%", "主要", "../health", "__proto__", "x?y#z"];
    world.configure({
      providers: names.map((name) => ({ name, base_url: world.upstream.url, auth_value: "oauth" })),
    });
    expect((await act(world, "/providers/reload")).body.providers).toBe(names.length);
    for (const name of names) {
      const reply = await act(world, `/providers/${encodeURIComponent(name.toUpperCase())}/disable`);
      expect([name, reply.status, reply.body.name]).toEqual([name, 200, name]);
    }
    expect((await providersOf(world)).every(({ enabled }: { enabled: boolean }) => !enabled)).toBe(true);
    // A provider of that name changes nothing for the path that loads the file.
    expect(Object.keys((await act(world, "/providers/reload")).body)).toContain("restart_needed");
  });

  test("an unknown name is told how to find the right one, without an echo", async () => {
    await using world = await createWorld();
    for (const name of ["canary", "toString", "%20"]) {
      for (const verb of ["enable", "disable"]) {
        const reply = await act(world, `/providers/${name}/${verb}`);
        expect(reply).toMatchObject({ status: 404, body: { error: { type: "not_found_error" } } });
        expect(reply.body.error.message).toContain("GET /providers");
        expect(reply.text).not.toContain("canary");
      }
    }
    expect((await act(world, "/providers/%FF/enable")).status).toBe(400);
    const chinese = await act(world, "/providers/canary/enable", { "accept-language": "zh-CN" });
    expect(chinese.body.error.message).toMatch(/[\u4e00-\u9fff]/);
  });
});

describe("POST /oauth/tokens/{account_email}/pause and /resume", () => {
  test("take an account out of the choice and back", async () => {
    await using world = await createWorld();
    await world.signIn(ALICE);
    await world.signIn(BOB);
    expect(await act(world, "/oauth/tokens/ALICE@example.com/pause")).toMatchObject({
      status: 200,
      body: { status: "success", account_email: ALICE.email, paused: true },
    });
    for (let turn = 0; turn < 3; turn += 1) await world.message();
    expect([...world.upstream.perAccount]).toEqual([[BOB.email, 3]]);
    expect(await tokensOf(world)).toMatchObject([
      { account_email: ALICE.email, state: "paused", reason: null, is_healthy: true },
      { account_email: BOB.email, state: "ready" },
    ]);
    expect((await providersOf(world))[0].targets).toMatchObject([{ state: "paused" }, { state: "ready" }]);
    expect((await act(world, "/oauth/tokens/alice%40example.com/resume")).body).toEqual({
      status: "success",
      account_email: ALICE.email,
      paused: false,
    });
    expect((await tokensOf(world))[0].state).toBe("ready");
    for (let turn = 0; turn < 4; turn += 1) await world.message();
    expect(world.upstream.perAccount.get(ALICE.email)).toBeGreaterThan(0);
  });

  test("resume clears the cooldowns, whether or not it was paused", async () => {
    await using world = await createWorld();
    await world.signIn(ALICE);
    world.upstream.script(LIMIT);
    await world.message();
    expect((await tokensOf(world))[0]).toMatchObject({ state: "cooldown", reason: "retry-after" });
    await act(world, `/oauth/tokens/${ALICE.email}/pause`);
    expect((await tokensOf(world))[0]).toMatchObject({ state: "paused", cooldown_until: expect.any(Number) });
    await act(world, `/oauth/tokens/${ALICE.email}/resume`);
    expect((await tokensOf(world))[0]).toMatchObject({ state: "ready", reason: null, cooldown_until: null });
    expect((await message200(world)).length).toBe(2);
  });

  test("resume gives an account that was shut out another try", async () => {
    await using world = await createWorld();
    await world.signIn(ALICE);
    world.upstream.script(error(403, "permission_error", "Your account has been suspended."));
    await world.message();
    expect((await tokensOf(world))[0]).toMatchObject({ state: "login_required", reason: "account_refused" });
    await act(world, `/oauth/tokens/${ALICE.email}/resume`);
    expect((await tokensOf(world))[0]).toMatchObject({ state: "ready", detail: null });
    expect((await message200(world)).length).toBe(2);
  });

  test("an unknown account is 404, an escape that is no UTF-8 is 400", async () => {
    await using world = await createWorld();
    for (const verb of ["pause", "resume"]) {
      const reply = await act(world, `/oauth/tokens/canary@example.com/${verb}`);
      expect(reply).toMatchObject({ status: 404, body: { error: { type: "not_found_error" } } });
      expect(reply.text).not.toContain("canary");
      expect((await act(world, `/oauth/tokens/%FF/${verb}`)).status).toBe(400);
    }
  });
});

async function message200(world: World) {
  expect((await world.message()).status).toBe(200);
  return world.upstream.requests;
}

describe("POST /providers/reload", () => {
  test("puts a good file into force and says what waits for a restart", async () => {
    await using world = await createWorld();
    await world.signIn(ALICE);
    await world.message({ "x-claude-code-session-id": "a" });
    const provider = { base_url: world.upstream.url, auth_value: "oauth" };
    world.configure({
      providers: [
        { ...provider, name: "First" },
        { ...provider, name: "Second", type: "openai", auth_value: "sk-canary" },
        { ...provider, name: "Third", priority: 2 },
      ],
      settings: { port: 9999, log_level: "DEBUG" },
    });
    const reply = await act(world, "/providers/reload", { "accept-language": "zh-CN" });
    expect(reply.body).toEqual({
      status: "success",
      file: null,
      providers: 2,
      restart_needed: ["settings.port"],
      warnings: [expect.stringMatching(/providers\[1\].*[\u4e00-\u9fff]/)],
    });
    expect(reply.text).not.toContain("canary");
    expect((await providersOf(world)).map(({ name }: { name: string }) => name)).toEqual(["First", "Third"]);
    expect((await message200(world)).length).toBe(2);
  });

  test("a bad file changes nothing and names every problem, in the language of the request", async () => {
    await using world = await createWorld();
    const before = await providersOf(world);
    world.configure(
      "providers:\n  - name: X\n    base_url: nonsense-canary\n    auth_valu: oauth\nsettings:\n  port: no\n",
    );
    const reply = await act(world, "/providers/reload");
    expect(reply).toMatchObject({ status: 422, body: { error: { type: "invalid_request_error" } } });
    const [said, ...problems] = reply.body.error.message.split("\n");
    expect(said).toContain("the one in force stays");
    expect(problems.length).toBeGreaterThanOrEqual(3);
    for (const path of ["providers[0].base_url", "providers[0].auth_valu", "settings.port"])
      expect(problems).toContainEqual(expect.stringContaining(path));
    for (const problem of problems) expect(problem).toMatch(/:\d+:\d+: error: /);
    expect(reply.text).not.toContain("canary");
    expect(await providersOf(world)).toEqual(before);
    const chinese = (await act(world, "/providers/reload", { "accept-language": "zh" })).body.error.message;
    expect(chinese.split("\n").every((line: string) => /[\u4e00-\u9fff]/.test(line))).toBe(true);
  });
});

test("no web page may ask for any of it", async () => {
  await using world = await createWorld();
  await world.signIn(ALICE);
  for (const path of [`/providers/${OFFICIAL}/disable`, "/providers/reload", `/oauth/tokens/${ALICE.email}/pause`]) {
    const reply = await act(world, path, { origin: "https://evil.example", "content-type": "text/plain" });
    expect([path, reply.status]).toEqual([path, 403]);
  }
  expect((await providersOf(world))[0]).toMatchObject({ enabled: true, targets: [{ state: "ready" }] });
});
