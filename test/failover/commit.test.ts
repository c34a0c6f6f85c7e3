// "anything after the commit point: relayed as it is; a break stays a break; noted in health and trace as such".
import { expect, test } from "bun:test";
import { anthropicStream, sseEvent } from "../support/anthropic.ts";
import { breakAfter, dribble, silentAfter, sse } from "../support/replies.ts";
import { startRig } from "./_rig.ts";
import type { Rig } from "./_rig.ts";

const STREAM = { body: { stream: true } };
const EVENTS = anthropicStream("hello", 3);
const ERROR = sseEvent("error", { type: "error", error: { type: "overloaded_error", message: "Overloaded" } });

/** What a client got of a reply, and whether it broke. */
async function readAll(rig: Rig, response: Response): Promise<{ readonly text: string; readonly broke: boolean }> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const next = reader?.read().catch(() => null) ?? Promise.resolve(null);
    const read = await rig.drive(next, 1_000, 1);
    if (read === null) return { text, broke: true };
    if (read.done) return { text, broke: false };
    text += decoder.decode(read.value);
  }
}

for (const how of ["reset", "fin"] as const) {
  for (const count of [2, 4, EVENTS.length - 1]) {
    test(`${how} after ${count} events: what came is relayed, then the break; nobody else is asked`, async () => {
      await using rig = await startRig();
      rig.on("A").script(breakAfter(count, EVENTS, { how }));
      const response = await rig.drive(rig.send(STREAM), 200, 1);
      const got = await readAll(rig, response);
      expect(got).toEqual({ text: EVENTS.slice(0, count).join(""), broke: true });
      expect(rig.asked()).toBe("A1 B0");
      expect(await rig.last()).toMatchObject({ state: "broken", status: 200, attempt_count: 1 });
      expect(await rig.target("A")).toMatchObject({ last_failure: "broken", success_rate: 0, cooldowns: [] });
      expect((await rig.ask(STREAM)).provider).toBe("A");
    });
  }
}

test("a clean end too early stays a clean end: ccb adds nothing", async () => {
  await using rig = await startRig();
  rig.on("A").script(breakAfter(4, EVENTS, { how: "clean" }));
  const got = await readAll(rig, await rig.send(STREAM));
  expect(got).toEqual({ text: EVENTS.slice(0, 4).join(""), broke: false });
  expect([rig.asked(), (await rig.last()).state]).toEqual(["A1 B0", "complete"]);
});

test("an error in the stream after content is relayed, and costs nobody a cooldown", async () => {
  await using rig = await startRig();
  rig.on("A").script(sse([...EVENTS.slice(0, 4), ERROR]));
  const reply = await rig.ask(STREAM);
  expect([reply.text, reply.attempts, rig.asked()]).toEqual([EVENTS.slice(0, 4).join("") + ERROR, 1, "A1 B0"]);
  expect((await rig.target("A")).cooldowns).toEqual([]);
});

test("a stream that falls silent breaks, and is called so", async () => {
  await using rig = await startRig({ settings: { timeouts: { idle: 30 } } });
  const text = EVENTS.slice(0, 4).join("");
  rig.on("A").script(silentAfter(text.length, text, { "Content-Type": "text/event-stream" }));
  const response = await rig.send(STREAM);
  const reader = response.body?.getReader();
  let bytes = 0;
  while (bytes < text.length) bytes += (await reader?.read())?.value?.length ?? 0;
  const end = reader?.read().catch(() => "broke") ?? Promise.resolve(null);
  expect(await rig.duration(end, 40_000, 1_000)).toBeWithin(29_000, 32_000);
  expect([await end, rig.asked(), (await rig.last()).state]).toEqual(["broke", "A1 B0", "idle"]);
});

test("a body that is no stream breaks after its first bytes: no second target", async () => {
  await using rig = await startRig();
  rig.on("A").script({
    name: "half",
    send: async (exchange) => {
      await exchange.head(200, { "Content-Type": "application/json", "Content-Length": "1000" });
      await exchange.write('{"half":');
      await exchange.sleep(20);
      exchange.reset();
    },
  });
  const got = await readAll(rig, await rig.drive(rig.send(), 200, 1));
  expect(got).toEqual({ text: '{"half":', broke: true });
  expect([rig.asked(), (await rig.last()).state]).toEqual(["A1 B0", "broken"]);
});

test("a body that is no stream breaks before its first byte: the next target answers", async () => {
  await using rig = await startRig();
  rig.on("A").script({
    name: "head alone",
    send: async (exchange) => {
      await exchange.head(200, { "Content-Type": "application/json", "Content-Length": "1000" });
      await exchange.sleep(5);
      exchange.close();
    },
  });
  const reply = await rig.drive(rig.ask(), 500, 1);
  expect([reply.status, reply.provider, reply.attempts]).toEqual([200, "B", 2]);
  expect((await rig.tried(reply))[0]).toBe("A 200 connection_lost ambiguous");
});

test("an error's body arrives whole, however it is cut", async () => {
  await using rig = await startRig();
  const body = JSON.stringify({
    type: "error",
    error: { type: "invalid_request_error", message: "x".repeat(200_000) },
  });
  rig.on("A").script(dribble(400, body, { size: 7_000, headers: { "Content-Type": "application/json" } }));
  const reply = await rig.ask();
  expect([reply.status, reply.text === body, rig.asked()]).toEqual([400, true, "A1 B0"]);
});
