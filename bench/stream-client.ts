// The client of the event streams, a process of its own so that it shares no loop with the bench: raw sockets, each stream
// checked. Told by its first argument, a StreamOrder in JSON; prints a StreamLoad in JSON.
import { createHash } from "node:crypto";
import { quantile } from "./measure.ts";
import { smallBody, wireRequest } from "./requests.ts";
import { openSocket, type WireSocket } from "./wire-client.ts";
import type { ReadReply, WireReply } from "./wire-reply.ts";

export interface StreamOrder {
  readonly url: string;
  readonly kind: "gaps" | "burst";
  readonly concurrency: number;
  /** No stream begins once these have passed; those that run are read to their end. */
  readonly seconds: number;
  /** The first streams begin spread over this time, milliseconds. */
  readonly spreadMs: number;
  readonly sha256: string;
  readonly events: number;
}

export interface StreamLoad {
  readonly streams: number;
  readonly perSecond: number;
  /** From the request to the last byte. */
  readonly p50Ms: number;
  /** From the request to the first byte of the body. */
  readonly firstByteP50Ms: number;
  readonly firstByteP99Ms: number;
  /** Between two events of a stream, as they arrive. */
  readonly gapP50Ms: number;
  readonly gapP99Ms: number;
}

const order: StreamOrder = JSON.parse(process.argv[2] ?? "");
const times: number[] = [];
const firstBytes: number[] = [];
const gaps: number[] = [];

function check(reply: ReadReply): void {
  const sum = createHash("sha256").update(reply.body).digest("hex");
  if (reply.status !== 200 || sum !== order.sha256 || reply.eventsAt.length !== order.events)
    throw new Error(
      `${order.url}: a stream of ${reply.eventsAt.length} events and status ${reply.status} came, or other bytes`,
    );
}

/** Notes what one stream tells. */
function note(reply: ReadReply, begunAt: number): void {
  check(reply);
  firstBytes.push(reply.firstByteAt - begunAt);
  let before: number | undefined;
  for (const at of reply.eventsAt) {
    if (before !== undefined) gaps.push(at - before);
    before = at;
  }
  times.push((before ?? Number.NaN) - begunAt);
}

const sockets = await Promise.all(Array.from({ length: order.concurrency }, () => openSocket(order.url)));
const arrived: (readonly [begunAt: number, reply: WireReply])[] = [];
const began = performance.now();
const end = began + order.seconds * 1000;

async function client(socket: WireSocket, index: number): Promise<void> {
  const request = wireRequest(order.url, smallBody(true), index, order.kind);
  await Bun.sleep((order.spreadMs * index) / order.concurrency);
  while (performance.now() < end) {
    const begunAt = performance.now();
    arrived.push([begunAt, await socket.send(request)]);
  }
  socket.close();
}

await Promise.all(sockets.map(client));
const seconds = (performance.now() - began) / 1000;
// Read and checked once all have come, so that it takes nothing from the load.
for (const [begunAt, reply] of arrived) note(reply.read(), begunAt);
const load: StreamLoad = {
  streams: times.length,
  perSecond: times.length / seconds,
  p50Ms: quantile(times, 0.5),
  firstByteP50Ms: quantile(firstBytes, 0.5),
  firstByteP99Ms: quantile(firstBytes, 0.99),
  gapP50Ms: quantile(gaps, 0.5),
  gapP99Ms: quantile(gaps, 0.99),
};
console.log(JSON.stringify(load));
