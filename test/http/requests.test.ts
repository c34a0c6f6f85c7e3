// GET /requests: what became of the last requests.
import { describe, expect, test } from "bun:test";
import { identity } from "../support/oauth-server.ts";
import { error, silentAfter } from "../support/replies.ts";
import { createWorld } from "../support/world.ts";
import type { JsonReply } from "../support/world.ts";

/** ccb rests after so long without a request, milliseconds. */
const REST_MS = 120_000;
const START = Date.UTC(2026, 0, 15, 12);
const idOf = ({ headers }: JsonReply): string => headers.get("x-ccb-request-id") ?? "";

test("the list, newest first, and each by the id of its reply", async () => {
  await using world = await createWorld();
  expect((await world.json("/requests")).body).toEqual({ requests: [] });
  await world.signIn(identity("me@example.com"));
  const replies: JsonReply[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    replies.push(await world.message({ "x-claude-code-session-id": "canary-session" }));
    await world.clock.advance(1_000);
  }
  const ids = replies.map(idOf).toReversed();
  const list = await world.json("/requests");
  expect([list.status, list.headers.get("content-type")]).toEqual([200, expect.stringContaining("application/json")]);
  expect(list.body.requests.map(({ id }: { id: string }) => id)).toEqual(ids);
  const { body: newest } = await world.json("/requests?limit=1");
  expect(newest.requests).toEqual([list.body.requests[0]]);
  for (const [index, id] of ids.entries()) {
    const one = await world.json(`/requests/${id}`);
    expect([one.status, one.body]).toEqual([200, list.body.requests[index]]);
    expect(one.body).toMatchObject({
      id,
      started_at: START + (2 - index) * 1_000,
      method: "POST",
      path: "/v1/messages",
      model: "claude-opus-5",
      session: expect.stringMatching(/^[0-9a-f]{12}$/),
      status: 200,
      state: "complete",
      chosen: { provider: "Claude Code Official", kind: "account" },
      attempt_count: 1,
    });
  }
  expect(list.text).not.toMatch(/canary|me@example\.com|hello/i);
});

test("at rest memory is given back, and the list stays as it was", async () => {
  await using world = await createWorld();
  await world.signIn();
  await world.message();
  world.upstream.script(silentAfter(4, "long enough"));
  const open = await world.request("/v1/messages", { method: "POST", body: "{}" });
  await world.clock.advance(2 * REST_MS);
  expect(world.releases()).toBe(0);
  await open.body?.cancel();
  const before = await world.json("/requests");
  await world.clock.advance(REST_MS);
  expect(world.releases()).toBe(1);
  const after = await world.json("/requests");
  expect(after.body).toEqual(before.body);
  expect(after.body.requests.map(({ state }: { state: string }) => state)).toEqual(["client_gone", "complete"]);
});

test("a trace says why an account was passed over", async () => {
  await using world = await createWorld();
  await world.signIn(identity("one@example.com"));
  await world.signIn(identity("two@example.com"));
  world.upstream.script(error(429, "rate_limit_error", "Limit", { "retry-after": "7200" }));
  expect((await world.message()).status).toBe(200);
  const second = await world.message();
  const [later, first] = (await world.json("/requests")).body.requests;
  expect(first).toMatchObject({
    status: 200,
    attempts: [
      { status: 429, reason: "limit_reached", action: "next", benches: [{ scope: "target", official: true }] },
      { status: 200, reason: "served", action: "relay" },
    ],
  });
  expect(later).toMatchObject({
    id: idOf(second),
    attempt_count: 1,
    excluded: [{ account: first.attempts[0].account, reason: "limit", detail: "retry-after" }],
    chosen: { account: first.attempts[1].account },
  });
});

describe("limit", () => {
  test("is 50 unless told, and at most 1,000", async () => {
    await using world = await createWorld();
    // Nobody is signed in: ccb answers itself, and that is a trace, too.
    for (let turn = 0; turn < 52; turn += 1) await world.message();
    const count = async (query: string): Promise<number> =>
      (await world.json(`/requests${query}`)).body.requests.length;
    expect([await count(""), await count("?limit=51"), await count("?limit=1000")]).toEqual([50, 51, 52]);
    expect((await world.json("/requests?limit=1")).body.requests[0]).toMatchObject({ status: 401, state: "failed" });
  });

  const wrong = [
    "",
    "0",
    "1001",
    "-1",
    "1.5",
    "1e2",
    "01",
    "%20",
    "canary",
    "5&limit=6",
    "%FF",
    "99999999999999999999",
  ];
  for (const limit of wrong) {
    test(`may not be ${JSON.stringify(limit)}`, async () => {
      await using world = await createWorld();
      const reply = await world.json(`/requests?limit=${limit}`);
      expect(reply).toMatchObject({ status: 400, body: { error: { type: "invalid_request_error" } } });
      expect(reply.body.error.message).toBe("limit must be one whole number from 1 to 1000.");
      expect(reply.text).not.toContain("canary");
    });
  }
});

test("an id that nobody remembers", async () => {
  await using world = await createWorld();
  for (const id of ["ccb_000000000000000000000000", "canary", "__proto__", "%2e%2e%2fhealth"]) {
    const reply = await world.json(`/requests/${id}`);
    expect(reply).toMatchObject({ status: 404, body: { error: { type: "not_found_error" } } });
    expect(reply.body.error.message).toContain("GET /requests");
    expect(reply.headers.get("x-should-retry")).toBe("false");
    expect(reply.text).not.toContain("canary");
  }
  expect((await world.json("/requests/%FF")).status).toBe(400);
});

test("HEAD is GET without the content", async () => {
  await using world = await createWorld();
  const { text, headers } = await world.json("/requests");
  const head = await world.json("/requests", { method: "HEAD" });
  expect([head.status, head.text, head.headers.get("content-length")]).toEqual([200, "", String(text.length)]);
  expect(headers.get("content-type")).toBe(head.headers.get("content-type"));
  expect((await world.json("/requests/none", { method: "HEAD" })).status).toBe(404);
});
