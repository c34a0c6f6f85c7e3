// Keys in force, in the whole program: what each reaches, what it never reaches, how much it may ask for, and what a
// reload changes.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { anthropicStream, messagesHandler } from "../support/anthropic.ts";
import { identity } from "../support/oauth-server.ts";
import { error, hang, json, silentAfter } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { createWorld, eventually } from "../support/world.ts";
import type { World, WorldOptions } from "../support/world.ts";

const WORK = identity("me@work.example");
const HOME = identity("me@home.example");
const ADMIN = { "x-api-key": "an-admin-key-of-the-test" };
const key = (name: string) => `the-key-of-${name}-of-the-test`;
const as = (name: string) => ({ authorization: `Bearer ${key(name)}` });

const KEYS = [
  { name: "admin", key: ADMIN["x-api-key"], role: "admin" },
  { name: "all", key: key("all") },
  { name: "work", key: key("work"), allow: { accounts: [WORK.email] } },
  { name: "side", key: key("side"), allow: { providers: ["Side"] } },
  { name: "both", key: key("both"), allow: { providers: ["Official", "Side"], accounts: ["ME@home.example"] } },
  { name: "opus", key: key("opus"), allow: { models: ["*opus*"] } },
  { name: "slow", key: key("slow"), requests_per_minute: 2 },
  { name: "narrow", key: key("narrow"), max_concurrent: 1 },
];
const AUTH = { enabled: true, admin: "key", api_keys: KEYS };

type Settings = NonNullable<NonNullable<WorldOptions["config"]>["settings"]>;

/** Of the key: it takes every credential. */
let side: Upstream;
beforeAll(async () => {
  side = await startUpstream();
  side.handle(messagesHandler());
});
afterAll(() => side.stop());

/** Two accounts at one provider, and a key at another. */
function pieces(upstream: string, settings: Settings = { auth: AUTH }, more: readonly unknown[] = []) {
  return {
    providers: [
      { name: "Official", base_url: upstream, auth_value: "oauth" },
      { name: "Side", base_url: side.url, auth_type: "api_key", auth_value: "sk-side-0123456789abcdef", priority: 2 },
      ...more,
    ],
    settings,
  };
}

async function created(settings?: Settings, more?: readonly unknown[]): Promise<World> {
  const world = await createWorld();
  await world.signIn(WORK);
  await world.signIn(HOME);
  world.configure(pieces(world.upstream.url, settings, more));
  expect((await world.json("/providers/reload", { method: "POST" })).status).toBe(200);
  return world;
}

/** Which account the upstream saw last. */
const seen = (world: World): string | undefined => world.upstream.requests.at(-1)?.identity?.email;

const LIMIT = error(429, "rate_limit_error", "Limit", { "retry-after": "7200" });

