// What the kernel says of a process, and the middle of some numbers.
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

/** Resident memory of a process and its children, in kB of 1,000 bytes. */
export function residentKb(pid: number): number {
  const kb = family(pid).map((member) =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${member}/status`, "utf8"))?.[1] ?? 0),
  );
  return (kb.reduce((sum, value) => sum + value, 0) * 1024) / 1000;
}

/**
 * The least resident memory that was seen while the process rested for so many milliseconds, in kB: what it holds, not
 * what it had not yet given back.
 */
export async function restingKb(pid: number, milliseconds: number): Promise<number> {
  let least = residentKb(pid);
  for (const end = performance.now() + milliseconds; performance.now() < end; least = Math.min(least, residentKb(pid)))
    await Bun.sleep(100);
  return least;
}

/** How many files and sockets a process may have open at most: what Bun and nginx raise their limit to. */
export function descriptorLimit(): number {
  const limit = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  return Number(limit ?? 1024);
}

/** The value below which the share `q` of the values lies. Sorts them in place. */
export function quantile(values: number[], q: number): number {
  values.sort((a, b) => a - b);
  return values[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}
