// A million small requests: whether memory grows once it has found its size.
import type { Note } from "../figures.ts";
import { runLoad } from "../load.ts";
import { restingKb } from "../measure.ts";
import { smallBody } from "../requests.ts";
import { proxies, startTargets, type ProxyName, type Rig } from "../rig.ts";
import type { Target } from "../target.ts";

const WARM_UP_SHARE = 0.1;
const CONCURRENCY = 32;
const SESSIONS = 60;
const SLICE_SECONDS = 10;
/** Longer than the allocator keeps what was freed, and than the program waits with its own collection at rest: garbage is no growth. */
const REST_MS = 12_000;
const REST_OF_CCB_MS = 140_000;

/** Sends at least so many; gives how many it were. */
async function send(url: string, requests: number): Promise<number> {
  let sent = 0;
  for (let perSecond = 0; sent < requests;) {
    const needed = perSecond === 0 ? 1 : Math.ceil((requests - sent) / perSecond);
    const seconds = Math.min(SLICE_SECONDS, Math.max(1, needed));
    const load = await runLoad({ url, concurrency: CONCURRENCY, seconds, body: smallBody(false), sessions: SESSIONS });
    sent += load.requests;
    perSecond = load.perSecond;
  }
  return sent;
}

async function growth({ name, url, pid = 0 }: Target, requests: number, note: Note): Promise<void> {
  const restMs = name === "ccb" ? REST_OF_CCB_MS : REST_MS;
  const first = await send(url, requests * WARM_UP_SHARE);
  const before = await restingKb(pid, restMs);
  note(name, "RSS after the first 100,000 requests", "MB", before / 1000);
  await send(url, requests - first);
  const after = await restingKb(pid, restMs);
  note(name, "RSS after a million requests", "MB", after / 1000);
  note(name, "RSS growth over a million requests", "%", (after / before - 1) * 100);
}

/** One after the other, freshly started. A smaller number than a million keeps its share of a tenth for the beginning. */
export async function runMillion(rig: Rig, names: readonly ProxyName[], requests: number, note: Note): Promise<void> {
  for (const [name, start] of Object.entries(proxies(rig, names))) {
    await using started = await startTargets({ [name]: start });
    for (const target of started.targets) await growth(target, requests, note);
    rig.say(`million: ${name}, ${requests} requests`);
  }
}