describe("what a key reaches", () => {
  test("everything, without allow", async () => {
    await using world = await created();
    const who = new Set<string>();
    for (let turn = 0; turn < 4; turn += 1) {
      expect((await world.message(as("all"))).status).toBe(200);
      who.add(seen(world) ?? "nobody");
    }
    expect(who).toEqual(new Set([HOME.email, WORK.email]));
  });

  test("its accounts alone, and nothing else when they are at their limit", async () => {
    await using world = await created();
    for (let turn = 0; turn < 5; turn += 1) {
      expect((await world.message(as("work"))).status).toBe(200);
      expect(seen(world)).toBe(WORK.email);
    }
    world.upstream.script(LIMIT);
    expect((await world.message(as("work"))).status).toBe(429);
    const before = world.upstream.requests.length;
    expect((await world.message(as("work"))).status).toBe(429);
    expect(world.upstream.requests.length).toBe(before);
    // Others go on, and the trace says why the rest was left out.
    expect((await world.message(as("all"))).status).toBe(200);
    const { body } = await world.json("/requests?limit=2", { headers: ADMIN });
    const reasons = body.requests[1].excluded.map(({ reason }: { reason: string }) => reason);
    expect(reasons.toSorted()).toEqual(["limit", "not_allowed", "not_allowed"]);
  });

  test("no server error, no lost account and no failed network opens it", async () => {
    await using world = await created();
    for (const reply of [
      error(500, "api_error", "x"),
      error(529, "overloaded_error", "x"),
      error(403, "permission_error", "Your account has been suspended."),
    ]) {
      // prettier-ignore
      world.upstream.handle(() => reply);
      const pending = world.message(as("work"));
      await eventually("an answer", async () => {
        await world.clock.advance(500);
        return Promise.race([pending.then(() => true), Bun.sleep(1).then(() => false)]);
      });
      expect((await pending).status).toBeGreaterThanOrEqual(400);
    }
    const reached = world.upstream.requests.map(({ identity: who }) => who?.email);
    expect(new Set(reached)).toEqual(new Set([WORK.email]));
  });

  test("its providers alone, and no sign-in is asked for where none would help", async () => {
    await using world = await created();
    expect((await world.message(as("side"))).status).toBe(200);
    expect(side.requests.at(-1)?.header("x-api-key")).toBe("sk-side-0123456789abcdef");
    expect(world.upstream.requests.length).toBe(0);
    await world.json("/providers/Side/disable", { method: "POST", headers: ADMIN });
    const reply = await world.message(as("side"));
    expect(reply).toMatchObject({ status: 403, body: { error: { type: "permission_error" } } });
    expect(reply.body.error.message).toContain("this key");
    expect(reply.text).not.toContain("oauth/authorize");
  });

  test("accounts and providers together: these accounts, and the providers that have none", async () => {
    await using world = await created();
    expect((await world.message(as("both"))).status).toBe(200);
    expect(seen(world)).toBe(HOME.email);
    await world.json(`/oauth/tokens/${HOME.email}/pause`, { method: "POST", headers: ADMIN });
    expect((await world.message(as("both"))).headers.get("x-ccb-provider")).toBe("Side");
  });

  test("a conversation that another key has placed elsewhere stays out of its reach", async () => {
    await using world = await created();
    const session = { "x-claude-code-session-id": "0c7f5f1e-7f2f-4c3c-9a55-000000000001" };
    await world.json(`/oauth/tokens/${WORK.email}/pause`, { method: "POST", headers: ADMIN });
    await world.message({ ...as("all"), ...session });
    expect(seen(world)).toBe(HOME.email);
    await world.json(`/oauth/tokens/${WORK.email}/resume`, { method: "POST", headers: ADMIN });
    await world.message({ ...as("work"), ...session });
    expect(seen(world)).toBe(WORK.email);
    await world.message({ ...as("all"), ...session });
    expect(seen(world)).toBe(HOME.email);
  });

  test("what another account holds is refused, not asked of the key's own", async () => {
    await using world = await created();
    await world.json(`/oauth/tokens/${WORK.email}/pause`, { method: "POST", headers: ADMIN });
    world.upstream.script(json(200, { id: "file_of_home", type: "file" }));
    const upload = { method: "POST", body: "bytes", headers: { "content-type": "text/plain" } };
    expect((await world.json("/v1/files", { ...upload, headers: { ...upload.headers, ...as("all") } })).status).toBe(
      200,
    );
    await world.json(`/oauth/tokens/${WORK.email}/resume`, { method: "POST", headers: ADMIN });
    const before = world.upstream.requests.length;
    const reply = await world.json("/v1/files/file_of_home", { headers: as("work") });
    expect([reply.status, world.upstream.requests.length]).toEqual([403, before]);
  });
});

