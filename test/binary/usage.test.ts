// The figures of usage against the upstream's own count, and what a crash costs.
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { Glob } from "bun";
import { brotliCompressSync, constants, createGzip, gzipSync } from "node:zlib";
import { sseEvent } from "../support/anthropic.ts";
import type { Ccb } from "../support/binary.ts";
import { makeHome } from "../support/binary.ts";
import { bytes, error, json } from "../support/replies.ts";
import type { Reply } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Handler } from "../support/upstream.ts";
import { jsonOf, keyed, messagesRequest, parsed, startKeyed } from "./_ccb.ts";

const FIELDS = ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"] as const;
type Tokens = Record<(typeof FIELDS)[number], number>;
interface Figures extends Tokens {
  requests: number;
  errors: number;
}
type Row = Figures & { readonly provider: string | null; readonly model: string | null };

const KINDS = [
  "plain",
  "long",
  "gzip",
  "stream",
  "long stream",
  "gzip stream",
  "long gzip stream",
  "br stream",
  "aborted",
  "aborted gzip",
  "failed over",
  "refused",
] as const;
type Kind = (typeof KINDS)[number];

/** What the upstream says it has counted, by provider and model. */
type Counts = Map<string, Figures>;

const none = (): Figures => ({
  requests: 0,
  errors: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
});

const only = (tokens: Tokens): Tokens => ({
  input_tokens: tokens.input_tokens,
  output_tokens: tokens.output_tokens,
  cache_creation_input_tokens: tokens.cache_creation_input_tokens,
  cache_read_input_tokens: tokens.cache_read_input_tokens,
});

function count(counts: Counts, name: string, tokens: Partial<Tokens>, isError = false): void {
  const sum = counts.get(name) ?? none();
  counts.set(name, sum);
  sum.requests += 1;
  if (isError) sum.errors += 1;
  for (const field of FIELDS) sum[field] += tokens[field] ?? 0;
}

let turn = 0;
/** Other numbers for every request, so that no two mistakes cancel out. */
function tokensOfTurn(): Tokens {
  turn += 1;
  return {
    input_tokens: 1 + ((turn * 7) % 1009),
    output_tokens: 2 + ((turn * 13) % 4093),
    cache_creation_input_tokens: (turn * 3) % 211,
    cache_read_input_tokens: (turn * 31) % 50_021,
  };
}

const words = (length: number): string =>
  Array.from({ length }, (_, index) => (index * 2_654_435_761).toString(36)).join(" ");

/** The events of a reply: its counts are cumulative, the first is not the last. */
function events(tokens: Tokens, deltas: number): string[] {
  const { output_tokens: output, ...input } = tokens;
  const delta = (outputTokens: number): string =>
    sseEvent("message_delta", { type: "message_delta", delta: {}, usage: { output_tokens: outputTokens } });
  const half = Math.floor(output / 2);
  return [
    sseEvent("message_start", { type: "message_start", message: { id: "m", usage: { ...input, output_tokens: 1 } } }),
    sseEvent("content_block_start", {
      type: "content_block_start",
      index: 0,
      content_block: { type: "text", text: "" },
    }),
    ...Array.from({ length: deltas }, (_, index) =>
      sseEvent("content_block_delta", { type: "content_block_delta", delta: { text: words(20 + (index % 7)) } }),
    ),
    delta(half),
    sseEvent("content_block_stop", { type: "content_block_stop", index: 0 }),
    delta(output),
    sseEvent("message_stop", { type: "message_stop" }),
  ];
}

const SSE = { "Content-Type": "text/event-stream" };

function stream(data: Uint8Array | string, encoding?: string): Reply {
  return {
    name: `stream ${encoding ?? ""}`,
    async send(exchange) {
      await exchange.head(200, {
        ...SSE,
        "Transfer-Encoding": "chunked",
        ...(encoding === undefined ? {} : { "Content-Encoding": encoding }),
      });
      const body = Buffer.from(data);
      for (let at = 0; at < body.length; at += 3_000) await exchange.chunk(body.subarray(at, at + 3_000));
      await exchange.lastChunk();
    },
  };
}

