// The clients: wrk where it is installed, else a plain one on fetch; and the one that reads and checks event streams.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, REQUEST_HEADERS, requestBody } from "./measure.ts";

export interface SmallLoad {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Small requests over `concurrency` connections for `seconds`. Rejects when any reply was not a 200 with the right length. */
export async function smallLoad(url: string, concurrency: number, seconds: number): Promise<SmallLoad> {
  return Bun.which("wrk") === null
    ? await withFetch(url, concurrency, seconds)
    : await withWrk(url, concurrency, seconds);
}

/** Lua for wrk: the request, and a summary that a program can read. */
function luaScript(): string {
  const headers = Object.entries(REQUEST_HEADERS).map(
    ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
  );
  return `wrk.method = "POST"
wrk.body = ${JSON.stringify(requestBody(false)).replaceAll("\\/", "/")}
${headers.join("\n")}
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('RESULT {"requests":%d,"us":%d,"p50":%d,"p99":%d,"errors":%d}\\n', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`;
}

async function withWrk(url: string, concurrency: number, seconds: number): Promise<SmallLoad> {
  const folder = mkdtempSync(join(tmpdir(), "ccb-bench-wrk-"));
  const script = join(folder, "post.lua");
  writeFileSync(script, luaScript());
  const child = Bun.spawn(
    ["wrk", "-t1", `-c${concurrency}`, `-d${seconds}s`, "--timeout", "10s", "-s", script, `${url}/v1/messages`],
    { stdout: "pipe", stderr: "pipe" },
  );
  const [output, problems] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  rmSync(folder, { recursive: true, force: true });
  const line = /^RESULT (.*)$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`wrk gave no result: ${output}${problems}`);
  const result: {
    readonly requests: number;
    readonly us: number;
    readonly p50: number;
    readonly p99: number;
    readonly errors: number;
  } = JSON.parse(line);
  if (result.errors > 0 || result.requests === 0)
    throw new Error(`${url}: ${result.errors} of ${result.requests} requests failed`);
  return {
    requests: result.requests,
    perSecond: (result.requests * 1e6) / result.us,
    p50Ms: result.p50 / 1000,
    p99Ms: result.p99 / 1000,
  };
}

async function withFetch(url: string, concurrency: number, seconds: number): Promise<SmallLoad> {
  const times: number[] = [];
  const began = performance.now();
  const end = began + seconds * 1000;
  const body = requestBody(false);
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const start = performance.now();
      const response = await fetch(`${url}/v1/messages`, {
        method: "POST",
        headers: REQUEST_HEADERS,
        body,
      });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`${url}: ${response.status}`);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  const sorted = times.sort((a, b) => a - b);
  const elapsed = (performance.now() - began) / 1000;
  return {
    requests: times.length,
    perSecond: times.length / elapsed,
    p50Ms: median(sorted),
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
  };
}

export interface StreamLoad {
  readonly streams: number;
  readonly seconds: number;
  /** From the request to the last byte. */
  readonly p50Ms: number;
}

/** `concurrency` event streams at once, `each` one after the other per client. Rejects when one has other bytes than `sha256` says. */
export async function streamLoad(url: string, concurrency: number, each: number, sha256: string): Promise<StreamLoad> {
  const times: number[] = [];
  const began = performance.now();
  const body = requestBody(true);
  const client = async (): Promise<void> => {
    for (let index = 0; index < each; index++) {
      const start = performance.now();
      const response = await fetch(`${url}/v1/messages`, {
        method: "POST",
        headers: REQUEST_HEADERS,
        body,
      });
      const hash = createHash("sha256");
      for await (const piece of response.body ?? []) hash.update(piece);
      if (response.status !== 200 || hash.digest("hex") !== sha256)
        throw new Error(`${url}: a stream arrived with other bytes (status ${response.status})`);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  return {
    streams: times.length,
    seconds: (performance.now() - began) / 1000,
    p50Ms: median(times),
  };
}

/** One small request, its bytes checked: what the load itself leaves to lengths and status. */
export async function checkSmall(url: string, sha256: string): Promise<void> {
  const response = await fetch(`${url}/v1/messages`, {
    method: "POST",
    headers: REQUEST_HEADERS,
    body: requestBody(false),
  });
  const bytes = await response.bytes();
  if (response.status !== 200 || createHash("sha256").update(bytes).digest("hex") !== sha256)
    throw new Error(`${url}: a small reply arrived with other bytes (status ${response.status})`);
}