describe("which models", () => {
  const send = (world: World, body: string, path = "/v1/messages") =>
    world.json(path, { method: "POST", headers: { "content-type": "application/json", ...as("opus") }, body });
  const batch = (...models: unknown[]) =>
    JSON.stringify({ requests: models.map((model, index) => ({ custom_id: `${index}`, params: { model } })) });

  const MODEL_OF_A_BATCH = '{"model":"claude-opus-5","requests":[{"params":{"model":"claude-haiku-4-5"}}]}';

  const rows: readonly (readonly [string, string, string, number])[] = [
    ["one of them", '{"model":"claude-opus-5"}', "/v1/messages", 200],
    ["in other letters", '{"model":"CLAUDE-OPUS-5"}', "/v1/messages", 200],
    ["another", '{"model":"claude-haiku-4-5"}', "/v1/messages", 403],
    ["another, counted", '{"model":"claude-haiku-4-5"}', "/v1/messages/count_tokens", 403],
    ["none", '{"messages":[]}', "/v1/messages", 403],
    ["no body", "", "/v1/messages", 403],
    ["no JSON", "model=claude-opus-5", "/v1/messages", 403],
    ["two", '{"model":"claude-opus-5","model":"claude-haiku-4-5"}', "/v1/messages", 403],
    ["two, the other way round", '{"model":"claude-haiku-4-5","model":"claude-opus-5"}', "/v1/messages", 403],
    ["two, one escaped", '{"model":"claude-opus-5","mod\\u0065l":"claude-haiku-4-5"}', "/v1/messages", 403],
    ["a list", '{"model":["claude-opus-5"]}', "/v1/messages", 403],
    ["elsewhere", '{"metadata":{"model":"claude-opus-5"}}', "/v1/messages", 403],
    ["a batch of one of them", batch("claude-opus-5"), "/v1/messages/batches", 200],
    ["a batch with another", batch("claude-opus-5", "claude-haiku-4-5"), "/v1/messages/batches", 403],
    ["a batch without", batch(undefined), "/v1/messages/batches", 403],
    ["a batch that is none", '{"model":"claude-opus-5"}', "/v1/messages/batches", 403],
    ["a batch with two in one", '{"requests":[{"params":{"model":"claude-haiku-4-5","model":"claude-opus-5"}}]}', "/v1/messages/batches", 403], // prettier-ignore
    ["a batch with two, one escaped", '{"requests":[{"params":{"mod\\u0065l":"claude-haiku-4-5","model":"claude-opus-5"}}]}', "/v1/messages/batches", 403], // prettier-ignore
    ["an older path", '{"model":"claude-haiku-4-5"}', "/v1/complete", 403],
    ["a path that is not known", '{"agent":"x"}', "/v1/agents", 403],
    ["a file, which has none", "bytes", "/v1/files", 200],
    // An upstream may read them as the paths that they resemble.
    ["a file's path that leads elsewhere", '{"model":"claude-haiku-4-5"}', "/v1/files/..%2fmessages", 403],
    ["batches, escaped", MODEL_OF_A_BATCH, "/v1/messages/%62atches", 403],
    ["batches, behind two slashes", MODEL_OF_A_BATCH, "/v1/messages//batches", 403],
    ["batches, in capitals", MODEL_OF_A_BATCH, "/v1/messages/Batches", 403],
  ];
  for (const [what, body, path, status] of rows) {
    test(what, async () => {
      await using world = await created();
      world.upstream.handle(() => json(200, { id: "x" }));
      const reply = await send(world, body, path);
      expect([reply.status, world.upstream.requests.length]).toEqual([status, status === 200 ? 1 : 0]);
      if (status === 403) expect(reply.headers.get("x-should-retry")).toBe("false");
    });
  }

  test("reading needs none, unless it brings a body", async () => {
    await using world = await created();
    world.upstream.handle(() => json(200, { id: "x" }));
    expect((await world.json("/v1/models", { headers: as("opus") })).status).toBe(200);
    const remove = { method: "DELETE", headers: as("opus") };
    expect((await world.json("/v1/messages/batches/x", remove)).status).toBe(200);
    expect((await world.json("/v1/messages", { ...remove, body: '{"model":"claude-haiku-4-5"}' })).status).toBe(403);
  });
});

