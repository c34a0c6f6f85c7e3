// What an upstream may do to ccb: each row with the one outcome that it may have, while another client is served.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { anthropicMessage, anthropicStream, sseEvent } from "../support/anthropic.ts";
import * as replies from "../support/replies.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { rawClient } from "../binary/_raw.ts";
import { MALFORMED_REPLIES, wire } from "./_malformed-replies.ts";
import type { ReplyRow } from "./_malformed-replies.ts";
import { keyed, residentMbOf, rounds, startRig } from "./_rig.ts";
import type { Fault, Rig } from "./_rig.ts";
import { exchange, messagesBytes, outcomeOf } from "./_wire.ts";

const MB = 1024 * 1024;
const MODEL = "claude-fault";
const JSON_TYPE = { "Content-Type": "application/json" };

let upstream: Upstream;
/** Where redirects point: nobody may ever come here. */
let elsewhere: Upstream;
let rig: Rig;
beforeAll(async () => {
  upstream = await startUpstream();
  elsewhere = await startUpstream();
  elsewhere.handle(() => replies.json(200, {}));
  rig = await startRig({
    providers: [keyed(upstream.url, { name: "Faulty" })],
    routes: { [MODEL]: [{ provider: "Faulty" }] },
    settings: { timeouts: { first_byte: 1.5, first_byte_stream: 1.5, idle: 1.8, upload: 2 } },
  });
});
afterAll(async () => {
  rig.print("upstream");
  await rig[Symbol.asyncDispose]();
  await upstream.stop();
  await elsewhere.stop();
});

const ask = async (stream: boolean): Promise<string> =>
  await exchange(rig.ccb.port, messagesBytes(MODEL, stream ? { stream } : {}));

/** What the next one gets from the same upstream, once ccb has forgotten that it was ill: its own reply, no other. */
async function next(): Promise<string> {
  upstream.assertUsed();
  upstream.clear();
  await rig.ccb.request("/providers/Faulty/enable", { method: "POST" });
  upstream.script(replies.json(200, anthropicMessage("the next reply")));
  const text = await ask(false);
  upstream.assertUsed();
  upstream.clear();
  return text.includes("the next reply") ? outcomeOf(text) : text;
}

function rows(all: Readonly<Record<string, ReplyRow>>, more: Partial<Fault> = {}): void {
  for (const [name, row] of Object.entries(all)) {
    test(name, async () => {
      for (let round = 0; round < rounds(3); round += 1) {
        await rig.run({
          ...more,
          name,
          expect: row.expect,
          run: async () => {
            upstream.script(row.reply());
            const text = await ask(row.stream === true);
            if (row.never !== undefined) expect(text).not.toMatch(row.never);
            // Time for what comes late to reach a connection of the pool.
            await Bun.sleep(50);
            expect(await next()).toBe("200");
            return outcomeOf(text);
          },
        });
      }
    });
  }
}

describe("an upstream that is slow:", () => {
  rows({
    "says nothing": { reply: () => replies.hang(), expect: "504 timeout_error" },
    "says nothing to a stream": { reply: () => replies.hang(), stream: true, expect: "504 timeout_error" },
    // Bytes of a head are no head: the limit goes on.
    "a byte a second of its head": {
      reply: () =>
        wire("slow head", async (peer) => {
          for (let at = 0; at < 20 && !peer.gone.aborted; at += 1) {
            await peer.write("HTTP/1.1 200 OK\r\n".charAt(at));
            await peer.sleep(1000);
          }
        }),
      expect: "504 timeout_error",
    },
    "interim replies without end": {
      reply: () =>
        wire("103 and 103", async (peer) => {
          while (!peer.gone.aborted) {
            await peer.write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(100));
            await peer.sleep(5);
          }
        }),
      expect: "504 timeout_error",
    },
    // Slow is not silent: it is relayed to its end.
    "a byte a second of its body": {
      reply: () => replies.dribble(200, "{ }", { size: 1, gapMs: 1000, headers: JSON_TYPE }),
      expect: "200",
    },
    "a byte a second of its stream": {
      reply: () => replies.sse(["eve", "n", "t"], { gapMs: 1000, chunkBytes: 3 }),
      stream: true,
      expect: "200",
    },
    "half a body, then nothing": {
      reply: () => replies.silentAfter(2, "{ }", JSON_TYPE),
      expect: "200, broken off",
    },
    "events, then nothing": {
      reply: () =>
        wire("events, then nothing", async (peer) => {
          await peer.head(200, { "Content-Type": "text/event-stream", "Transfer-Encoding": "chunked" });
          for (const event of anthropicStream("hello").slice(0, 4)) await peer.chunk(event);
          await peer.silence();
        }),
      stream: true,
      expect: "200, broken off",
    },
  });
});

