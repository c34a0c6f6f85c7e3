// The floor: the least that does what ccb promises on this stack. One file, the shortest way, nothing that can be configured
// and no second try; a stream costs what a look at each chunk costs. What it needs more than bare.ts is the price of the
// promises on this platform; what ccb needs more than this is ccb's own.
// bun bench/floor.ts UPSTREAM_URL [PORT]
import { openSync, unlinkSync, write } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Server } from "bun";
import { Elysia } from "elysia";

const HOP_BY_HOP = ["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"].concat(
  ["te", "trailer", "transfer-encoding", "upgrade"],
);
const NOT_SENT = ["host", "content-length", "expect", "authorization", "x-api-key"];
const CORS = ["origin", "credentials", "methods", "headers"].map((name) => `access-control-allow-${name}`);
const FIRST_BYTE_MS = 60_000;
/** A connection that says nothing is closed: while one is open, Bun looks every second. */
const IDLE_SECONDS = 120;
const SHORT_BYTES = 64 * 1024;
const TAIL_BYTES = 16 * 1024;
const BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];
const KEPT_TRACES = 1000;
const USAGE = Buffer.from('"usage"');

interface Account {
  readonly id: string;
  readonly token: string;
  inFlight: number;
  requests: number;
  tokens: number;
  windows: readonly (readonly [string | undefined, number, number])[];
}

interface Trace {
  readonly id: string;
  readonly startedAt: number;
  readonly model: string;
  readonly account: string;
  readonly considered: readonly (readonly [string, string])[];
  status: number;
  firstByteMs: number;
  totalMs: number;
  bytes: number;
}

const upstream = process.argv[2] ?? "";
const accounts = ["a", "b", "c"].map((id): Account => ({
  id,
  token: `sk-ant-oat01-${id}`,
  inFlight: 0,
  requests: 0,
  tokens: 0,
  windows: [],
}));
const conversations = new Map<string, { readonly account: Account; at: number }>();
const traces: Trace[] = [];
const durations = BOUNDS_MS.map(() => 0);
let served = 0;
let server: Server<unknown> | null = null;

const logFile = join(tmpdir(), `ccb-bench-floor-${process.pid}.log`);
const logTo = openSync(logFile, "wx");
// Gone with the process, however it ends.
unlinkSync(logFile);
let lines: Trace[] = [];
/** A line for each request, put into words behind them. */
function log(trace: Trace): void {
  if (lines.push(trace) > 1) return;
  setTimeout(() => {
    const waiting = lines;
    lines = [];
    write(logTo, waiting.map((line) => `${JSON.stringify({ message: "request", ...line })}\n`).join(""), () => {});
  }, 100);
}

let nextTurn: Promise<void> | null = null;
const turn = (): Promise<void> =>
  (nextTurn ??= new Promise((resolve) => {
    setImmediate(() => {
      nextTurn = null;
      resolve();
    });
  }));

/** The whole body, by its chunks: only they show how long a client has been silent. */
async function readChunks(body: ReadableStream<Uint8Array> | null, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(length);
  let size = 0;
  const reader = body?.getReader();
  for (let read = await reader?.read(); read?.value !== undefined; read = await reader?.read()) {
    whole.set(read.value, size);
    size += read.value.byteLength;
  }
  return whole;
}

/** A short one has mostly come with its head; a copy stands by for the client that is slow. */
async function readBody(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  const length = Number(request.headers.get("content-length"));
  if (length > SHORT_BYTES) return readChunks(request.body, length);
  await turn();
  const standby = request.clone();
  let whole: ArrayBuffer | null = null;
  void request.arrayBuffer().then((bytes) => (whole = bytes));
  await Promise.resolve();
  return whole === null ? readChunks(standby.body, length) : new Uint8Array(whole);
}

function choose(conversation: string | null, considered: [string, string][]): Account {
  const known = conversation === null ? undefined : conversations.get(conversation);
  let best = accounts[0];
  for (const account of accounts) {
    considered.push([account.id, account === known?.account ? "session" : "load"]);
    if (best === undefined || account.inFlight < best.inFlight) best = account;
  }
  if (best === undefined) throw new Error("there is no account");
  if (known !== undefined) known.at = Date.now();
  else if (conversation !== null) conversations.set(conversation, { account: best, at: Date.now() });
  return known?.account ?? best;
}

function toUpstream(client: Headers, { token }: Account): Headers {
  const headers = new Headers(client);
  for (const name of HOP_BY_HOP) headers.delete(name);
  for (const name of NOT_SENT) headers.delete(name);
  const beta = client.get("anthropic-beta");
  headers.set("authorization", `Bearer ${token}`);
  headers.set("anthropic-beta", beta === null ? "oauth-2025-04-20" : `${beta},oauth-2025-04-20`);
  return headers;
}

function toClient(reply: Response, fields: Readonly<Record<string, string>>, { id, account }: Trace): Headers {
  const headers = new Headers(reply.headers);
  for (const name of HOP_BY_HOP) if (fields[name] !== undefined) headers.delete(name);
  for (const name of CORS) if (fields[name] !== undefined) headers.delete(name);
  headers.set("x-ccb-request-id", id);
  headers.set("x-ccb-provider", "Anthropic");
  headers.set("x-ccb-attempts", "1");
  headers.set("x-ccb-account", account);
  return headers;
}

