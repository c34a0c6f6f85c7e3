// How every target and provider stands, in memory: benches, failures in a row, requests under way, limits of the last
// replies.
import type { Clock, Random } from "../core/ports.ts";
import type { ChoiceRequest, ChoosableTarget, TargetRecord } from "./choosable.ts";
import { barOf, bench, createStanding, enter, setBack, settle } from "./standing.ts";
import type { Bar, Standing, Verdict, WantedBench } from "./standing.ts";
import { NO_LIMITS, withReport } from "./windows.ts";
import type { Limits, ToldLimits } from "./windows.ts";

/** What is benched: a target, a whole provider, one model on one target, or only count_tokens there. */
export type BenchPlace =
  | { readonly scope: "target"; readonly targetId: string }
  | { readonly scope: "provider"; readonly provider: string }
  | { readonly scope: "model"; readonly targetId: string; readonly model: string }
  | { readonly scope: "count_tokens"; readonly targetId: string };

/**
 * Whose the failure was; `neutral` counts for nobody (the client left, a throttle without a window); `reached`: another
 * path than messages was answered, which tells of the network alone.
 */
export type FlightVerdict = Exclude<Verdict, "failed"> | "target_failed" | "provider_failed" | "reached";

/** One attempt on its way. */
export interface Flight {
  /** What the answer said; the first call counts. */
  judge(verdict: FlightVerdict): void;
  /** The last byte has gone, or nothing will come; without a verdict it was neutral. More calls do nothing. */
  end(): void;
}

type Admission = { readonly admitted: true; readonly flight: Flight } | { readonly admitted: false; readonly bar: Bar };

type BegunRequest = Pick<ChoiceRequest, "model" | "sessionId" | "countTokens">;

export interface BalanceState {
  bench(place: BenchPlace, wanted: WantedBench): void;
  /**
   * Forgets benches, failures and ramps, official ones too: its owner says so. What belongs to a target goes with it.
   */
  clear(place: Extract<BenchPlace, { scope: "target" | "provider" }>): void;
  /** The same for every target whose id begins so. */
  clearUnder(prefix: string): void;
  /**
   * Begins an attempt, or says why it may not be: between the choice and the attempt another request may have met the
   * limit, or taken the last place of the ramp. Call it in the same turn as choose().
   */
  begin(target: Pick<ChoosableTarget, "id" | "providerName">, request: BegunRequest): Admission;
  /** An official limit keeps the target, its provider, the model or count_tokens there out now. */
  limited(target: Pick<ChoosableTarget, "id" | "providerName">, request: Omit<BegunRequest, "sessionId">): boolean;
  /** The wall clock was set back by so many milliseconds. */
  setBack(milliseconds: number): void;
  /** What a reply said of the target's limits, a good one's too. */
  report(targetId: string, model: string | null, told: ToldLimits): void;
  /** undefined: nothing is known of it, which is as good as new. */
  target(targetId: string): TargetRecord | undefined;
  provider(name: string): Readonly<Standing> | undefined;
}

interface OwnRecord extends Standing {
  readonly models: Map<string, Standing>;
  readonly countTokens: Standing;
  inFlight: number;
  limits: Limits;
}

const createRecord = (): OwnRecord => ({
  ...createStanding(),
  models: new Map(),
  countTokens: createStanding(),
  inFlight: 0,
  limits: NO_LIMITS,
});

function ensured<Value>(map: Map<string, Value>, key: string, create: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const created = create();
  map.set(key, created);
  return created;
}

/** So many models of one target are remembered before those whose bench is over are forgotten. */
const MODELS = 50;
/** The same for targets: each credential that a client brings along is one. */
const TARGETS = 10_000;

/** A guess of the failure table's row of that name: who answers for something else may still be too busy for messages. */
const isOverloaded = ({ guess }: Standing): boolean => guess?.reason === "overloaded";

const isBenched = ({ official, guess }: Standing, now: number): boolean =>
  (official?.until ?? 0) > now || (guess?.until ?? 0) > now;

/** Numbers flights and failures, in the order in which they begin. */
interface Counter {
  order: number;
}

/** A class, as every request makes one. */
class FlightOf implements Flight {
  private judged = false;
  private ended = false;
  private readonly number: number;
  private readonly target: OwnRecord;
  private readonly provider: Standing;
  /** Target and provider, then what stands for itself within the target. */
  private readonly standings: readonly Standing[];
  private readonly counter: Counter;

  constructor(target: OwnRecord, provider: Standing, standings: readonly Standing[], counter: Counter) {
    this.number = counter.order;
    this.target = target;
    this.provider = provider;
    this.standings = standings;
    this.counter = counter;
  }

