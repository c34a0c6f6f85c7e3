// The load of whole replies: wrk where it is installed, else a child on raw sockets that does the same.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runClient, track } from "./child.ts";
import { temporaryFolder } from "./folder.ts";
import { PATH, REQUEST_HEADERS, SESSION_HEADER, sessionId } from "./requests.ts";

export interface LoadOrder {
  readonly url: string;
  readonly concurrency: number;
  readonly seconds: number;
  readonly body: string;
  /** The requests carry the ids of so many conversations in turns, beginning anywhere. */
  readonly sessions: number;
}

export interface Load {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export const hasWrk = Bun.which("wrk") !== null;

/** Rejects when any reply was not a 200 of its announced length. */
export async function runLoad(order: LoadOrder): Promise<Load> {
  using folder = temporaryFolder("ccb-bench-load-");
  const bodyFile = join(folder.path, "body.json");
  writeFileSync(bodyFile, order.body);
  if (hasWrk) return await runWrk(order, folder.path, bodyFile);
  const { body: _, ...rest } = order;
  return await runClient<Load>("request-client.ts", { ...rest, bodyFile });
}

/** Lua for wrk: the requests, made before the clock starts, and a summary that a program can read. */
function luaScript({ sessions }: LoadOrder, bodyFile: string): string {
  const headers = Object.entries(REQUEST_HEADERS).map(
    ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
  );
  const pattern = sessionId(0).replace(/0{12}$/, "%012d");
  return `local file = io.open(${JSON.stringify(bodyFile)}, "rb")
wrk.method = "POST"
wrk.body = file:read("*a")
file:close()
${headers.join("\n")}
local made, at = {}, ${Math.floor(Math.random() * sessions)}
function init(args)
  for index = 1, ${sessions} do
    wrk.headers[${JSON.stringify(SESSION_HEADER)}] = string.format("${pattern}", index - 1)
    made[index] = wrk.format()
  end
end
function request()
  at = at % ${sessions} + 1
  return made[at]
end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('RESULT {"requests":%d,"us":%d,"p50":%d,"p99":%d,"errors":%d}\\n', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`;
}

async function runWrk(order: LoadOrder, folder: string, bodyFile: string): Promise<Load> {
  const { url, concurrency, seconds } = order;
  const script = join(folder, "post.lua");
  writeFileSync(script, luaScript(order, bodyFile));
  const child = track(
    Bun.spawn(["wrk", "-t1", `-c${concurrency}`, `-d${seconds}s`, "--timeout", "10s", "-s", script, `${url}${PATH}`], {
      stdout: "pipe",
      stderr: "pipe",
    }),
  );
  const [output, problems] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
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