describe("how much", () => {
  test("requests a minute: 429 with the wait, by ccb alone, in the envelope", async () => {
    await using world = await created();
    expect((await world.message(as("slow"))).status).toBe(200);
    await world.clock.advance(20_000);
    expect((await world.message(as("slow"))).status).toBe(200);
    const before = world.upstream.requests.length;
    const reply = await world.message(as("slow"));
    expect(reply).toMatchObject({ status: 429, body: { error: { type: "rate_limit_error" } } });
    expect([reply.headers.get("retry-after"), reply.headers.get("x-should-retry")]).toEqual(["40", null]);
    expect(world.upstream.requests.length).toBe(before);
    expect((await world.message(as("all"))).status).toBe(200);
    await world.clock.advance(40_000);
    expect((await world.message(as("slow"))).status).toBe(200);
  });

  test("at once: a slot is free when the answer has ended, whatever ended it", async () => {
    await using world = await created();
    const refused = async () => (await world.message(as("narrow"))).status;
    const stream = (reply: ReturnType<typeof hang>, signal?: AbortSignal) => {
      world.upstream.script(reply);
      return world.request("/v1/messages", {
        method: "POST",
        headers: { "content-type": "application/json", ...as("narrow") },
        body: '{"model":"claude-opus-5","stream":true,"messages":[]}',
        ...(signal === undefined ? {} : { signal }),
      });
    };
    // A stream that stands still, until its reader goes.
    const events = anthropicStream("some words").join("");
    const type = { "content-type": "text/event-stream" };
    const open = await stream(silentAfter(events.length - 40, events, type));
    expect(await refused()).toBe(429);
    await open.body?.cancel();
    expect(await refused()).toBe(200);
    // No answer at all, until the client goes.
    const client = new AbortController();
    const count = world.upstream.requests.length;
    const waiting = stream(hang(), client.signal);
    await eventually("the request", () => world.upstream.requests.length > count);
    expect(await refused()).toBe(429);
    client.abort();
    await waiting.catch(() => {});
    await eventually("a free slot", async () => (await refused()) === 200);
    // An error of ccb's own.
    expect((await world.json("/v1/messages", { method: "POST", headers: { ...as("narrow"), "content-length": "999999999" }, body: "x" })).status).toBe(413); // prettier-ignore
    expect(await refused()).toBe(200);
  });
});

describe("keys and upstreams", () => {
  test("no key of ccb's reaches an upstream, in whatever header it came", async () => {
    await using world = await created();
    for (const headers of [
      as("all"),
      { "x-api-key": key("all") },
      { "x-ccb-key": key("all") },
      { ...as("all"), "x-api-key": key("all"), "x-ccb-key": key("all") },
    ]) {
      // prettier-ignore
      expect((await world.message(headers)).status).toBe(200);
      expect((await world.message({ ...headers, "x-claude-code-session-id": "s" })).status).toBe(200);
    }
    const all = world.upstream.requests.flatMap(({ rawHeaders }) => rawHeaders).join("\n");
    expect(all).not.toContain("of-the-test");
    expect(JSON.stringify(world.lines)).not.toContain("of-the-test");
    expect(JSON.stringify(world.lines)).toContain('"key":"all"');
  });

  const pass = (upstream: string) => ({ name: "Pass", base_url: upstream, auth_value: "passthrough", priority: 0 });

  test("where credentials pass through, they are the upstream's and only x-ccb-key counts", async () => {
    await using world = await created();
    world.configure(pieces(world.upstream.url, { auth: AUTH }, [pass(world.upstream.url)]));
    await world.json("/providers/reload", { method: "POST", headers: ADMIN });
    world.upstream.handle(() => json(200, {}));
    const own = { "x-api-key": "sk-ant-api03-of-the-client" };
    expect((await world.message(own)).status).toBe(401);
    expect((await world.message(as("all"))).status).toBe(401);
    expect((await world.json("/oauth/status", { headers: ADMIN })).status).toBe(401);
    expect(world.upstream.requests.length).toBe(0);
    // No identity: the token check of the accounts' upstream knows no API keys.
    const reply = await world.message({ ...own, "x-ccb-key": key("all") });
    expect(reply.headers.get("x-ccb-provider")).toBe("Pass");
    const request = world.upstream.requests.at(-1);
    expect([request?.header("x-api-key"), request?.header("x-ccb-key")]).toEqual([own["x-api-key"], undefined]);
  });

  test("a key of ccb's in their place goes nowhere", async () => {
    await using world = await created();
    world.configure({ providers: [pass(world.upstream.url)], settings: { auth: { ...AUTH, api_keys: KEYS.slice(0, 2) } } }); // prettier-ignore
    await world.json("/providers/reload", { method: "POST", headers: ADMIN });
    const reply = await world.message({ ...as("all"), "x-ccb-key": key("all") });
    expect(reply).toMatchObject({ status: 403, body: { error: { type: "permission_error" } } });
    expect(reply.body.error.message).toContain("x-ccb-key");
    expect(world.upstream.requests.length).toBe(0);
  });

  test("an upstream's CORS headers go no further", async () => {
    await using world = await created();
    world.upstream.script(json(200, {}, { "access-control-allow-origin": "*", "Access-Control-Expose-Headers": "x", "x-kept": "1" })); // prettier-ignore
    const { headers } = await world.message(as("all"));
    expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect(headers.get("x-kept")).toBe("1");
  });
});

