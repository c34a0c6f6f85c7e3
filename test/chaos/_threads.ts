// What the threads of a process are at, as Linux tells it (proc(5), /proc/PID/task/TID/stat).
import { readdirSync, readFileSync } from "node:fs";

/**
 * The threads that are not asleep: they run, wait for a core (R) or for the disk (D). A program of which all sleep has
 * done what there was to do. A thread that ends meanwhile is left out.
 */
export function threadsAtWork(pid: number): readonly string[] {
  const folder = `/proc/${pid}/task`;
  return readdirSync(folder).flatMap((id) => {
    try {
      // The name is in parentheses, and may hold some.
      const [, name, state] = /\((.*)\) (\S)/s.exec(readFileSync(`${folder}/${id}/stat`, "utf8")) ?? [];
      return state === "R" || state === "D" ? [`${name} ${state}`] : [];
    } catch {
      return [];
    }
  });
}