/** Tells its first half, then says no more until the client has gone. */
function unfinished(list: readonly string[], packed: boolean): Reply {
  return {
    name: "unfinished",
    async send(exchange) {
      await exchange.head(200, {
        ...SSE,
        "Transfer-Encoding": "chunked",
        ...(packed ? { "Content-Encoding": "gzip" } : {}),
      });
      if (!packed) await exchange.chunk(Buffer.from(list.join("")));
      else {
        const packer = createGzip();
        const pieces: Buffer[] = [];
        packer.on("data", (piece: Buffer) => void pieces.push(piece));
        packer.write(list.join(""));
        await new Promise<void>((resolve) => {
          packer.flush(constants.Z_SYNC_FLUSH, resolve);
        });
        await exchange.chunk(Buffer.concat(pieces));
        packer.destroy();
      }
      await exchange.silence();
    },
  };
}

function body(tokens: Tokens, length: number): string {
  const usage = { ...tokens, cache_creation: { ephemeral_5m_input_tokens: 1 }, service_tier: "standard" };
  return JSON.stringify({ type: "message", content: [{ type: "text", text: words(length) }], stop_reason: "x", usage });
}

/** Answers as the request's model says, and keeps its own books. */
function counting(counts: Counts, provider: string, hopped: Set<string>): Handler {
  return (request) => {
    const { model, kind, id } = parsed<{ model: string; kind: Kind; id: string }>(request.text);
    const name = `${provider} ${model}`;
    if (kind === "refused") {
      count(counts, name, {}, true);
      return error(400, "invalid_request_error", "no");
    }
    if (kind === "failed over" && !hopped.has(id)) {
      // Whoever is asked first cannot: its answer is not the client's, and nothing of it counts.
      hopped.add(id);
      return stream(events(tokensOfTurn(), 0).slice(0, 1).join("") + sseEvent("error", FAILED));
    }
    const tokens = tokensOfTurn();
    if (kind === "aborted" || kind === "aborted gzip") {
      const whole = events(tokens, 3);
      count(counts, name, { ...tokens, output_tokens: Math.floor(tokens.output_tokens / 2) });
      return unfinished(whole.slice(0, 6), kind === "aborted gzip");
    }
    count(counts, name, tokens);
    switch (kind) {
      case "plain":
        return json(200, JSON.parse(body(tokens, 3)));
      case "long":
        return bytes(200, body(tokens, 9_000), { "Content-Type": "application/json" });
      case "gzip":
        return bytes(200, gzipSync(body(tokens, 9_000)), {
          "Content-Type": "application/json",
          "Content-Encoding": "gzip",
        });
      case "long stream":
        return stream(events(tokens, 300).join(""));
      case "gzip stream":
        return stream(gzipSync(events(tokens, 5).join("")), "gzip");
      case "long gzip stream":
        return stream(gzipSync(events(tokens, 1_500).join("")), "gzip");
      case "br stream":
        return stream(brotliCompressSync(events(tokens, 200).join("")), "br");
      case "stream":
      case "failed over":
        return stream(events(tokens, 5).join(""));
    }
  };
}
const FAILED = { type: "error", error: { type: "api_error", message: "Internal server error" } };

/** Sends one request and reads its reply to the end, or until it has what is to be counted. */
async function ask(ccb: Ccb, kind: Kind, id: string): Promise<void> {
  const model = `model-${id.length % 2}-${kind.length % 5}`;
  const abort = new AbortController();
  const isAborted = kind.startsWith("aborted");
  const more = { model, kind, id, stream: kind.includes("stream") || isAborted || kind === "failed over" };
  const reply = await fetch(`${ccb.url}/v1/messages`, {
    ...messagesRequest(more),
    signal: abort.signal,
    decompress: false,
    proxy: false,
  } as BunFetchRequestInit);
  if (!isAborted) {
    await reply.arrayBuffer();
    return;
  }
  const reader = reply.body?.getReader();
  // The whole first half comes in one chunk, or in few: then nothing more.
  await reader?.read();
  await Bun.sleep(30);
  abort.abort();
  await reader?.closed.catch(() => {});
}

