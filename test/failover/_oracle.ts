// What has to hold of any run, said from the scripts and the table alone. It knows nothing of how ccb chooses.
import { FAULTS } from "./_faults.ts";
import { TARGETS } from "./_simulation.ts";
import type { Outcome, Script, Sent, Step } from "./_simulation.ts";

/** Known to ccb: not before. */
interface Until {
  readonly reset: number;
  /** The latest moment at which the jitter lets it return. */
  readonly surely: number;
}

const NEVER: Until = { reset: 0, surely: 0 };
const REFUSED_AGAIN_MS = 120_000;
const PATIENCE_MS = 5_000;

const untilOf = (at: number, milliseconds: number): Until => ({
  reset: at + milliseconds,
  surely: at + milliseconds + Math.min(2_000, Math.ceil(milliseconds / 20)),
});
const later = (a: Until, b: Until): Until => ({
  reset: Math.max(a.reset, b.reset),
  surely: Math.max(a.surely, b.surely),
});

const accountOf = (target: string): string => target.split("/")[1] ?? "";
const providerOf = (target: string): string => target.split("/")[0] ?? "";

export function createOracle({ maxAttempts, budgetSeconds }: Script) {
  const limits = new Map<string, Until>();
  const lost = new Map<string, number>();
  const set = (key: string, at: number, milliseconds: number): void =>
    void limits.set(key, later(limits.get(key) ?? NEVER, untilOf(at, milliseconds)));
  const limitOf = (target: string, model: string): Until =>
    later(limits.get(target) ?? NEVER, limits.get(`${target} ${model}`) ?? NEVER);

  /** What ccb knows from an answer on. `again`: a token of this target was refused in this request before. */
  function learn({ target, account, meaning, over }: Sent, model: string, again: boolean): void {
    if (meaning.kind === "limit")
      set(meaning.scope === "model" ? `${target} ${model}` : target, over, meaning.milliseconds);
    if (meaning.kind === "announces") set(target, over, meaning.milliseconds);
    if (meaning.kind === "lost") lost.set(account, Infinity);
    if (meaning.kind === "token" && again) lost.set(account, Math.max(lost.get(account) ?? 0, over + REFUSED_AGAIN_MS));
  }

  /** Its script of this step serves at once, whenever it is asked. */
  const servesAtOnce = (step: Step, target: string): boolean => {
    const fault = step.faults[TARGETS.indexOf(target)];
    if (fault === undefined) return false;
    const answers = [0, 1].map((nth) => FAULTS[fault.name]({ seconds: fault.seconds, nth, now: 0 }));
    const serves = answers.map(
      ({ meaning: { kind }, delay }) => delay === 0 && (kind === "serves" || kind === "announces"),
    );
    return serves[0] === true || (answers[0]?.meaning.kind === "token" && serves[1] === true);
  };

  /** Throws where a step broke a rule; learns from it for the next ones. */
  return function check({ step, startedAt, endedAt, status, sent, sentAfter, attempts }: Outcome): void {
    const available = (target: string): boolean =>
      limitOf(target, step.model).surely <= startedAt && (lost.get(accountOf(target)) ?? 0) <= startedAt;
    const openAtStart = new Set(TARGETS.filter(available));
    const overloaded = new Set<string>();
    const counts = { attempts: 0, throttles: 0, retries: 0 };
    let failedAt: number | null = null;
    let terminal = false;

    for (const [index, one] of sent.entries()) {
      const { target, provider, account, meaning, at } = one;
      const before = sent.slice(0, index);
      const earlier = before.filter((other) => other.target === target);
      if (terminal) throw new Error(`${target} was asked after the answer was there`);
      if (limitOf(target, step.model).reset > at) throw new Error(`${target} was asked before its reset`);
      if ((lost.get(account) ?? 0) > at) throw new Error(`${account} was asked although it needs a sign-in`);
      const last = earlier.at(-1);
      if (last !== undefined) {
        const times = earlier.filter(({ meaning: { kind } }) => kind === last.meaning.kind).length;
        // Others may have been asked since an overload: the retry is for when nobody is left.
        const adjacent = before.at(-1) === last || last.meaning.kind === "overload";
        if (times > 1 || !adjacent || !["token", "silent", "overload"].includes(last.meaning.kind))
          throw new Error(`${target} was asked again after ${last.meaning.kind}`);
        if (last.meaning.kind === "overload") {
          counts.retries += 1;
          const better = TARGETS.find(
            (other) =>
              openAtStart.has(other) &&
              (lost.get(accountOf(other)) ?? 0) <= at &&
              !overloaded.has(providerOf(other)) &&
              !before.some((tried) => tried.target === other),
          );
          if (better !== undefined) throw new Error(`${target} was asked again although ${better} was left`);
          if ((last.meaning.after ?? 0) > PATIENCE_MS) throw new Error(`${target} was asked before its retry-after`);
          if (at - last.over < (last.meaning.after ?? 1_000)) throw new Error(`${target} was asked again too soon`);
          overloaded.delete(provider);
        }
      }
      if (overloaded.has(provider)) throw new Error(`${provider} was asked again although it is overloaded`);
      const refusedAgain = meaning.kind === "token" && last?.meaning.kind === "token";
      learn(one, step.model, refusedAgain);
      // The first refusal of a token, and a silent connection that is tried anew, are part of their attempt.
      const next = sent[index + 1];
      const partOf = next?.target === target && (meaning.kind === "token" || meaning.kind === "silent");
      if (meaning.kind === "serves" || meaning.kind === "announces" || meaning.kind === "relayed") terminal = true;
      else if (!partOf) {
        if (failedAt !== null && at - failedAt > budgetSeconds * 1000)
          throw new Error(`${target} was asked after the budget`);
        failedAt ??= one.over;
        if (meaning.kind !== "limit") counts.attempts += 1;
        if (meaning.kind === "throttle") counts.throttles += 1;
        if (meaning.kind === "overload") overloaded.add(provider);
      }
    }

    if (sentAfter.length > 0) throw new Error("something was sent after the commit point");
    if (attempts !== sent.length) throw new Error(`x-ccb-attempts says ${attempts}`);
    if (counts.attempts > maxAttempts) throw new Error(`${counts.attempts} attempts, ${maxAttempts} are allowed`);
    if (counts.throttles > 2) throw new Error("more than one hop after a throttle");
    if (counts.retries > 1) throw new Error("more than one retry at an overloaded provider");
    const spent = failedAt === null ? 0 : endedAt - failedAt;
    // A ramp may be waited for 10 s besides.
    if (!terminal && spent > budgetSeconds * 1000 + 10_000)
      throw new Error(`failed ${spent} ms after the first failure`);
    if (terminal && status === 0) throw new Error("an answer was there, and the client did not get it");
    if (terminal) return;

    const spared = counts.attempts < maxAttempts && counts.throttles < 2 && spent < budgetSeconds * 1000;
    const last = sent.at(-1);
    const patient = last?.meaning.kind === "overload" && (last.meaning.after ?? 1_000) <= PATIENCE_MS;
    if (spared && patient && counts.retries === 0 && spent < budgetSeconds * 1000 - 10_000)
      throw new Error(`${last.target} was not tried again after its overload`);
    const wouldServe = TARGETS.find(
      (target) =>
        openAtStart.has(target) &&
        servesAtOnce(step, target) &&
        limitOf(target, step.model).reset <= startedAt &&
        (lost.get(accountOf(target)) ?? 0) <= endedAt &&
        !overloaded.has(providerOf(target)),
    );
    if (spared && wouldServe !== undefined) throw new Error(`${wouldServe} would have served it, ${status} came`);
  };
}
