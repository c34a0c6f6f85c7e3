// The client of the silent streams, a process of its own on raw sockets. Told by its first argument, a SilentOrder in JSON;
// prints a line when all are open, and, once its input ends, how many still are.
import { smallBody, wireRequest } from "./requests.ts";
import { openSocket } from "./wire-client.ts";

export interface SilentOrder {
  readonly url: string;
  readonly streams: number;
}

/** So many are being opened at a time: the backlog of a listener is not what is measured. */
const AT_ONCE = 64;

const order: SilentOrder = JSON.parse(process.argv[2] ?? "");
const body = smallBody(true);
const sockets: Awaited<ReturnType<typeof openSocket>>[] = [];
let begun = 0;

async function open(): Promise<void> {
  while (begun < order.streams) {
    const request = wireRequest(order.url, body, begun++, "silent");
    const socket = await openSocket(order.url);
    await socket.sendUntil(request, "content_block_start");
    sockets.push(socket);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, open));
console.log(sockets.length);
await Bun.stdin.text();
console.log(sockets.filter((socket) => socket.open).length);
process.exit(0);
