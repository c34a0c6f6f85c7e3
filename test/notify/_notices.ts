// A webhook on loopback that a test scripts, and conditions to tell of.
import type { Condition, Notice } from "../../src/notify/condition.ts";

interface Received {
  readonly headers: Headers;
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any
  readonly path: string;
}

/** Answers each request with the next reply, and with 200 when there is none left. */
export function startWebhook(...replies: (() => Response | Promise<Response>)[]) {
  const received: Received[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      received.push({ headers: request.headers, body: await request.json(), path: new URL(request.url).pathname });
      const reply = replies.shift();
      return reply === undefined ? new Response("ok") : reply();
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/hook/SECRET-PATH`,
    received,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

const ALICE = { id: "a11ce", name: "alice@example.com" };
export const BOB = { id: "b0b", name: "bob@example.com" };

export function condition(
  holds: boolean | null,
  { key = "login_required\na11ce", account = ALICE, event = "login_required", window = null }: Partial<Condition> = {},
): Condition {
  return { key, event, account, window, holds, say: { firing: () => "it is so", resolved: () => "it is over" } };
}

export const notice = (message = "it is so"): Notice => ({
  event: "login_required",
  status: "firing",
  account: ALICE,
  window: null,
  message,
  at: 1_753_196_757_123,
});