  judge(verdict: FlightVerdict): void {
    if (this.judged) return;
    this.judged = true;
    const { target, provider, standings, number } = this;
    const order = (this.counter.order += 1);
    const rest = verdict === "ok" ? "ok" : "neutral";
    const reached = verdict === "reached" && !isOverloaded(provider) ? "ok" : rest;
    settle(target, verdict === "target_failed" ? "failed" : rest, number, order);
    // Thirty that fail at once are one failure of the provider: its cooldown doubles with each.
    const anew = verdict === "provider_failed" && number > provider.failedAt;
    settle(provider, anew ? "failed" : reached, number, order);
    for (let at = 2; at < standings.length; at += 1) {
      const part = standings[at];
      if (part === undefined) continue;
      settle(part, verdict === "reached" && part === target.countTokens ? "ok" : rest, number, order);
    }
  }

  end(): void {
    this.judge("neutral");
    if (this.ended) return;
    this.ended = true;
    this.target.inFlight -= 1;
  }
}

export function createBalanceState({
  clock,
  random,
}: {
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
}): BalanceState {
  const targets = new Map<string, OwnRecord>();
  const providers = new Map<string, Standing>();
  const counter: Counter = { order: 0 };

  function record(targetId: string): OwnRecord {
    if (targets.size >= TARGETS && !targets.has(targetId)) forgetIdle();
    return ensured(targets, targetId, createRecord);
  }

  function forgetIdle(): void {
    const now = clock.now();
    for (const [id, target] of targets) {
      const standings = [target, target.countTokens, ...target.models.values()];
      if (target.inFlight === 0 && !standings.some((standing) => isBenched(standing, now))) targets.delete(id);
    }
  }

  function modelStanding(targetId: string, model: string): Standing {
    const { models } = record(targetId);
    if (models.size >= MODELS) {
      const now = clock.now();
      for (const [name, standing] of models) if (!isBenched(standing, now)) models.delete(name);
    }
    return ensured(models, model, createStanding);
  }

  function standingAt(place: BenchPlace): Standing {
    switch (place.scope) {
      case "target":
        return record(place.targetId);
      case "provider":
        return ensured(providers, place.provider, createStanding);
      case "model":
        return modelStanding(place.targetId, place.model);
      case "count_tokens":
        return record(place.targetId).countTokens;
    }
  }

  function clearTarget(target: OwnRecord): void {
    for (const standing of [target, target.countTokens, ...target.models.values()])
      Object.assign(standing, createStanding());
    // What it was told of its windows is as old as its cooldowns.
    target.limits = NO_LIMITS;
  }

  return {
    bench(place, wanted) {
      const standing = standingAt(place);
      counter.order += 1;
      if (!wanted.official) standing.failedAt = counter.order;
      bench(standing, wanted, clock.now(), random.fraction());
    },
    clear(place) {
      if (place.scope === "provider") {
        const standing = providers.get(place.provider);
        // Changed in place: flights on their way hold it.
        if (standing !== undefined) Object.assign(standing, createStanding());
        return;
      }
      const target = targets.get(place.targetId);
      if (target !== undefined) clearTarget(target);
    },
    clearUnder(prefix) {
      for (const [id, target] of targets) if (id.startsWith(prefix)) clearTarget(target);
    },
    begin({ id, providerName }, { model, sessionId, countTokens }) {
      const now = clock.now();
      const target = record(id);
      const provider = ensured(providers, providerName, createStanding);
      const standings: Standing[] = [target, provider];
      if (countTokens) standings.push(target.countTokens);
      const ofModel = model === null ? undefined : target.models.get(model);
      if (ofModel !== undefined) standings.push(ofModel);
      for (const standing of standings) {
        const bar = barOf(standing, sessionId, now);
        if (bar !== null) return { admitted: false, bar };
      }
      counter.order += 1;
      for (const standing of standings) enter(standing, sessionId, now, counter.order);
      target.inFlight += 1;
      return { admitted: true, flight: new FlightOf(target, provider, standings, counter) };
    },
    limited({ id, providerName }, { model, countTokens }) {
      const now = clock.now();
      const known = targets.get(id);
      const ofModel = model === null ? undefined : known?.models.get(model);
      const standings = [known, providers.get(providerName), ofModel, countTokens ? known?.countTokens : undefined];
      return standings.some((standing) => (standing?.official?.until ?? 0) > now);
    },
    setBack(milliseconds) {
      const ofTargets = Array.from(targets.values(), (target) => [
        target,
        target.countTokens,
        ...target.models.values(),
      ]);
      for (const standing of [...ofTargets.flat(), ...providers.values()]) setBack(standing, milliseconds);
    },
    report(targetId, model, told) {
      const target = record(targetId);
      const limits = withReport(target.limits, told, model, clock.now());
      // Not written anew: among hundreds of targets that would be work for the garbage collector with every request.
      if (limits !== target.limits) target.limits = limits;
    },
    target: (targetId) => targets.get(targetId),
    provider: (name) => providers.get(name),
  };
}
