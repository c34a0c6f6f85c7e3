// Being told, through the whole program: what is told when, to whom, in which language, and never on the way of a request.
import { expect, test } from "bun:test";
import { messagesHandler } from "../support/anthropic.ts";
import { identity } from "../support/oauth-server.ts";
import { createScriptedVault } from "../support/scripted-vault.ts";
import { advanceUntil, createWorld, eventually } from "../support/world.ts";
import type { World, WorldOptions } from "../support/world.ts";
import { startWebhook } from "./_notices.ts";

const ALICE = identity("alice@example.com");
const LOOK = 5_000;
const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 15, 12) / 1000;

const used = (share: number) => ({
  "anthropic-ratelimit-unified-status": "allowed",
  "anthropic-ratelimit-unified-5h-status": "allowed",
  "anthropic-ratelimit-unified-5h-utilization": String(share),
  "anthropic-ratelimit-unified-5h-reset": String(START + 3 * 3600 + 12 * 60),
});

const told = (hook: ReturnType<typeof startWebhook>) => hook.received.map(({ body }) => `${body.event} ${body.status}`);

/** Waits until so many notices ended so, as ccb itself sees it: the clock may move on then, as nothing is under way. */
async function ended(world: World, result: "delivered" | "failed", times: number): Promise<void> {
  const line = `{channel="webhook",result="${result}"} ${times}\n`;
  await eventually(`${result} ${times}`, async () => (await (await world.request("/metrics")).text()).includes(line));
}

async function worldWith(notify: Readonly<Record<string, unknown>>, more: WorldOptions = {}): Promise<World> {
  const world = await createWorld({ ...more, config: { settings: { notify } } });
  await world.signIn(ALICE);
  return world;
}

async function idOf(world: World): Promise<string> {
  return (await world.json("/oauth/status")).body.tokens[0].account_id;
}

test("login required, told once, and that it is over", async () => {
  using hook = startWebhook();
  await using world = await worldWith({ webhook: hook.url });
  world.oauth.revokeAll("alice@example.com");
  expect((await world.message()).status).toBe(401);
  // The request is answered; the notice comes by itself.
  expect(hook.received.length).toBe(0);
  await world.clock.advance(LOOK);
  await ended(world, "delivered", 1);
  await world.clock.advance(30 * MINUTE);
  expect(hook.received.length).toBe(1);
  expect(hook.received[0]?.body).toMatchObject({
    event: "login_required",
    status: "firing",
    account: await idOf(world),
    account_email: "alice@example.com",
    message: "alice@example.com has to sign in again (invalid_grant). Run: ccb login",
    at: START + LOOK / 1000,
  });
  await world.signIn(ALICE);
  await world.clock.advance(LOOK);
  await ended(world, "delivered", 2);
  expect(hook.received[1]?.body).toMatchObject({
    event: "login_required",
    status: "resolved",
    message: "alice@example.com can be used again.",
  });
  expect(world.log.text()).not.toContain("SECRET-PATH");
});

test("an account that is removed is nobody's any more", async () => {
  using hook = startWebhook();
  await using world = await worldWith({ webhook: hook.url });
  world.oauth.revokeAll("alice@example.com");
  await world.message();
  await world.clock.advance(LOOK);
  await ended(world, "delivered", 1);
  await world.json("/oauth/tokens", { method: "DELETE" });
  await world.clock.advance(30 * MINUTE);
  expect(told(hook)).toEqual(["login_required firing"]);
});