describe("an upstream that sends", () => {
  rows(MALFORMED_REPLIES);
});

/** The most that ccb held while `work` ran, MB above what it held before. */
async function peakMb(work: Promise<unknown>): Promise<number> {
  const before = residentMbOf(rig.ccb.pid);
  let peak = before;
  const look = setInterval(() => {
    peak = Math.max(peak, residentMbOf(rig.ccb.pid));
  }, 5);
  await work.finally(() => clearInterval(look));
  return peak - before;
}

describe("an upstream that sends much:", () => {
  // An event is held for the first ones only, and then to a bound: it is not kept whole.
  const event = sseEvent("content_block_delta", { index: 0, delta: { type: "text_delta", text: "x".repeat(20 * MB) } });
  for (const [name, events] of Object.entries({
    "a first event of 20 MB": [event],
    "an event of 20 MB after others": [...anthropicStream("hello").slice(0, 4), event],
  })) {
    test(name, async () => {
      for (let round = 0; round < rounds(5); round += 1) {
        await rig.run({
          name,
          expect: "200, every byte, less than 60 MB held",
          residentMb: 80,
          run: async () => {
            upstream.clear();
            upstream.script(replies.sse(events, { chunkBytes: 64 * 1024 }));
            const reply = ask(true);
            const peak = await peakMb(reply);
            const body = (await reply).slice((await reply).indexOf("\r\n\r\n") + 4);
            const text = body.replaceAll(/[0-9a-f]+\r\n([^\r]*)\r\n/g, "$1");
            expect(text.length).toBe(events.join("").length);
            expect(text === events.join("")).toBe(true);
            return `${outcomeOf(await reply)}, every byte, ${peak < 60 ? "less than 60 MB" : `${peak} MB`} held`;
          },
        });
      }
    });
  }

  for (const [name, stream, status] of [
    ["a line without end", true, 200],
    ["a body without end", false, 200],
    ["an error without end", false, 400],
  ] as const) {
    test(name, async () => {
      for (let round = 0; round < rounds(5); round += 1) {
        await rig.run({
          name,
          expect: `${status}, 64 MB read, less than 60 MB held, the upstream let go`,
          residentMb: 80,
          run: async () => {
            upstream.clear();
            const block = Buffer.alloc(64 * 1024, "x");
            upstream.script(
              wire("endless", async (peer) => {
                const type = stream ? "text/event-stream" : "application/json";
                await peer.head(status, { "Content-Type": type, "Transfer-Encoding": "chunked" });
                await peer.chunk(stream ? "event: x\ndata: " : '{"x":"');
                // The kernel takes them without a pause: this process has others to serve, too.
                for (let sent = 0; !peer.gone.aborted; sent += 1) {
                  await peer.chunk(block);
                  if (sent % 32 === 0) await peer.sleep(1);
                }
              }),
            );
            const client = await rawClient(rig.ccb.port);
            client.socket.removeAllListeners("data");
            const enough = Promise.withResolvers<void>();
            let count = 0;
            let start = "";
            client.socket.on("data", (data: Buffer) => {
              if (count === 0) start = data.toString("latin1");
              count += data.length;
              if (count > 64 * MB) enough.resolve();
            });
            client.send(messagesBytes(MODEL, { stream }));
            const peak = await peakMb(enough.promise);
            client.abort();
            await (
              await upstream.request(0)
            ).aborted;
            upstream.clear();
            const held = peak < 60 ? "less than 60 MB" : `${peak} MB`;
            return `${start.split(" ")[1]}, 64 MB read, ${held} held, the upstream let go`;
          },
        });
      }
    });
  }
});

describe("a redirect", () => {
  for (const status of [301, 302, 303, 307, 308] as const) {
    test(`${status} is relayed: nobody calls where it points, with or without credentials`, async () => {
      await rig.run({
        name: `redirect ${status}`,
        expect: `${status}, nobody went there`,
        run: async () => {
          upstream.script(replies.redirect(status, `${elsewhere.url}/v1/messages`));
          const text = await ask(false);
          expect(text).toContain(`\r\nLocation: ${elsewhere.url}/v1/messages\r\n`);
          expect(await next()).toBe("200");
          return `${outcomeOf(text)}, ${elsewhere.connections === 0 ? "nobody" : "somebody"} went there`;
        },
      });
    });
  }
});