describe("/health", () => {
  test("says only its status to those without a key", async () => {
    await using world = await created();
    for (const headers of [{}, as("nobody")]) {
      const reply = await world.json("/health", { headers });
      expect([reply.status, reply.body]).toEqual([200, { status: "ok" }]);
    }
    expect((await world.json("/health", { headers: as("work") })).body).toMatchObject({ status: "ok", accounts: 2 });
    const head = await world.request("/health", { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "15"]);
  });
  test("says all where no keys are asked for", async () => {
    await using world = await createWorld();
    expect((await world.json("/health")).body).toMatchObject({ accounts: 0, persistence: {} });
    expect(Number((await world.request("/health", { method: "HEAD" })).headers.get("content-length"))).toBeGreaterThan(
      50,
    );
  });
});

describe("a reload", () => {
  test("takes keys and gives keys at once", async () => {
    await using world = await created();
    expect((await world.message(as("new"))).status).toBe(401);
    const added = { ...AUTH, api_keys: [KEYS[0], { name: "new", key: key("new") }] };
    world.configure(pieces(world.upstream.url, { auth: added }));
    const reloaded = await world.json("/providers/reload", { method: "POST", headers: ADMIN });
    expect(reloaded.body.restart_needed).toEqual([]);
    expect((await world.message(as("new"))).status).toBe(200);
    expect((await world.message(as("all"))).status).toBe(401);
  });

  test("does not open what is still listened at", async () => {
    await using world = await createWorld({
      config: { settings: { host: "192.0.2.1", auth: AUTH_WITHOUT_LISTS, plain_http_from: ["10.0.0.0/8"] } },
    });
    const near = { socket: false, peer: () => "10.0.0.1" };
    const ask = async (path: string, init: RequestInit = {}) =>
      world.app.handle(new Request(`http://192.0.2.1:9090${path}`, init), () => {}, near);
    expect((await ask("/oauth/status")).status).toBe(401);
    for (const settings of [{}, { auth: { enabled: false } }, { auth: { ...AUTH_WITHOUT_LISTS, admin: "open" } }]) {
      world.configure({ settings });
      expect((await ask("/providers/reload", { method: "POST", headers: ADMIN })).status).toBe(422);
      expect(world.announced.at(-1)).toContain("still listens at 192.0.2.1");
      expect((await ask("/oauth/status")).status).toBe(401);
    }
    // From elsewhere not even that is said.
    const far = { socket: false, peer: () => "198.51.100.1" };
    const refused = await world.app.handle(new Request("http://192.0.2.1:9090/health"), () => {}, far);
    expect(refused.status).toBe(403);
  });
});
const AUTH_WITHOUT_LISTS = { enabled: true, api_keys: [{ name: "admin", key: ADMIN["x-api-key"], role: "admin" }] };

test("the socket needs no key, and a key that comes over it counts for what it reaches", async () => {
  await using world = await created();
  const ask = async (path: string, init: RequestInit = {}) =>
    world.app.handle(new Request(`http://localhost${path}`, init), () => {}, { socket: true, peer: () => null });
  expect((await ask("/oauth/status")).status).toBe(200);
  expect((await ask("/oauth/status", { headers: { origin: "https://evil.example" } })).status).toBe(403);
  world.upstream.handle(() => json(200, {}));
  const message = { method: "POST", body: '{"model":"claude-haiku-4-5"}' };
  expect((await ask("/v1/messages", message)).status).toBe(200);
  expect((await ask("/v1/messages", { ...message, headers: as("opus") })).status).toBe(403);
});

test("what is refused is told in the language of the reader, with the next step", async () => {
  await using world = await created();
  const english = await world.message();
  expect([english.status, english.headers.get("x-should-retry")]).toEqual([401, "false"]);
  expect(english.body.error).toEqual({ type: "authentication_error", message: expect.stringContaining("ANTHROPIC_AUTH_TOKEN") }); // prettier-ignore
  const chinese = await world.message({ "accept-language": "zh-CN" });
  expect(chinese.body.error.message).toMatch(/[\u4e00-\u9fff]/);
  expect(world.lines.some(({ event }) => event === "refused")).toBe(true);
});
