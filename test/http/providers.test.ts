// GET /providers: why each target may serve or not, until when, and how it did.
import { describe, expect, test } from "bun:test";
import { GREETING, anthropicMessage, messagesHandler } from "../support/anthropic.ts";
import { identity } from "../support/oauth-server.ts";
import { error, hang, json } from "../support/replies.ts";
import type { Handler } from "../support/upstream.ts";
import { startUpstream } from "../support/upstream.ts";
import { createWorld, eventually } from "../support/world.ts";
import type { World, WorldOptions } from "../support/world.ts";

const START = Date.UTC(2026, 0, 15, 12) / 1000;
const HOUR = 3600;
const ALICE = identity("alice@example.com");
const BOB = identity("bob@example.com");

type Fields = Readonly<Record<string, string | number>>;
const unified = (fields: Fields): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [`anthropic-ratelimit-unified-${name}`, String(value)]),
  );
const SPENT = unified({ status: "rejected", "5h-status": "rejected", "5h-reset": START + 2 * HOUR });

const providersOf = async (world: World) => (await world.json("/providers")).body.providers;
const targetOf = async (world: World) => (await providersOf(world))[0].targets[0];

async function worldWith(more: Fields, options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(options);
  world.upstream.handle(messagesHandler({ headers: unified(more) }));
  await world.signIn(ALICE);
  return world;
}

/** One provider whose accounts have rules of their own. */
function ruled(world: World, more: Readonly<Record<string, unknown>>) {
  world.configure({
    providers: [{ name: "Claude Code Official", base_url: world.upstream.url, auth_value: "oauth", ...more }],
  });
  return world.post("/providers/reload", {});
}

test("a target that was never used, and one that has served", async () => {
  await using world = await worldWith({
    status: "allowed",
    "5h-status": "allowed",
    "5h-utilization": 0.31,
    "5h-reset": START + 2 * HOUR,
    "7d_oi-status": "allowed",
  });
  const { account_id: account } = (await world.json("/oauth/status")).body.tokens[0];
  const unused = {
    id: `Claude Code Official/${account}`,
    kind: "account",
    account,
    priority: 1,
    weight: 1,
    reserve_percent: 0,
    state: "ready",
    reason: null,
    detail: null,
    cooldown_until: null,
    cooldowns: [],
    windows: [],
    overage_until: null,
    in_flight: 0,
    sessions: 0,
    requests: 0,
    success_rate: null,
    first_byte_p50_ms: null,
    first_byte_p95_ms: null,
    last_failure: null,
  };
  expect(await providersOf(world)).toEqual([
    {
      name: "Claude Code Official",
      type: "anthropic",
      base_url: world.upstream.url,
      enabled: true,
      auth: "oauth",
      priority: 1,
      weight: 1,
      extra_usage: "last",
      state: "ready",
      cooldown: null,
      targets: [unused],
    },
  ]);
  for (const session of ["a", "b", "b"]) await world.message({ "x-claude-code-session-id": session });
  expect(await targetOf(world)).toEqual({
    ...unused,
    windows: [
      { name: "5h", model: null, utilization: 0.31, resets_at: START + 2 * HOUR },
      { name: "7d_oi", model: "claude-opus-5", utilization: null, resets_at: null },
    ],
    sessions: 2,
    requests: 3,
    success_rate: 1,
    first_byte_p50_ms: 0,
    first_byte_p95_ms: 0,
  });
  // The window has begun anew: what was said of it is no longer so.
  await world.clock.advance(2 * HOUR * 1000);
  expect(await targetOf(world)).toMatchObject({ windows: [], requests: 3 });
});

