// What the proxies need while nobody asks for anything: all at once, since they do not disturb each other.
import { firstAnswer } from "../check.ts";
import type { Note } from "../figures.ts";
import { cpuSeconds, residentKb } from "../measure.ts";
import { proxies, startTargets, type ProxyName, type Rig } from "../rig.ts";

/**
 * From the start, and the one request that each has served, to the minute that is measured: within ten seconds the collector
 * has been over what the start left behind, in each of them.
 */
const SETTLE_MS = 15_000;

export async function runIdle(rig: Rig, names: readonly ProxyName[], seconds: number, note: Note): Promise<void> {
  await using started = await startTargets(proxies(rig, names));
  for (const { url } of started.targets) await firstAnswer(url);
  await Bun.sleep(SETTLE_MS);
  const before = started.targets.map(({ pid = 0 }) => cpuSeconds(pid));
  await Bun.sleep(seconds * 1000);
  for (const [index, { name, pid = 0 }] of started.targets.entries()) {
    note(name, "idle CPU", "%", ((cpuSeconds(pid) - (before[index] ?? 0)) / seconds) * 100);
    note(name, "idle RSS", "MB", residentKb(pid) / 1000);
  }
  rig.say(`idle: ${seconds} s`);
}
