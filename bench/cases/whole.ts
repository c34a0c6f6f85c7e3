// Whole replies: small requests over 1, 32 and 256 connections, and bodies of 1 MB.
import { runLoad, type Load, type LoadOrder } from "../load.ts";
import { bigBody, smallBody } from "../requests.ts";
import type { Row } from "../rows.ts";
import { withCpu, type Target } from "../target.ts";
import type { Note } from "../figures.ts";
import { DIRECT, type LoadCase } from "./load-case.ts";

/** So many conversations are under way: enough for all accounts to have some. */
const SESSIONS = 60;
/** The one that the large body names. */
const BIG_SESSIONS = 1;

async function measure(target: Target, name: string, order: LoadOrder, note: Note): Promise<Load> {
  const { result, cpu } = await withCpu(target, () => runLoad(order));
  note(target.name, `${name} requests/s`, "1/s", result.perSecond);
  note(target.name, `${name} p50`, "ms", result.p50Ms);
  note(target.name, `${name} p99`, "ms", result.p99Ms);
  if (cpu !== undefined) note(target.name, `${name} CPU/request`, "µs", (cpu * 1e6) / result.requests);
  return result;
}

function wholeCase(row: Row, name: string, concurrency: number, body: string, sessions = SESSIONS): LoadCase {
  return {
    row,
    async round(turn, { seconds }, note) {
      const p50 = new Map<string, number>();
      for (const target of turn) {
        const order = { url: target.url, concurrency, seconds, body, sessions };
        p50.set(target.name, (await measure(target, name, order, note)).p50Ms);
      }
      const direct = p50.get(DIRECT);
      if (concurrency > 1 || direct === undefined) return;
      p50.delete(DIRECT);
      for (const [target, own] of p50) note(target, `${name} added p50`, "ms", own - direct);
    },
  };
}

const small = smallBody(false);

export async function warmUp(url: string, seconds: number): Promise<void> {
  await runLoad({ url, concurrency: 32, seconds, body: small, sessions: SESSIONS });
}

export const WHOLE_CASES: readonly LoadCase[] = [
  wholeCase("small1", "small c=1", 1, small),
  wholeCase("small32", "small c=32", 32, small),
  wholeCase("small256", "small c=256", 256, small),
];
export const BIG_CASE = wholeCase("big", "1 MB bodies c=8", 8, bigBody(), BIG_SESSIONS);