test("an account at its limit says which window it is and when it resets, never early", async () => {
  await using world = await createWorld();
  await world.signIn(ALICE);
  await world.signIn(BOB);
  const served: Handler = messagesHandler();
  world.upstream.handle((request) =>
    request.identity?.email === ALICE.email
      ? error(429, "rate_limit_error", "This request would exceed your account's rate limit.", SPENT)
      : served(request),
  );
  for (let turn = 0; turn < 4; turn += 1) expect((await world.message()).status).toBe(200);
  const [{ state, cooldown, targets }] = await providersOf(world);
  expect({ state, cooldown }).toEqual({ state: "ready", cooldown: null });
  const [alice, bob] = targets;
  const until = alice.cooldown_until;
  expect(alice).toMatchObject({
    state: "cooldown",
    reason: "five_hour",
    detail: null,
    cooldowns: [{ scope: "target", model: null, until, reason: "five_hour", official: true }],
    windows: [{ name: "5h", model: null, utilization: 1, resets_at: START + 2 * HOUR }],
    requests: 1,
    success_rate: 0,
    last_failure: "limit_reached",
  });
  expect(bob).toMatchObject({ state: "ready", requests: 4, success_rate: 1 });
  // The jitter of the release is in it.
  expect(Number.isInteger(until)).toBe(true);
  expect(until).toBeGreaterThanOrEqual(START + 2 * HOUR);
  expect(until).toBeLessThanOrEqual(START + 2 * HOUR + 2);

  const { tokens } = (await world.json("/oauth/status")).body;
  expect(tokens).toMatchObject([
    { account_email: ALICE.email, state: "cooldown", reason: "five_hour", cooldown_until: until, is_healthy: true },
    { account_email: BOB.email, state: "ready", reason: null, cooldown_until: null },
  ]);
  await world.clock.advance((until - START) * 1000);
  expect((await targetOf(world)).state).toBe("ready");
  expect((await world.json("/oauth/status")).body.tokens[0]).toMatchObject({ state: "ready", cooldown_until: null });
});

test("a limit of one model, or of count_tokens, is listed and leaves the target ready", async () => {
  await using world = await createWorld();
  await world.signIn(ALICE);
  const ofModel = unified({
    status: "rejected",
    "5h-status": "allowed",
    "7d_oi-status": "rejected",
    "7d_oi-reset": START + 9 * HOUR,
  });
  world.upstream.script(error(429, "rate_limit_error", "Limit", ofModel));
  await world.message();
  world.upstream.script(error(429, "rate_limit_error", "Limit", { "retry-after": "90" }));
  await world.post("/v1/messages/count_tokens", { model: "claude-sonnet-5", messages: [] });
  const { state, reason, cooldown_until, cooldowns } = await targetOf(world);
  expect({ state, reason, cooldown_until }).toEqual({ state: "ready", reason: null, cooldown_until: null });
  expect(cooldowns).toEqual([
    { scope: "model", model: "claude-opus-5", until: expect.any(Number), reason: "7d_oi", official: true },
    { scope: "count_tokens", model: null, until: expect.any(Number), reason: "retry-after", official: true },
  ]);
  expect((await world.json("/oauth/status")).body.tokens[0].state).toBe("ready");
});

test("a provider that cannot be reached cools by ccb's own guess, and its targets say so", async () => {
  await using world = await createWorld({
    config: { providers: [{ name: "Gone", base_url: "http://127.0.0.1:1", auth_value: "oauth" }] },
  });
  await world.signIn(ALICE);
  expect((await world.message()).status).toBe(503);
  const [{ state, enabled, cooldown, targets }] = await providersOf(world);
  expect({ state, enabled }).toEqual({ state: "cooldown", enabled: true });
  expect(cooldown).toEqual({ until: expect.any(Number), reason: "not_reached", official: false });
  expect(cooldown.until).toBeGreaterThan(START);
  expect(targets[0]).toMatchObject({
    state: "cooldown",
    reason: "not_reached",
    cooldown_until: cooldown.until,
    cooldowns: [{ scope: "provider", model: null, ...cooldown }],
    last_failure: "not_reached",
  });
  // The account itself waits for nothing.
  expect((await world.json("/oauth/status")).body.tokens[0].state).toBe("ready");
  await world.clock.advance(120_000);
  expect((await providersOf(world))[0]).toMatchObject({ state: "ready", cooldown: null });
});

test("an account that its upstream shut out shows the upstream's own words", async () => {
  await using world = await createWorld();
  await world.signIn(ALICE);
  world.upstream.script(error(400, "invalid_request_error", "This organization has been disabled."));
  await world.message();
  const shutOut = {
    state: "login_required",
    reason: "account_refused",
    detail: "This organization has been disabled.",
    cooldown_until: null,
  };
  expect(await targetOf(world)).toMatchObject(shutOut);
  expect((await world.json("/oauth/status")).body.tokens[0]).toMatchObject({ ...shutOut, is_healthy: false });
});

