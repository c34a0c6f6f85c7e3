// However a request ends, nothing of it stays in memory. The clock hardly moves, so that whatever a timer still holds is
// there when the heap is looked at.
import { heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { messagesRequest } from "../binary/_ccb.ts";
import { head, rawClient } from "../binary/_raw.ts";
import { anthropicStream } from "../support/anthropic.ts";
import { breakAfter, hang, hangUp, sse } from "../support/replies.ts";
import type { Reply } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { settledNow } from "../support/world.ts";
import { startServed } from "./_served.ts";
import type { Served } from "./_served.ts";

const ROUNDS = 40;
/** What the collector takes for a pointer may keep a few alive. */
const FEW = 8;
const CLASSES = ["Request", "ReadableStreamDefaultReader", "AbortController"];

function alive(): readonly number[] {
  Bun.gc(true);
  const { objectTypeCounts } = heapStats();
  return CLASSES.map((name) => objectTypeCounts[name] ?? 0);
}

/** Time for what waits a moment on purpose; nothing else falls due. */
async function breathe({ world }: Served): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) {
    await Bun.sleep(2);
    await world.clock.advance(1);
  }
}

type Ending = (served: Served, upstream: Upstream) => Promise<void>;

/** A client that reads what there is, of a reply that the upstream plays so. */
const reading =
  (reply: () => Reply): Ending =>
  async (served, upstream) => {
    upstream.handle(reply);
    const text = fetch(`${served.url}/v1/messages`, { ...messagesRequest({ stream: true }), keepalive: false })
      .then((response) => response.text())
      .catch(() => "");
    for (let over = false; !over; over = await settledNow(text)) await breathe(served);
  };

/** A client that is gone before anything comes. */
const leaving: Ending = async (served, upstream) => {
  upstream.handle(() => hang());
  const abort = new AbortController();
  const reply = fetch(`${served.url}/v1/messages`, {
    ...messagesRequest({ stream: true }),
    signal: abort.signal,
    keepalive: false,
  }).catch(() => null);
  await breathe(served);
  abort.abort();
  await reply;
  await breathe(served);
};

/** A client that is gone in the middle of what it says. */
const uploading =
  (...headers: string[]): Ending =>
  async (served) => {
    const client = await rawClient(served.port);
    client.send(`${head("POST /v1/messages HTTP/1.1", ...headers)}5\r\n{"mod\r\n`);
    await breathe(served);
    client.abort();
    await breathe(served);
  };

const endings: Readonly<Record<string, Ending>> = {
  "it is answered": reading(() => sse(anthropicStream("whole"))),
  "it breaks off before its first content": reading(() => breakAfter(1, anthropicStream("early"))),
  "it breaks off in the middle": reading(() => breakAfter(4, anthropicStream("late"))),
  "no upstream answers": reading(hangUp),
  "the client leaves": leaving,
  "the client leaves in the middle of a short upload": uploading("Content-Length: 100"),
  "the client leaves in the middle of an upload of any length": uploading("Transfer-Encoding: chunked"),
};

for (const [what, end] of Object.entries(endings)) {
  test(`${what}: nothing of the request is left`, async () => {
    await using upstream = await startUpstream();
    await using served = await startServed({ upstreamUrl: upstream.url });
    for (let round = 0; round < 5; round += 1) await end(served, upstream);
    const before = alive();
    for (let round = 0; round < ROUNDS; round += 1) {
      await end(served, upstream);
      upstream.clear();
    }
    await breathe(served);
    const left = alive().map((count, index) => count - (before[index] ?? 0));
    expect(CLASSES.filter((_, index) => (left[index] ?? 0) > FEW)).toEqual([]);
  });
}
