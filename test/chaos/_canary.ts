// The other client: a program of its own, so that what the test does to ccb cannot slow down what watches it. It has an
// upstream that is well, asks it through ccb over one kept connection without a pause, and asks /health every 20 ms over
// another. It speaks with the rig by messages: {port} begins, "figures" is answered with what was seen since the last.
import { connect, type Socket } from "node:net";
import { messagesHandler } from "../support/anthropic.ts";
import { startUpstream } from "../support/upstream.ts";

/** What the canary saw since it was asked last. */
export interface CanaryFigures {
  /** Whole replies, every second one a stream of some dozens of milliseconds. */
  readonly served: number;
  /** What went wrong; empty, or the fault has reached another request. */
  readonly failures: readonly string[];
  /** The longest that /health took, milliseconds: how long ccb's event loop stood still. */
  readonly stallMs: number;
  /** The longest that this program itself stood still, milliseconds: the machine's share of the figure above. */
  readonly ownLagMs: number;
}

const HEALTH_EVERY_MS = 20;
const MODEL = "claude-canary";

interface Line {
  /** Sends a request and gives its status and body; rejects where the connection ends or breaks. */
  ask(request: string): Promise<{ readonly status: number; readonly text: string }>;
}

/** One connection, kept; it counts as a failure when it ends. */
async function openLine(port: number): Promise<Line> {
  const socket: Socket = connect({ port, host: "127.0.0.1" });
  await new Promise<void>((resolve, reject) => void socket.once("connect", resolve).once("error", reject));
  socket.setNoDelay(true);
  let text = "";
  let wake = (): void => {};
  let over: string | null = null;
  const end = (why: string) => () => {
    over ??= why;
    wake();
  };
  socket.on("data", (data: Buffer) => {
    text += data.toString("latin1");
    wake();
  });
  socket.on("end", end("its connection was ended")).on("error", end("its connection broke"));
  socket.on("close", end("its connection was closed"));
  const whole = (): { status: number; text: string } | null => {
    const split = text.indexOf("\r\n\r\n");
    if (split < 0) return null;
    const head = text.slice(0, split);
    const body = text.slice(split + 4);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    if (length === undefined ? !body.endsWith("0\r\n\r\n") : body.length < Number(length)) return null;
    return { status: Number(head.split(" ")[1]), text: body };
  };
  return {
    async ask(request) {
      text = "";
      if (over === null) socket.write(request);
      for (;;) {
        const reply = whole();
        if (reply !== null) return reply;
        if (over !== null) throw new Error(over);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

function messages(stream: boolean): string {
  const body = JSON.stringify({ model: MODEL, stream, max_tokens: 9, messages: [{ role: "user", content: "tweet" }] });
  return [
    "POST /v1/messages HTTP/1.1",
    "Host: localhost",
    "Content-Type: application/json",
    "anthropic-version: 2023-06-01",
    `Content-Length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
}

const HEALTH = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

async function main(say: (message: unknown) => void): Promise<void> {
  const upstream = await startUpstream();
  upstream.handle(messagesHandler({ gapMs: 4, deltas: 4 }));
  let failures: string[] = [];
  let served = 0;
  let stallMs = 0;
  let ownLagMs = 0;
  /** Since when /health owes an answer. */
  let askedAt: number | null = null;

  const sing = async (port: number): Promise<void> => {
    let line = await openLine(port);
    for (let turn = 0; ; turn += 1) {
      const stream = turn % 2 === 0;
      try {
        const reply = await line.ask(messages(stream));
        const mark = stream ? "message_stop" : '"end_turn"';
        if (reply.status === 200 && reply.text.includes(mark)) served += 1;
        else failures.push(`${reply.status} ${reply.text.slice(0, 300)}`);
      } catch (cause) {
        failures.push(String(cause));
        await Bun.sleep(50);
        line = await openLine(port).catch(() => line);
      }
      upstream.clear();
      await Bun.sleep(2);
    }
  };
  const watch = async (port: number): Promise<void> => {
    const line = await openLine(port);
    for (;;) {
      askedAt = performance.now();
      const reply = await line.ask(HEALTH).catch((cause: unknown) => ({ status: 0, text: String(cause) }));
      const took = performance.now() - askedAt;
      askedAt = null;
      stallMs = Math.max(stallMs, took);
      if (reply.status !== 200) {
        failures.push(`/health: ${reply.status} ${reply.text.slice(0, 100)}`);
        if (reply.status === 0) return;
      }
      await Bun.sleep(Math.max(0, HEALTH_EVERY_MS - took));
    }
  };
  let tick = performance.now();
  setInterval(() => {
    const now = performance.now();
    ownLagMs = Math.max(ownLagMs, now - tick - 5);
    tick = now;
  }, 5);

  process.on("message", (message: unknown) => {
    if (typeof message === "object" && message !== null && "port" in message) {
      void sing(Number(message.port)).catch((cause: unknown) => failures.push(String(cause)));
      void watch(Number(message.port)).catch((cause: unknown) => failures.push(`/health: ${String(cause)}`));
      return;
    }
    // An answer that is still owed counts as long as it is by now.
    const owed = askedAt === null ? 0 : performance.now() - askedAt;
    say({ figures: { served, failures, stallMs: Math.max(stallMs, owed), ownLagMs } });
    [served, failures, stallMs, ownLagMs] = [0, [], 0, 0];
  });
  process.on("disconnect", () => process.exit(0));
  say({ url: upstream.url });
}

if (import.meta.main && process.send) await main(process.send.bind(process));
