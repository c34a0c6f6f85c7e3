// The client of whole replies where wrk is missing, a process of its own on raw sockets. Told by its first argument, a
// LoadOrder in JSON with the body in a file; prints a Load in JSON.
import { readFileSync } from "node:fs";
import type { Load, LoadOrder } from "./load.ts";
import { quantile } from "./measure.ts";
import { wireRequest } from "./requests.ts";
import { openSocket } from "./wire-client.ts";

const order: Omit<LoadOrder, "body"> & { readonly bodyFile: string } = JSON.parse(process.argv[2] ?? "");
const body = readFileSync(order.bodyFile, "utf8");
const requests = Array.from({ length: order.sessions }, (_, session) => wireRequest(order.url, body, session));
const times: number[] = [];
let at = Math.floor(Math.random() * order.sessions);

const began = performance.now();
const end = began + order.seconds * 1000;

async function client(): Promise<void> {
  const socket = await openSocket(order.url);
  for (let now = performance.now(); now < end;) {
    const reply = await socket.send(requests[at++ % requests.length] ?? Buffer.alloc(0));
    const { status } = reply.read();
    if (status !== 200) throw new Error(`${order.url}: ${status}`);
    const after = performance.now();
    times.push(after - now);
    now = after;
  }
  socket.close();
}

await Promise.all(Array.from({ length: order.concurrency }, client));
const load: Load = {
  requests: times.length,
  perSecond: (times.length * 1000) / (performance.now() - began),
  p50Ms: quantile(times, 0.5),
  p99Ms: quantile(times, 0.99),
};
console.log(JSON.stringify(load));
