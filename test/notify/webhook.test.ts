// The webhook: what it is sent, and what a hostile one can do: nothing but lose its own notices.
import { expect, test } from "bun:test";
import type { Fetch } from "../../src/core/ports.ts";
import { Secret } from "../../src/core/secret.ts";
import { VERSION } from "../../src/core/version.ts";
import { createOutbox } from "../../src/notify/outbox.ts";
import type { OutboxResult } from "../../src/notify/outbox.ts";
import { postNotice, toPayload } from "../../src/notify/webhook.ts";
import { createTestClock } from "../support/clock.ts";
import { eventually } from "../support/world.ts";
import { notice, startWebhook } from "./_notices.ts";

function outboxTo(url: string) {
  const clock = createTestClock();
  const results: (readonly [OutboxResult, string | null])[] = [];
  const real: Fetch = (url, init) => fetch(url, init);
  const deps = { fetch: real, clock, route: () => ({ proxy: false as const }) };
  const outbox = createOutbox({
    clock,
    deliver: (notice, signal) => postNotice(deps, new Secret(url), notice, signal),
    onResult: (result, code) => void results.push([result, code]),
  });
  return { clock, outbox, results };
}

test("a POST of JSON by ccb itself, with a sentence for Slack and for Discord", async () => {
  using hook = startWebhook();
  const { outbox, results } = outboxTo(hook.url);
  outbox.put(notice("alice has <!channel> & @everyone"));
  await eventually("delivered", () => results.length === 1);
  expect(results).toEqual([["delivered", null]]);
  const [request] = hook.received;
  if (request === undefined) throw new Error("nothing came");
  const { headers, body, path } = request;
  expect(path).toBe("/hook/SECRET-PATH");
  expect(headers.get("user-agent")).toBe(`ccb/${VERSION}`);
  expect(headers.get("content-type")).toBe("application/json");
  expect(body).toEqual({
    event: "login_required",
    status: "firing",
    account: "a11ce",
    account_email: "alice@example.com",
    window: null,
    utilization: null,
    resets_at: null,
    message: "alice has <!channel> & @everyone",
    text: "alice has &lt;!channel&gt; &amp; @everyone",
    content: "alice has <!channel> & @everyone",
    allowed_mentions: { parse: [] },
    at: 1_753_196_757,
    ccb: VERSION,
  });
});

test("a window is told with its use and its reset in whole seconds, never early", () => {
  const window = { name: "5h", utilization: 0.93, resetsAt: 1_753_203_856_400 };
  expect(JSON.parse(toPayload({ ...notice(), event: "window", window }))).toMatchObject({
    window: "5h",
    utilization: 0.93,
    resets_at: 1_753_203_857,
  });
});

test("one that fails is asked once more after twelve seconds, then given up", async () => {
  const broken = () => new Response("no", { status: 500 });
  using hook = startWebhook(broken, broken);
  const { clock, outbox, results } = outboxTo(hook.url);
  outbox.put(notice());
  await eventually("the pause", () => clock.timers().includes(12_000));
  await clock.advance(11_999);
  expect(hook.received.length).toBe(1);
  await clock.advance(1);
  await eventually("given up", () => results.length === 1);
  expect(results).toEqual([["failed", "http_500"]]);
  expect(hook.received.length).toBe(2);
});

test("one that hangs is given up after five seconds, twice", async () => {
  const hang = () => new Promise<Response>(() => {});
  using hook = startWebhook(hang, hang);
  const { clock, outbox, results } = outboxTo(hook.url);
  outbox.put(notice());
  for (const tries of [1, 2]) {
    await eventually("try", () => hook.received.length === tries);
    await clock.advance(5_000);
    if (tries === 1) {
      await eventually("the pause", () => clock.timers().includes(12_000));
      await clock.advance(12_000);
    }
  }
  await eventually("given up", () => results.length === 1);
  expect(results).toEqual([["failed", "timeout"]]);
});

test("a redirect is not followed, and not asked again", async () => {
  using elsewhere = startWebhook();
  using hook = startWebhook(() => Response.redirect(elsewhere.url, 307));
  const { outbox, results } = outboxTo(hook.url);
  outbox.put(notice());
  await eventually("given up", () => results.length === 1);
  expect(results).toEqual([["failed", "http_307"]]);
  expect([hook.received.length, elsewhere.received.length]).toEqual([1, 0]);
});

test("an answer without end is not read", async () => {
  let read = 0;
  let cancelled = false;
  const endless = () =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          read += 1;
          await Bun.sleep(1);
          controller.enqueue(new Uint8Array(64 * 1024));
        },
        cancel: () => void (cancelled = true),
      }),
    );
  using hook = startWebhook(endless);
  const { outbox, results } = outboxTo(hook.url);
  outbox.put(notice());
  await eventually("delivered", () => results.length === 1);
  await eventually("hung up", () => cancelled);
  expect(read).toBeLessThan(1_000);
  outbox.put(notice());
  await eventually("the next", () => results.length === 2);
});

test("what it says of its own mistake is not asked again", async () => {
  using hook = startWebhook(() => new Response("gone", { status: 404 }));
  const { outbox, results } = outboxTo(hook.url);
  outbox.put(notice());
  await eventually("given up", () => results.length === 1);
  expect(results).toEqual([["failed", "http_404"]]);
  expect(hook.received.length).toBe(1);
});

test("one at a time, thirty-two wait, the oldest goes", async () => {
  let release = (): void => {};
  const held = () => new Promise<Response>((resolve) => (release = () => resolve(new Response("ok"))));
  using hook = startWebhook(held);
  const { outbox, results } = outboxTo(hook.url);
  for (let number = 0; number <= 34; number += 1) outbox.put(notice(`number ${number}`));
  await eventually("the first", () => hook.received.length === 1);
  expect(results).toEqual([
    ["dropped", null],
    ["dropped", null],
  ]);
  await Bun.sleep(20);
  expect(hook.received.length).toBe(1);
  release();
  await eventually("the rest", () => hook.received.length === 33);
  const messages = hook.received.map(({ body }) => body.message);
  expect(messages.slice(0, 3)).toEqual(["number 0", "number 3", "number 4"]);
  expect(messages.at(-1)).toBe("number 34");
});

test("stopped in the middle of a try and in the middle of a pause: nothing more goes out", async () => {
  using hook = startWebhook(
    () => new Promise<Response>(() => {}),
    () => new Response("no", { status: 500 }),
  );
  const first = outboxTo(hook.url);
  first.outbox.put(notice());
  await eventually("a try", () => hook.received.length === 1);
  first.outbox.stop();
  await eventually("no timer", () => first.clock.timers().length === 0);
  const second = outboxTo(hook.url);
  second.outbox.put(notice());
  await eventually("the pause", () => second.clock.timers().includes(12_000));
  second.outbox.stop();
  second.outbox.put(notice());
  expect(second.clock.timers()).toEqual([]);
  await second.clock.advance(60_000);
  expect(hook.received.length).toBe(2);
  expect([...first.results, ...second.results]).toEqual([]);
});