/** The limits that a reply names. */
function noteLimits(fields: Readonly<Record<string, string>>, account: Account): void {
  const field = (window: string, what: string): string | undefined =>
    fields[`anthropic-ratelimit-unified-${window}-${what}`];
  account.windows = ["5h", "7d"].map((name) => [
    field(name, "status"),
    Number(field(name, "reset")) * 1000,
    Number(field(name, "utilization")),
  ]);
}

function tokensIn(tail: Uint8Array): number {
  const bytes = Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength);
  const at = bytes.lastIndexOf(USAGE);
  return at === -1 ? 0 : Number(/"output_tokens":(\d+)/.exec(bytes.toString("latin1", at))?.[1] ?? 0);
}

/** Hands the reply over by its chunks, and calls `onEnd` with their number of bytes and the last of them. */
function observed(
  first: Uint8Array,
  reader: { read(): Promise<{ readonly value?: Uint8Array | undefined }> },
  leave: () => void,
  onEnd: (bytes: number, tail: Uint8Array) => void,
): ReadableStream<Uint8Array> {
  const ring = new Uint8Array(TAIL_BYTES);
  let held: Uint8Array | null = first;
  let bytes = 0;
  let to: ReadableStreamDefaultController<Uint8Array> | null = null;
  function give({ value }: { readonly value?: Uint8Array | undefined }): void {
    if (value === undefined) {
      onEnd(bytes, ring.subarray(0, Math.min(bytes, TAIL_BYTES)));
      to?.close();
      return;
    }
    const at = bytes % TAIL_BYTES;
    ring.set(value.byteLength <= TAIL_BYTES - at ? value : value.subarray(0, TAIL_BYTES - at), at);
    bytes += value.byteLength;
    to?.enqueue(value);
  }
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => void (to = controller),
      pull() {
        if (held === null) return reader.read().then(give);
        give({ value: held });
        held = null;
        return undefined;
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  );
}

async function relay(request: Request): Promise<Response> {
  const began = performance.now();
  const client = request.headers;
  const foreign = client.get("origin") !== null || client.get("sec-fetch-site") !== null;
  if (foreign || !/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(client.get("host") ?? ""))
    return new Response(null, { status: 403 });
  server?.timeout(request, 0);
  const body = await readBody(request);
  const head = Buffer.from(body.buffer, 0, Math.min(body.byteLength, 1024)).toString("latin1");
  const considered: [string, string][] = [];
  const account = choose(client.get("x-claude-code-session-id"), considered);
  const trace: Trace = {
    id: `ccb_${Buffer.from(crypto.getRandomValues(new Uint8Array(12))).toString("hex")}`,
    startedAt: Date.now(),
    model: /"model":"([^"]*)"/.exec(head)?.[1] ?? "",
    account: account.id,
    considered,
    status: 0,
    firstByteMs: 0,
    totalMs: 0,
    bytes: 0,
  };
  traces[served++ % KEPT_TRACES] = trace;
  account.inFlight += 1;
  // It is ended by a client that leaves, and by the time.
  const controller = new AbortController();
  const end = (): void => controller.abort();
  request.signal.addEventListener("abort", end, { once: true });
  const timer = setTimeout(end, FIRST_BYTE_MS);
  const reply = await fetch(`${upstream}/v1/messages`, {
    method: "POST",
    headers: toUpstream(client, account),
    body,
    signal: controller.signal,
    redirect: "manual",
    decompress: false,
    timeout: false,
  });
  clearTimeout(timer);
  const fields = reply.headers.toJSON();
  noteLimits(fields, account);

  function finish(bytes: number, tail: Uint8Array): void {
    request.signal.removeEventListener("abort", end);
    server?.timeout(request, IDLE_SECONDS);
    account.inFlight -= 1;
    account.requests += 1;
    account.tokens += tokensIn(tail);
    trace.totalMs = performance.now() - began;
    trace.bytes = bytes;
    const bucket = BOUNDS_MS.findIndex((bound) => trace.totalMs <= bound);
    durations[bucket] = (durations[bucket] ?? 0) + 1;
    log(trace);
  }
  const reader = reply.body?.getReader();
  const { value: first } = (await reader?.read()) ?? {};
  trace.status = reply.status;
  trace.firstByteMs = performance.now() - began;
  const init = { status: reply.status, headers: toClient(reply, fields, trace) };
  if (reader === undefined || first === undefined || first.byteLength === Number(fields["content-length"])) {
    finish(first?.byteLength ?? 0, first ?? new Uint8Array());
    return new Response(first ?? null, init);
  }
  return new Response(observed(first, reader, end, finish), init);
}

const app = new Elysia({ serve: { reusePort: false, idleTimeout: IDLE_SECONDS } }).post(
  "/v1/messages",
  ({ request }) => relay(request),
  { parse: "none" },
);
app.listen({ hostname: "127.0.0.1", port: Number(process.argv[3] ?? 0) }, (listening) => {
  server = listening;
  console.log(listening.port);
});