test("a refused key stays so until the configuration is loaded again", async () => {
  await using world = await createWorld();
  await using upstream = await startUpstream();
  upstream.handle(() => error(401, "authentication_error", "invalid x-api-key"));
  world.configure({
    providers: [{ name: "Key", base_url: upstream.url, auth_type: "api_key", auth_value: "sk-key-canary-123456" }],
  });
  await world.post("/providers/reload", {});
  expect(await targetOf(world)).toMatchObject({ id: "Key/key", kind: "key", account: null, state: "ready" });
  expect((await world.message()).status).toBe(401);
  expect(await targetOf(world)).toMatchObject({ state: "key_refused", reason: null, last_failure: "key_refused" });
  expect((await world.json("/providers")).text).not.toContain("canary");
  await world.post("/providers/reload", {});
  expect((await targetOf(world)).state).toBe("ready");
});

test("of clients' own credentials nothing is shown, not even their digests", async () => {
  await using world = await createWorld();
  await using upstream = await startUpstream();
  upstream.handle(() => error(429, "rate_limit_error", "Limit", { "retry-after": "900" }));
  world.configure({ providers: [{ name: "Own", base_url: upstream.url, auth_value: "passthrough" }] });
  await world.post("/providers/reload", {});
  expect((await world.message({ "x-api-key": "sk-key-canary-1" })).status).toBe(429);
  expect(upstream.requests.length).toBe(1);
  const [{ auth, targets }] = await providersOf(world);
  expect(auth).toBe("passthrough");
  expect(targets).toMatchObject([{ id: "Own/client", kind: "client", account: null, state: "ready", cooldowns: [] }]);
  expect((await world.json("/providers")).text).not.toMatch(/canary|Own\/client:/);
});

describe("what its owner keeps a target from is a cooldown with a reason", () => {
  test("the reserve of a window", async () => {
    await using world = await worldWith({ "5h-status": "allowed", "5h-utilization": 0.85, "5h-reset": START + HOUR });
    await world.message();
    expect((await targetOf(world)).state).toBe("ready");
    await ruled(world, { accounts: [{ email: ALICE.email, priority: 3, weight: 2.5, reserve_percent: 20 }] });
    expect(await targetOf(world)).toMatchObject({
      priority: 3,
      weight: 2.5,
      reserve_percent: 20,
      state: "cooldown",
      reason: "reserve",
      cooldown_until: START + HOUR,
      cooldowns: [],
    });
    await ruled(world, { accounts: [{ email: ALICE.email, reserve_percent: 10 }] });
    expect((await targetOf(world)).state).toBe("ready");
  });

  test("extra usage that never may be paid for", async () => {
    await using world = await worldWith({
      status: "allowed",
      "5h-status": "rejected",
      "5h-reset": START + HOUR,
      "overage-status": "allowed",
      "overage-in-use": "true",
    });
    await world.message();
    expect(await targetOf(world)).toMatchObject({ state: "ready", overage_until: START + HOUR });
    await ruled(world, { extra_usage: "never" });
    const [{ extra_usage, targets }] = await providersOf(world);
    expect(extra_usage).toBe("never");
    expect(targets[0]).toMatchObject({ state: "cooldown", reason: "extra_usage", cooldown_until: START + HOUR });
    await world.clock.advance(HOUR * 1000);
    expect(await targetOf(world)).toMatchObject({ state: "ready", overage_until: null });
  });
});

test("requests under way are counted until they end", async () => {
  await using world = await createWorld();
  await world.signIn(ALICE);
  const client = new AbortController();
  world.upstream.script(hang());
  const going = world.request("/v1/messages", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "claude-opus-5" }),
    signal: client.signal,
  });
  await eventually("one is under way", async () => (await targetOf(world)).in_flight === 1);
  // Before it has arrived there, the reply that hangs would be left for the next one.
  await world.upstream.request(0);
  client.abort();
  await going.catch(() => {});
  await eventually("none is", async () => (await targetOf(world)).in_flight === 0);
  // It counts nothing against the target.
  expect(await targetOf(world)).toMatchObject({ requests: 0, last_failure: null });
  world.upstream.script(json(200, anthropicMessage(GREETING)));
  await world.message();
  expect(await targetOf(world)).toMatchObject({ requests: 1, success_rate: 1, in_flight: 0 });
});