test("a window: at the percent of the settings, in Chinese, and when it has begun anew", async () => {
  using hook = startWebhook();
  await using world = await worldWith({ webhook: hook.url, window_percent: 80 }, { language: "zh-CN" });
  world.upstream.handle(messagesHandler({ headers: used(0.799) }));
  await world.message();
  await world.clock.advance(LOOK);
  world.upstream.handle(messagesHandler({ headers: used(0.83) }));
  await world.message();
  await world.clock.advance(LOOK);
  await ended(world, "delivered", 1);
  expect(hook.received[0]?.body).toMatchObject({
    event: "window",
    status: "firing",
    account: await idOf(world),
    window: "5h",
    utilization: 0.83,
    resets_at: START + 3 * 3600 + 12 * 60,
    message: "账号 alice@example.com 的五小时窗口已用 83%。3 小时 12 分钟后重新计算。",
  });
  // To the look at which it begins anew, and not past it: the webhook answers in real time.
  await world.clock.advance((3 * 60 + 12) * MINUTE - 2 * LOOK);
  await ended(world, "delivered", 2);
  expect(hook.received[1]?.body).toMatchObject({
    event: "window",
    status: "resolved",
    window: "5h",
    message: "账号 alice@example.com 又有余量了：五小时窗口的用量已低于 80%。",
  });
});

test("not durable, and durable again", async () => {
  using hook = startWebhook();
  const vault = createScriptedVault();
  await using world = await worldWith({ webhook: hook.url }, { vault });
  await world.clock.advance(LOOK);
  vault.mode("locked");
  await world.signIn(identity("bob@example.com"));
  await world.clock.advance(LOOK);
  await ended(world, "delivered", 1);
  vault.mode("open");
  await advanceUntil(world, 6 * MINUTE, () => world.log.of("notify").length === 2);
  await ended(world, "delivered", 2);
  expect(told(hook)).toEqual(["not_durable firing", "not_durable resolved"]);
  expect(hook.received[0]?.body).toMatchObject({ account: null, account_email: null });
  expect(hook.received[0]?.body.message).toContain("the keyring is locked");
  expect(hook.received[1]?.body.message).toBe("Accounts are kept durably again.");
});

test("a webhook that fails is in the log once, without its address, and so is that it works again", async () => {
  const broken = () => new Response("no", { status: 503 });
  using hook = startWebhook(broken, broken, broken, broken);
  await using world = await worldWith({ webhook: hook.url });
  const failures = () => world.log.of("notify_failed").length;
  /** Both tries of a notice fail; between them the clock waits for the webhook's answer. `toLook`: until ccb looks. */
  const failed = async (times: number, toLook: number): Promise<void> => {
    await world.clock.advance(toLook);
    await eventually("the pause", () => world.clock.timers().includes(12_000));
    await world.clock.advance(12_000);
    await ended(world, "failed", times);
  };
  world.oauth.revokeAll("alice@example.com");
  await world.message();
  await failed(1, LOOK);
  await world.signIn(ALICE);
  await failed(2, 4 * LOOK - (LOOK + 12_000));
  expect(failures()).toBe(1);
  expect(world.log.of("notify_failed")[0]).toMatchObject({
    level: "WARNING",
    fields: { channel: "webhook", code: "http_503" },
  });
  world.oauth.revokeAll("alice@example.com");
  await world.message();
  // Ten minutes after the first.
  await world.clock.advance(10 * MINUTE + LOOK - (4 * LOOK + 12_000));
  await eventually("works again", () => world.log.of("notify_works_again").length === 1);
  expect(failures()).toBe(1);
  expect(world.log.text()).not.toContain("/hook/");
});

test("nothing is sent, shown or looked up unless it is configured, and a reload decides anew", async () => {
  using hook = startWebhook();
  const ran: (readonly string[])[] = [];
  const desktop = {
    platform: "linux",
    env: { DISPLAY: ":0" },
    find: (program: string) => `/usr/bin/${program}`,
    run: (command: readonly string[]) => Promise.resolve(ran.push(command) - ran.length),
  };
  await using world = await worldWith({}, { desktop });
  world.oauth.revokeAll("alice@example.com");
  await world.message();
  await world.clock.advance(MINUTE);
  expect([hook.received.length, ran.length]).toEqual([0, 0]);
  world.configure({ settings: { notify: { webhook: hook.url, desktop: "auto" } } });
  expect((await world.post("/providers/reload", {})).status).toBe(200);
  await world.clock.advance(LOOK);
  await ended(world, "delivered", 1);
  await eventually("shown", () => ran.length === 1);
  expect(ran[0]?.at(-1)).toContain("alice@example.com has to sign in again");
});
