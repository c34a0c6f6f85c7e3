// "client gone: abort everything, count nothing against the target".
import { expect, test } from "bun:test";
import { anthropicStream, messagesHandler } from "../support/anthropic.ts";
import { hang, silentAfter } from "../support/replies.ts";
import type { Reply } from "../support/replies.ts";
import { eventually } from "../support/world.ts";
import { startRig } from "./_rig.ts";
import type { Rig } from "./_rig.ts";

const EVENTS = anthropicStream("hello", 3);
const [START = ""] = EVENTS;
const CONTENT = EVENTS.slice(0, 4).join("");
const SSE = { "Content-Type": "text/event-stream" };

/** Nothing is held against the target: it is chosen again, and has no cooldown. */
async function unharmed(rig: Rig): Promise<void> {
  await eventually("the trace is over", async () => (await rig.last()).state === "client_gone");
  expect(await rig.target("A")).toMatchObject({ state: "ready", cooldowns: [], in_flight: 0, last_failure: null });
  expect((await rig.view("A")).cooldown).toBe(null);
  rig.on("A").handle(messagesHandler());
  expect([(await rig.ask()).provider, rig.on("B").requests.length]).toEqual(["A", 0]);
}

const PHASES: Readonly<Record<string, Reply>> = {
  "while the upstream is silent": hang(),
  "while events are held back": silentAfter(START.length, START, SSE),
  "while an error's body arrives": {
    name: "half an error",
    send: async (exchange) => {
      await exchange.head(500, { "Content-Type": "application/json", "Content-Length": "1000" });
      await exchange.write('{"type":');
      await exchange.silence();
    },
  },
};

for (const [phase, reply] of Object.entries(PHASES)) {
  for (let round = 0; round < 3; round += 1) {
    test(`${phase}, time ${round + 1}: the upstream's request is aborted, nobody is benched`, async () => {
      await using rig = await startRig();
      rig.on("A").script(reply);
      const abort = new AbortController();
      const pending = rig.send({ body: { stream: true }, signal: abort.signal });
      const request = await rig.on("A").request(0);
      await Bun.sleep(15);
      abort.abort();
      await request.aborted;
      expect((await pending).status).toBe(499);
      await unharmed(rig);
    });
  }
}

test("after the commit point: the reader's cancel aborts the upstream's request", async () => {
  await using rig = await startRig();
  rig.on("A").script(silentAfter(CONTENT.length, CONTENT, SSE));
  const response = await rig.send({ body: { stream: true } });
  const request = await rig.on("A").request(0);
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await request.aborted;
  await unharmed(rig);
});

test("before anything is sent: no upstream is asked", async () => {
  await using rig = await startRig();
  const abort = new AbortController();
  abort.abort();
  await rig.send({ signal: abort.signal });
  expect([rig.asked(), (await rig.last()).state]).toEqual(["A0 B0", "client_gone"]);
});

test("many times: it never counts as ill health", async () => {
  await using rig = await startRig();
  rig.on("A").handle(() => hang());
  for (let turn = 0; turn < 6; turn += 1) {
    const abort = new AbortController();
    const pending = rig.send({ signal: abort.signal });
    const request = await rig.on("A").request(turn);
    abort.abort();
    await request.aborted;
    await pending;
  }
  expect(rig.asked()).toBe("A6 B0");
  await unharmed(rig);
});

test("while events are held back: what had been counted is in the trace", async () => {
  await using rig = await startRig();
  rig.on("A").script(silentAfter(START.length, START, SSE));
  const abort = new AbortController();
  const pending = rig.send({ body: { stream: true }, signal: abort.signal });
  await rig.on("A").request(0);
  await Bun.sleep(15);
  abort.abort();
  await pending;
  await eventually("the trace is over", async () => (await rig.last()).state === "client_gone");
  expect(await rig.last()).toMatchObject({
    attempts: [{ provider: "A", status: 200, reason: "client_gone" }],
    tokens: { input_tokens: 25, output_tokens: 1 },
  });
});
