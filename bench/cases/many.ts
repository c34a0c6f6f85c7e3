// Whether it costs more to choose among many: 200 accounts and 50 providers beside 2 and 1, for 10,000 conversations.
import { accountNames, startCcb } from "../ccb.ts";
import type { Note } from "../figures.ts";
import { runLoad } from "../load.ts";
import { smallBody } from "../requests.ts";
import { startTargets, type Rig } from "../rig.ts";
import { withCpu, type Target } from "../target.ts";

const SESSIONS = 10_000;
const FEW_SESSIONS = 60;
const CONCURRENCY = 32;
const PROVIDERS = 50;
/** These use all accounts, the others a key of their own each. */
const WITH_ACCOUNTS = 2;

const providers = (upstream: string): unknown[] =>
  Array.from({ length: PROVIDERS }, (_, index) => ({
    name: `Provider ${index}`,
    base_url: upstream,
    ...(index < WITH_ACCOUNTS
      ? { auth_value: "oauth" }
      : { auth_type: "api_key", auth_value: `sk-ant-api03-bench-${index}` }),
  }));

export interface ManyPlan {
  readonly rounds: number;
  /** Of each program: two that do the same differ by a tenth, as the compiler chose. */
  readonly processes: number;
  readonly seconds: number;
  /** How many requests each gets before the clock starts, at least. */
  readonly warm: number;
}

interface Variant {
  readonly name: string;
  readonly target: Target;
  readonly sessions: number;
}

const load = ({ target: { url }, sessions }: Variant, seconds: number): ReturnType<typeof runLoad> =>
  runLoad({ url, concurrency: CONCURRENCY, seconds, body: smallBody(false), sessions });

export async function runMany(rig: Rig, plan: ManyPlan, note: Note): Promise<void> {
  const { rounds, processes, seconds, warm } = plan;
  const { binary, upstream } = rig;
  const common = { binary, upstream, keeping: undefined };
  const few = () => startCcb({ ...common, accounts: accountNames(2) });
  const many = () => startCcb({ ...common, accounts: accountNames(200), providers: providers(upstream) });
  // Processes of their own: one that did more than the others would be further with its compiling.
  const calm = `few (${FEW_SESSIONS} sessions)`;
  await using stack = new AsyncDisposableStack();
  const targets: Target[] = [];
  for (let index = 0; index < processes; index++)
    targets.push(...stack.use(await startTargets({ few, many, [calm]: few })).targets);
  const variants = targets.map((target): Variant => ({
    name: target.name,
    target,
    sessions: target.name === calm ? FEW_SESSIONS : SESSIONS,
  }));
  // Before the clock starts every conversation has its place, and the compiler has seen as much of each: what it is still
  // at costs more than the choice.
  for (const variant of variants)
    for (let sent = 0; sent < Math.max(variant.sessions, warm);) sent += (await load(variant, seconds)).requests;
  for (let round = 1; round <= rounds; round++)
    for (const variant of round % 2 === 0 ? variants.toReversed() : variants) {
      const { result, cpu = Number.NaN } = await withCpu(variant.target, () => load(variant, seconds));
      note("ccb", `${variant.name} c=${CONCURRENCY} requests/s`, "1/s", result.perSecond);
      note("ccb", `${variant.name} c=${CONCURRENCY} CPU/request`, "µs", (cpu * 1e6) / result.requests);
    }
  rig.say(`many: ${rounds} rounds, ${processes} of each program`);
}
