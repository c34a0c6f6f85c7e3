// What the kernel says of a process, and how long a server takes to its first answer.
import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = Number(Bun.spawnSync(["getconf", "CLK_TCK"]).stdout.toString().trim()) || 100;

/** Fields of /proc/PID/stat after the name, which may hold spaces and brackets itself. */
function stat(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** The process and its children (nginx works in one). */
function family(pid: number): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const children = pids.map(Number).filter((candidate) => {
    try {
      return Number(stat(candidate)[1]) === pid;
    } catch {
      return false;
    }
  });
  return [pid, ...children];
}

/** CPU seconds, user and system, of a process and its children so far. Steps of 10 ms. */
export function cpuSeconds(pid: number): number {
  const ticks = family(pid).map((member) => {
    const fields = stat(member);
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND;
}

/** Resident memory in MiB of a process and its children. */
export function residentMiB(pid: number): number {
  const kib = family(pid).map((member) =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${member}/status`, "utf8"))?.[1] ?? 0),
  );
  return kib.reduce((sum, value) => sum + value, 0) / 1024;
}

export const REQUEST_HEADERS = {
  "content-type": "application/json",
  authorization: "Bearer bench",
  "anthropic-version": "2023-06-01",
  "user-agent": "ccb-bench",
};

/** A request body of about 1 kB. */
export const requestBody = (stream: boolean): string =>
  JSON.stringify({
    model: "claude-opus-5",
    max_tokens: 1024,
    stream,
    messages: [{ role: "user", content: "A question of about one kilobyte. ".repeat(28) }],
  });

/** Polls POST /v1/messages until it is answered with 200 or 401; gives the time of that answer. Rejects after 10 s. */
export async function firstAnswer(url: string): Promise<number> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      const response = await fetch(`${url}/v1/messages`, {
        method: "POST",
        headers: REQUEST_HEADERS,
        body: requestBody(false),
        keepalive: false,
      });
      await response.arrayBuffer();
      if (response.status === 200 || response.status === 401) return performance.now();
    } catch {
      // Not listening yet.
    }
    if (performance.now() > deadline) throw new Error(`${url} did not serve within 10 s`);
    await Bun.sleep(1);
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}
