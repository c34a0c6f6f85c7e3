// Runs a script of faults against the program: scripted upstreams behind its fetch, a clock that moves only while
// everybody waits for it, and a record of what was sent to whom, when, and what it meant.
import { identity } from "../support/oauth-server.ts";
import { settle } from "../support/clock.ts";
import { createWorld } from "../support/world.ts";
import type { World } from "../support/world.ts";
import type { Fetch, FetchInit } from "../../src/core/ports.ts";
import { FAULTS } from "./_faults.ts";
import type { Fault, Meaning } from "./_faults.ts";

const PROVIDERS = ["P", "Q", "R"];
const ACCOUNTS = ["a@x.io", "b@x.io", "c@x.io"];
/** Every account at every provider, in this order. */
export const TARGETS = PROVIDERS.flatMap((provider) => ACCOUNTS.map((account) => `${provider}/${account}`));

export interface Step {
  /** Before the request. */
  readonly gapSeconds: number;
  readonly model: string;
  readonly session: string | null;
  /** One for each of TARGETS. */
  readonly faults: readonly Fault[];
}

export interface Script {
  readonly strategy: string;
  /** Of each provider. */
  readonly priorities: readonly number[];
  readonly maxAttempts: number;
  readonly budgetSeconds: number;
  readonly steps: readonly Step[];
}

/** One request to an upstream. */
export interface Sent {
  readonly target: string;
  readonly provider: string;
  readonly account: string;
  /** Wall clock, milliseconds. */
  readonly at: number;
  /** When its answer, or its end without one, was there. */
  over: number;
  readonly meaning: Meaning;
}

/** What came of one step. */
export interface Outcome {
  readonly step: Step;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly status: number;
  /** Sent up to the commit point. */
  readonly sent: readonly Sent[];
  /** Sent while the body was read: there must be none. */
  readonly sentAfter: readonly Sent[];
  readonly attempts: number;
}

const urlOf = (index: number): string => `http://127.0.0.1:${2001 + index}`;
const FIRST_BYTE_SECONDS = 40;

/** The accounts are signed in once, and every run finds them in the vault. */
export async function startBase(): Promise<World> {
  const world = await createWorld({ oauth: { expiresIn: 3_600 * 86_400 } });
  for (const email of ACCOUNTS) await world.signIn(identity(email));
  // Only its servers and its vault go on.
  await world.app.stop();
  return world;
}

export async function simulate(base: World, script: Script): Promise<readonly Outcome[]> {
  const { clock } = base;
  let current: Step | null = null;
  let sent: Sent[] = [];
  /** Real requests under way: the clock stands still for them. */
  const real = { underWay: 0 };

  async function upstream(url: string, init: FetchInit): Promise<Response> {
    const provider = PROVIDERS[Number(new URL(url).port) - 2001] ?? "?";
    const bearer = init.headers?.get("authorization")?.slice("Bearer ".length) ?? "";
    const account = base.oauth.identify(bearer)?.email ?? "nobody";
    const target = `${provider}/${account}`;
    const fault = current?.faults[TARGETS.indexOf(target)];
    if (fault === undefined) throw new Error(`${target} is none`);
    const nth = sent.filter((one) => one.target === target).length;
    const { meaning, reply, delay } = FAULTS[fault.name]({ seconds: fault.seconds, nth, now: clock.now() });
    const record: Sent = { target, provider, account, at: clock.now(), over: clock.now(), meaning };
    sent.push(record);
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const aborted = (): void => {
      record.over = clock.now();
      reject(new DOMException("aborted", "AbortError"));
    };
    const answer = (): void => {
      // As fetch does: the signal may go on to another exchange.
      init.signal?.removeEventListener("abort", aborted);
      record.over = clock.now();
      if (typeof reply === "function") resolve(reply());
      else if (reply !== null) reject(Object.assign(new Error(reply.code), { code: reply.code }));
    };
    init.signal?.addEventListener("abort", aborted, { once: true });
    if (reply !== null && delay === 0) answer();
    else if (reply !== null) clock.after(delay, answer);
    return promise;
  }
  const fetchScripted: Fetch = async (url, init) => {
    if (!url.startsWith(base.oauth.url)) return upstream(url, init);
    real.underWay += 1;
    try {
      const response = await fetch(url, init);
      // Read here, so that the clock stands still for its body, too.
      return new Response(await response.bytes(), { status: response.status, headers: response.headers });
    } finally {
      real.underWay -= 1;
    }
  };

  await using world = await createWorld({
    after: base,
    vault: base.vault,
    fetch: fetchScripted,
    config: {
      providers: PROVIDERS.map((name, index) => ({
        name,
        base_url: urlOf(index),
        auth_value: "oauth",
        priority: script.priorities[index] ?? 1,
      })),
      settings: {
        balancing: {
          strategy: script.strategy,
          max_attempts: script.maxAttempts,
          failover_budget_seconds: script.budgetSeconds,
        },
        timeouts: { first_byte: FIRST_BYTE_SECONDS, first_byte_stream: FIRST_BYTE_SECONDS },
      },
    },
  });
  while (world.app.store.all().length < ACCOUNTS.length) await settle();

  /** Lets promises run; where all of them wait for the clock, moves it to its next timer. */
  async function drive<Value>(promise: Promise<Value>): Promise<Value> {
    const state = { settled: false };
    const mark = (): void => {
      state.settled = true;
    };
    promise.then(mark, mark);
    for (const until = clock.now() + 3_600_000; clock.now() < until;) {
      for (let turn = 0; turn < 12 && !state.settled; turn += 1) {
        await settle();
        while (real.underWay > 0) await Bun.sleep(1);
      }
      if (state.settled) return promise;
      await clock.advance(clock.timers()[0] ?? 1_000);
    }
    throw new Error("the request did not end within an hour of the fake clock");
  }

  const outcomes: Outcome[] = [];
  for (const step of script.steps) {
    await clock.advance(step.gapSeconds * 1000);
    while (real.underWay > 0) await Bun.sleep(1);
    current = step;
    sent = [];
    const startedAt = clock.now();
    const response = await drive(
      world.request("/v1/messages", {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "anthropic-version": "2023-06-01",
          ...(step.session === null ? {} : { "x-claude-code-session-id": step.session }),
        },
        body: JSON.stringify({ model: step.model, max_tokens: 16, stream: true, messages: [] }),
      }),
    );
    const endedAt = clock.now();
    const before = [...sent];
    const text = await drive(response.text().catch(() => "broken"));
    const served = response.status === 200 && (text === "broken" || text.includes("content_block_delta"));
    outcomes.push({
      step,
      startedAt,
      endedAt,
      // A stream that is an error all through is a failure, whatever its status.
      status: response.status === 200 && !served ? 0 : response.status,
      sent: before,
      sentAfter: sent.slice(before.length),
      attempts: Number(response.headers.get("x-ccb-attempts") ?? before.length),
    });
  }
  return outcomes;
}
