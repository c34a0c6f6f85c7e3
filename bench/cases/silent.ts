// Open streams on which nothing happens: what each of them holds in memory.
import { startHolder } from "../child.ts";
import type { Note } from "../figures.ts";
import { descriptorLimit, restingKb } from "../measure.ts";
import { proxies, startTargets, type ProxyName, type Rig } from "../rig.ts";
import type { SilentOrder } from "../silent-client.ts";
import type { Target } from "../target.ts";

const STREAMS = 4_000;
/** Opened and closed before the measurement, so that what is loaded with the first requests does not count. */
const WARM_UP = 100;
const REST_MS = 3_000;
/** A proxy holds two sockets for each stream, and some files of its own. */
const SPARE_DESCRIPTORS = 200;

const hold = (order: SilentOrder): ReturnType<typeof startHolder> => startHolder("silent-client.ts", order);

async function memoryOfEach({ url, pid = 0 }: Target, streams: number): Promise<number> {
  await using first = await hold({ url, streams: WARM_UP });
  await first.release();
  const before = await restingKb(pid, REST_MS);
  await using client = await hold({ url, streams });
  const during = await restingKb(pid, REST_MS);
  const open = Number(await client.release());
  if (open !== streams) throw new Error(`${url}: ${streams - open} of ${streams} silent streams were cut`);
  return (during - before) / streams;
}

/** Each proxy once, freshly started. */
export async function runSilent(rig: Rig, names: readonly ProxyName[], note: Note): Promise<void> {
  const streams = Math.min(STREAMS, Math.floor((descriptorLimit() - SPARE_DESCRIPTORS) / 2));
  if (streams < STREAMS) rig.say(`silent: ${streams} streams, the limit on open files (ulimit -Hn) allows no more`);
  for (const [name, start] of Object.entries(proxies(rig, names))) {
    await using started = await startTargets({ [name]: start });
    for (const target of started.targets)
      note(target.name, "a silent stream's memory", "kB", await memoryOfEach(target, streams));
    rig.say(`silent: ${name}`);
  }
}