async function usageOf(ccb: Ccb, query: string): Promise<{ readonly rows: readonly Row[]; readonly totals: Figures }> {
  return await jsonOf(await ccb.request(`/usage?${query}`));
}

async function until(what: string, check: () => boolean | Promise<boolean>, milliseconds: number): Promise<number> {
  const began = performance.now();
  while (!(await check())) {
    if (performance.now() - began > milliseconds) throw new Error(`not within ${milliseconds} ms: ${what}`);
    await Bun.sleep(20);
  }
  return performance.now() - began;
}

function writtenRequests(home: string): number {
  const [path] = new Glob("**/usage.db").scanSync({ cwd: home, dot: true, absolute: true });
  if (path === undefined) return 0;
  const database = new Database(path, { readonly: true });
  try {
    return database.query<{ n: number | null }, []>("SELECT SUM(requests) AS n FROM usage").get()?.n ?? 0;
  } catch {
    return 0;
  } finally {
    database.close();
  }
}

test("1,000 mixed requests: the figures are the upstream's own", async () => {
  const counts: Counts = new Map();
  const hopped = new Set<string>();
  await using first = await startUpstream();
  await using second = await startUpstream();
  first.handle(counting(counts, "One", hopped));
  second.handle(counting(counts, "Two", hopped));
  await using ccb = await startKeyed(first.url, {
    providers: [keyed(first.url, { name: "One" }), keyed(second.url, { name: "Two" })],
    settings: {
      balancing: { strategy: "round_robin", unhealthy_threshold: 1000, failure_cooldown_seconds: 0 },
      log_level: "ERROR",
    },
  });
  const all = Array.from({ length: 1_000 }, (_, index) => ({
    kind: KINDS[index % KINDS.length] ?? "plain",
    id: String(index),
  }));
  const queue = all.values();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const { kind, id } of queue) await ask(ccb, kind, id);
    }),
  );
  await until("every request is over", async () => (await usageOf(ccb, "by=day")).totals.requests >= 1_000, 5_000);

  const { rows, totals } = await usageOf(ccb, "by=provider,model");
  const told = rows.map(
    ({ provider, model, requests, errors, ...more }) =>
      [`${provider} ${model}`, { requests, errors, ...only(more) }] as const,
  );
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(counts));
  expect(totals.requests).toBe(1_000);
  const sum = [...counts.values()].reduce((left, { output_tokens: output }) => left + output, 0);
  console.log(`${rows.length} lines; ${totals.requests} requests, ${totals.output_tokens} tokens out of ${sum}`);
  first.assertUsed();
  second.assertUsed();
}, 60_000);

test("SIGKILL: what was counted more than five seconds before is there, and more is added to it", async () => {
  const home = makeHome();
  await using upstream = await startUpstream();
  upstream.handle(() => json(200, JSON.parse(body(tokensOfTurn(), 3))));
  let age: number;
  {
    await using ccb = await startKeyed(upstream.url, { home });
    for (let index = 0; index < 25; index += 1) await (await ccb.request("/v1/messages", messagesRequest())).text();
    age = await until("the batch is written", () => writtenRequests(home) === 25, 5_000);
    await (await ccb.request("/v1/messages", messagesRequest())).text();
    await ccb.kill();
  }
  console.log(`written ${age.toFixed(0)} ms after the last request`);
  await using ccb = await startKeyed(upstream.url, { home });
  const { totals } = await usageOf(ccb, "");
  expect(totals.requests).toBeGreaterThanOrEqual(25);
  await (await ccb.request("/v1/messages", messagesRequest())).text();
  expect((await usageOf(ccb, "")).totals.requests).toBe(totals.requests + 1);
  // An orderly end loses nothing.
  expect(await ccb.stop()).toBe(0);
  expect(writtenRequests(home)).toBe(totals.requests + 1);
});
