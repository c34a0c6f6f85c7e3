// GET /metrics: every figure through the whole program, and who may read it.
import { describe, expect, test } from "bun:test";
import { messagesHandler } from "../support/anthropic.ts";
import { identity } from "../support/oauth-server.ts";
import { error, hang } from "../support/replies.ts";
import { createWorld, eventually } from "../support/world.ts";
import type { World } from "../support/world.ts";
import { parseExposition } from "../metrics/_exposition.ts";
import { metricsWorld } from "./_metrics.ts";

const ALICE = identity("alice@example.com");
const START = Date.UTC(2026, 0, 15, 12) / 1000;

/** Every sample by its name and labels. */
async function scrape(world: World): Promise<Readonly<Record<string, number>>> {
  const text = await (await world.request("/metrics")).text();
  return Object.fromEntries([...parseExposition(text).values()].flatMap(({ samples }) => [...samples]));
}

const A = 'provider="Claude Code Official"';

test("before anything has happened every family is there, and the text is as the format has it", async () => {
  await using world = await createWorld();
  const reply = await world.request("/metrics");
  expect(reply.status).toBe(200);
  expect(reply.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const families = parseExposition(await reply.text());
  expect([...families.keys()].toSorted()).toEqual([
    "ccb_account_state",
    "ccb_account_token_expiry_timestamp_seconds",
    "ccb_attempts_total",
    "ccb_build_info",
    "ccb_cooldowns_active",
    "ccb_event_loop_lag_seconds",
    "ccb_first_byte_seconds",
    "ccb_notifications_total",
    "ccb_persistence_durable",
    "ccb_refreshes_total",
    "ccb_request_duration_seconds",
    "ccb_requests_in_flight",
    "ccb_requests_total",
    "ccb_tokens_total",
    "ccb_uptime_seconds",
    "ccb_vault_operation_seconds",
    "ccb_window_reset_timestamp_seconds",
    "ccb_window_utilization_ratio",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
  ]);
});

test("the uptime counts from the start, whenever it is first asked for", async () => {
  await using world = await createWorld();
  await world.clock.advance(90_500);
  expect(await scrape(world)).toMatchObject({ ccb_uptime_seconds: 90.5, process_start_time_seconds: START });
});

test("requests, tokens, windows, cooldowns, accounts, refreshes and the vault", async () => {
  await using world = await metricsWorld();
  const account = (await world.json("/oauth/status")).body.tokens[0].account_id;
  const now = await scrape(world);
  expect(now).toMatchObject({
    [`ccb_requests_total{${A},kind="account",status="2xx",state="complete"}`]: 2,
    'ccb_requests_total{provider="",kind="none",status="4xx",state="failed"}': 1,
    [`ccb_attempts_total{${A},outcome="served"}`]: 2,
    [`ccb_attempts_total{${A},outcome="limit_reached"}`]: 1,
    [`ccb_first_byte_seconds_count{${A}}`]: 2,
    [`ccb_request_duration_seconds_count{${A}}`]: 2,
    'ccb_request_duration_seconds_count{provider=""}': 1,
    ccb_requests_in_flight: 0,
    [`ccb_tokens_total{${A},model="claude-opus-5",kind="input"}`]: 50,
    [`ccb_tokens_total{${A},model="claude-opus-5",kind="output"}`]: 30,
    [`ccb_tokens_total{${A},model="claude-opus-5",kind="cache_creation"}`]: 14,
    [`ccb_tokens_total{${A},model="claude-opus-5",kind="cache_read"}`]: 22,
    [`ccb_cooldowns_active{${A},scope="target"}`]: 1,
    [`ccb_cooldowns_active{${A},scope="provider"}`]: 0,
    'ccb_refreshes_total{result="fresh"}': 1,
    [`ccb_account_state{account="${account}",state="cooldown"}`]: 1,
    [`ccb_account_state{account="${account}",state="ready"}`]: 0,
    [`ccb_account_token_expiry_timestamp_seconds{account="${account}"}`]: START + 28_800,
    [`ccb_window_utilization_ratio{${A},account="${account}",window="5h",model=""}`]: 1,
    [`ccb_window_reset_timestamp_seconds{${A},account="${account}",window="5h",model=""}`]: START + 7200,
    [`ccb_window_utilization_ratio{${A},account="${account}",window="7d_oi",model="claude-opus-5"}`]: 0.4,
    'ccb_vault_operation_seconds_count{operation="probe",result="ok"}': 1,
    ccb_persistence_durable: 1,
    process_start_time_seconds: START,
    process_resident_memory_bytes: 50_000_000,
  });
  expect(Object.keys(now).join("\n")).not.toContain("alice");
});

test("a request under way, and how it ended when its client left", async () => {
  await using world = await createWorld();
  await world.signIn(ALICE);
  world.upstream.handle(() => hang());
  const client = new AbortController();
  const body = JSON.stringify({ model: "m", max_tokens: 1, messages: [] });
  const reply = world.request("/v1/messages", { method: "POST", body, signal: client.signal }).catch(() => null);
  await eventually("asked", () => world.upstream.requests.length === 1);
  expect((await scrape(world))["ccb_requests_in_flight"]).toBe(1);
  client.abort();
  await reply;
  await eventually("ended", async () => (await scrape(world))["ccb_requests_in_flight"] === 0);
  expect(await scrape(world)).toMatchObject({
    'ccb_requests_total{provider="",kind="none",status="4xx",state="client_gone"}': 1,
  });
});

test("models that clients make up are no series, not by their tokens and not by their windows", async () => {
  await using world = await createWorld();
  await world.signIn(ALICE);
  const headers = {
    "anthropic-ratelimit-unified-7d_oi-utilization": "0.5",
    "anthropic-ratelimit-unified-7d_oi-status": "allowed",
  };
  world.upstream.handle(() => error(404, "not_found_error", "model: made-up", headers));
  for (let number = 0; number < 5; number += 1) {
    const body = { model: `made-up-${number}`, max_tokens: 1, messages: [] };
    expect((await world.post("/v1/messages", body)).status).toBe(404);
  }
  const names = Object.keys(await scrape(world)).join("\n");
  expect(names).not.toContain("made-up");
  expect(names.match(/window="7d_oi",model="other"/g)?.length ?? 0).toBeLessThanOrEqual(1);
});

test("the lag of the event loop is measured from the first look on", async () => {
  await using world = await createWorld();
  expect(await scrape(world)).not.toHaveProperty("ccb_event_loop_lag_seconds_count");
  await world.clock.advance(3_000);
  expect(await scrape(world)).toMatchObject({ ccb_event_loop_lag_seconds_count: 3 });
});

describe("who may read it", () => {
  const KEY = "an-admin-key-of-the-test";
  const CLIENT = "a-client-key-of-the-test";
  const keys = [
    { name: "admin", key: KEY, role: "admin" },
    { name: "client", key: CLIENT },
  ];

  async function statusOf(world: World, headers: Readonly<Record<string, string>>): Promise<number> {
    return (await world.request("/metrics", { headers })).status;
  }

  test("with keys for management an administrator, by header or as a bearer", async () => {
    const settings = { auth: { enabled: true, admin: "key", api_keys: keys } };
    await using world = await createWorld({ config: { settings } });
    expect(await statusOf(world, {})).toBe(401);
    expect(await statusOf(world, { authorization: "Bearer wrong" })).toBe(401);
    expect(await statusOf(world, { authorization: `Bearer ${CLIENT}` })).toBe(403);
    expect(await statusOf(world, { authorization: `Bearer ${KEY}` })).toBe(200);
    expect(await statusOf(world, { "x-ccb-key": KEY })).toBe(200);
  });

  test("no page of another site", async () => {
    await using world = await createWorld();
    expect(await statusOf(world, { origin: "https://example.com" })).toBe(403);
    expect(await statusOf(world, { host: "rebound.example.com" })).toBe(403);
  });
});

test("it is in the reference", async () => {
  await using world = await createWorld();
  world.upstream.handle(messagesHandler());
  const { body } = await world.json("/docs/json");
  expect(body.paths["/metrics"].get.responses["200"].content).toHaveProperty("text/plain");
});
