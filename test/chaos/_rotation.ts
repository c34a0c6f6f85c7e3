// Kills the compiled program with SIGKILL at random moments of refresh and flush, starts it again, and holds what it
// knows against what the servers know.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { messagesHandler } from "../support/anthropic.ts";
import { makeHome, startCcb } from "../support/binary.ts";
import type { Ccb } from "../support/binary.ts";
import { identity, startOAuthServer } from "../support/oauth-server.ts";
import { createTestRandom } from "../support/random.ts";
import { startSecretService } from "../support/secret-service.ts";
import { startUpstream } from "../support/upstream.ts";
import { threadsAtWork } from "./_threads.ts";

type Backend = "file" | "keyring";

/** A reply this long before the kill was surely read by a program of which every thread sleeps, milliseconds. */
const SURELY_READ_MS = 50;
/** And by one that is kept waiting for a core or the disk, on a machine that has ten other things to do. */
const READ_AT_LAST_MS = 2_000;
const KEPT_WITHIN_MS = 10_000;

export interface Figures {
  rounds: number;
  /** Kills by what was under way. */
  kills: Record<string, number>;
  /** Token replies that were on their way, or read, when the kill came. */
  rotations: number;
  /** Of these, those whose client had its answer. */
  answered: number;
  /** Accounts and statistics that only the journal had. */
  rescuedAccounts: number;
  rescuedStatistics: number;
  /** Killed before it can have read the reply: only a new sign-in helps. */
  unknowable: number;
  /** The longest time between such a reply and the kill, milliseconds. */
  unknowableAfterMs: number;
  /** Of these, those that were later than `SURELY_READ_MS`, with a thread that waited for a core or the disk. */
  unknowableStarved: number;
  /** Requests counted, and those that a kill took. */
  requests: number;
  requestsForgotten: number;
  /** The oldest request that was forgotten, seconds before the kill. */
  oldestForgottenSeconds: number;
}

export interface RotationOptions {
  readonly backend: Backend;
  readonly seed: number;
  readonly rounds: number;
  /** Long rounds, 11 to 16 s each, for the age of statistics; they run beside the others. */
  readonly longRounds: number;
  /** What it would be without: for comparison. */
  readonly withoutJournal?: boolean;
}

interface Served {
  readonly account: string;
  readonly at: number;
}

type Json = any; // oxlint-disable-line typescript/no-explicit-any

const nothing = (): Figures => ({
  rounds: 0,
  kills: {},
  rotations: 0,
  answered: 0,
  rescuedAccounts: 0,
  rescuedStatistics: 0,
  unknowable: 0,
  unknowableAfterMs: 0,
  unknowableStarved: 0,
  requests: 0,
  requestsForgotten: 0,
  oldestForgottenSeconds: 0,
});

/** Runs the rounds; throws at the first account that is lost, statistic too old, or statistic doubled. */
export async function killAtRandom(options: RotationOptions): Promise<Figures> {
  const figures = nothing();
  await Promise.all([
    lane(options, options.seed, figures, shortRounds(options.rounds)),
    ...(options.longRounds > 0 ? [lane(options, options.seed + 1, figures, longRounds(options.longRounds))] : []),
  ]);
  return figures;
}

interface Lane {
  readonly fraction: () => number;
  readonly between: (from: number, to: number) => number;
  readonly emails: readonly string[];
  readonly figures: Figures;
  readonly freeze: () => void;
  readonly thaw: () => void;
  readonly mayFreeze: boolean;
  /** Starts it and checks that it knows what it must. */
  start(): Promise<Ccb>;
  kill(ccb: Ccb, why: string): Promise<void>;
  message(ccb: Ccb): Promise<void>;
  /** Holds the token replies, asks for refreshes, and gives what lets the replies go. */
  refreshAll(ccb: Ccb, emails: readonly string[]): Promise<() => void>;
}

/** Turns of the event loop instead of a timer: the replies of the servers here go out meanwhile, and 1 ms is not too short. */
async function pause(milliseconds: number): Promise<void> {
  for (const until = performance.now() + milliseconds; performance.now() < until;) {
    if (until - performance.now() > 5) await Bun.sleep(1);
    else await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}

function shortRounds(count: number) {
  return async (lane: Lane): Promise<void> => {
    for (let round = 0; round < count; round += 1) {
      const ccb = await lane.start();
      const wanted = lane.emails.filter(() => lane.fraction() < 0.6);
      const kind = lane.fraction();
      for (let sent = Math.floor(lane.between(0, 4)); sent > 0; sent -= 1) await lane.message(ccb);
      if (kind < 0.2) {
        const stopping = ccb.stop();
        await pause(lane.between(0, 40));
        await lane.kill(ccb, "flush");
        await stopping;
      } else if (kind < 0.3) {
        const release = await lane.refreshAll(ccb, wanted);
        await pause(lane.between(0, 5));
        await lane.kill(ccb, "before the reply");
        release();
      } else if (lane.mayFreeze && kind < 0.5) {
        const release = await lane.refreshAll(ccb, wanted);
        lane.freeze();
        release();
        await pause(lane.between(SURELY_READ_MS + 5, 300));
        await lane.kill(ccb, "keyring frozen");
        lane.thaw();
      } else {
        const release = await lane.refreshAll(ccb, wanted);
        release();
        await pause(lane.fraction() < 0.7 ? lane.between(0, 10) : lane.between(10, 60));
        await lane.kill(ccb, "refresh");
      }
      lane.figures.rounds += 1;
    }
    await lane.kill(await lane.start(), "end");
  };
}

function longRounds(count: number) {
  return async (lane: Lane): Promise<void> => {
    for (let round = 0; round < count; round += 1) {
      const ccb = await lane.start();
      const end = performance.now() + lane.between(10_500, 16_000);
      // Frozen from before the flush to the end: the keyring has none of it, the journal must.
      const freezeAt = lane.mayFreeze && lane.fraction() < 0.5 ? performance.now() + 500 : Infinity;
      while (performance.now() < end) {
        await lane.message(ccb);
        if (performance.now() > freezeAt) lane.freeze();
        await pause(lane.between(20, 400));
      }
      await lane.kill(ccb, "statistics");
      lane.thaw();
      lane.figures.rounds += 1;
    }
    await lane.kill(await lane.start(), "end");
  };
}

async function lane(
  { backend, withoutJournal = false }: RotationOptions,
  seed: number,
  figures: Figures,
  rounds: (lane: Lane) => Promise<void>,
): Promise<void> {
  const random = createTestRandom(seed);
  const fraction = (): number => random.fraction();
  const between = (from: number, to: number): number => from + fraction() * (to - from);
  const service = backend === "keyring" ? await startSecretService() : null;
  const oauth = await startOAuthServer();
  const upstream = await startUpstream({ authorize: oauth.identify });
  upstream.handle(messagesHandler());
  const home = makeHome();
  const keyFile = join(home, "store.key");
  writeFileSync(keyFile, randomBytes(32).toString("base64"), { mode: 0o600 });
  const people = ["a", "b", "c"].map((name) => identity(`${name}@example.com`));
  const emails = people.map(({ email }) => email);

  /** By email: when the last token reply went out, and whether the client had its answer. */
  let replies = new Map<string, { at: number; answered: boolean }>();
  let killedAt = 0;
  /** What kept the program busy when it was killed. */
  let atWork: readonly string[] = [];
  /** By account id: what the last start knew, and what was sent since. */
  let counted = new Map<string, number>();
  let served: Served[] = [];
  let sent = new Map<string, number>();

  const call = async (ccb: Ccb, method: string, path: string, body?: unknown): Promise<[Response, Json]> => {
    const headers = { "content-type": "application/json", "anthropic-version": "2023-06-01" };
    const init = { method, keepalive: false, headers };
    const response = await ccb.request(path, body === undefined ? init : { ...init, body: JSON.stringify(body) });
    return [response, await response.json()];
  };
  const signIn = async (ccb: Ccb, email: string): Promise<void> => {
    const person = people.find((one) => one.email === email);
    if (person === undefined) throw new Error(`nobody has ${email}`);
    const [, { login_url }] = await call(ccb, "GET", "/oauth/generate-url");
    const [, signed] = await call(ccb, "POST", "/oauth/exchange-code", {
      code: oauth.authorize(login_url, person).pasted,
    });
    if (signed.durable !== true) throw new Error(`the sign-in was not durable: ${JSON.stringify(signed)}`);
  };
  const status = async (ccb: Ccb): Promise<Json[]> => (await call(ccb, "GET", "/oauth/status"))[1].tokens;
  const fail = (ccb: Ccb, what: string): never => {
    throw new Error(`seed ${seed}, round ${figures.rounds}: ${what}\n${ccb.stdout}\n${ccb.stderr}`);
  };

  function checkStatistics(ccb: Ccb, rows: readonly Json[]): void {
    for (const { account_id: id, usage_count: now } of rows) {
      const before = counted.get(id) ?? 0;
      const mine = served.filter(({ account }) => account === id);
      const old = mine.filter(({ at }) => at <= killedAt - KEPT_WITHIN_MS).length;
      const most = before + (sent.get(id) ?? sent.get("any") ?? 0);
      if (now < before + old)
        fail(ccb, `${id} has ${now} requests, and ${before + old} were over 10 s before the kill`);
      if (now > most) fail(ccb, `${id} has ${now} requests, and at most ${most} were sent`);
      const forgotten = mine.slice(now - before);
      figures.requestsForgotten += forgotten.length;
      for (const { at } of forgotten.slice(0, 1)) {
        figures.oldestForgottenSeconds = Math.max(figures.oldestForgottenSeconds, (killedAt - at) / 1000);
      }
    }
    counted = new Map(rows.map(({ account_id, usage_count }) => [account_id, usage_count]));
    served = [];
    sent = new Map();
  }

  /** Each account must be able to refresh, unless the kill came before its reply can have been read. */
  async function checkAccounts(ccb: Ccb): Promise<void> {
    for (const email of emails) {
      const [response] = await call(ccb, "POST", `/oauth/refresh/${email}`);
      if (response.status === 200) continue;
      const reply = replies.get(email);
      if (reply === undefined) fail(ccb, `${email} is lost (${response.status}), and nothing was under way`);
      else {
        const after = killedAt - reply.at;
        if (reply.answered) fail(ccb, `${email} is lost, and its refresh had been answered`);
        const most = atWork.length === 0 ? SURELY_READ_MS : READ_AT_LAST_MS;
        if (after > most) fail(ccb, `${email} is lost, ${after} ms after its reply; at work: ${atWork.join(", ")}`);
        if (after > SURELY_READ_MS) figures.unknowableStarved += 1;
        figures.unknowable += 1;
        figures.unknowableAfterMs = Math.max(figures.unknowableAfterMs, after);
      }
      // Loudly, at once: not at the next request that finds nobody.
      await ccb.output("Please authorize");
      await signIn(ccb, email);
    }
    replies = new Map();
  }

  const started: Ccb[] = [];
  let first = true;
  const me: Lane = {
    fraction,
    between,
    emails,
    figures,
    mayFreeze: service !== null,
    freeze: () => service?.freeze(),
    thaw: () => service?.thaw(),
    async start() {
      const bus = service?.env["DBUS_SESSION_BUS_ADDRESS"];
      const ccb = await startCcb({
        home,
        config: { upstream: upstream.url, oauth, settings: { oauth: { store: backend } } },
        env: bus === undefined ? { CCB_STORE_KEY_FILE: keyFile } : { DBUS_SESSION_BUS_ADDRESS: bus },
      });
      started.push(ccb);
      if (first) {
        if (withoutJournal) blockJournal(home);
        for (const email of emails) await signIn(ccb, email);
        first = false;
      }
      let rows = await status(ccb);
      for (const until = performance.now() + 10_000; rows.length < emails.length && performance.now() < until;) {
        await Bun.sleep(5);
        rows = await status(ccb);
      }
      if (rows.length !== emails.length) fail(ccb, `knows ${rows.length} of ${emails.length} accounts`);
      checkStatistics(ccb, rows);
      await checkAccounts(ccb);
      return ccb;
    },
    async kill(ccb, why) {
      atWork = [];
      try {
        atWork = threadsAtWork(ccb.pid);
        process.kill(ccb.pid, "SIGKILL");
      } catch {
        // It had stopped by itself.
      }
      killedAt = performance.now();
      await ccb.exited;
      figures.kills[why] = (figures.kills[why] ?? 0) + 1;
      figures.answered += [...replies.values()].filter(({ answered }) => answered).length;
      await ccb.stop("SIGKILL");
      for (const [, accounts, statistics] of ccb.stdout.matchAll(
        /journal_recovered.*?accounts\W+(\d+).*?statistics\W+(\w+)/g,
      )) {
        figures.rescuedAccounts += Number(accounts);
        if (statistics === "true") figures.rescuedStatistics += 1;
      }
    },
    async message(ccb) {
      sent.set("any", (sent.get("any") ?? 0) + 1);
      const body = { model: "claude-opus-5", max_tokens: 16, messages: [{ role: "user", content: "hello" }] };
      const [response] = await call(ccb, "POST", "/v1/messages", body);
      if (response.status !== 200) fail(ccb, `a message got ${response.status}`);
      served.push({ account: response.headers.get("x-ccb-account") ?? "", at: performance.now() });
      figures.requests += 1;
    },
    async refreshAll(ccb, wanted) {
      const release = oauth.hold();
      const before = oauth.calls.length;
      const asked = wanted.map(async (email) => {
        try {
          const [response] = await call(ccb, "POST", `/oauth/refresh/${email}`);
          const reply = replies.get(email);
          if (response.status === 200 && reply !== undefined) reply.answered = true;
        } catch {
          // Killed before the answer.
        }
      });
      void Promise.all(asked);
      for (const until = performance.now() + 5_000; oauth.calls.length < before + wanted.length;) {
        if (performance.now() > until) fail(ccb, "the refreshes did not arrive");
        await Bun.sleep(1);
      }
      return () => {
        for (const email of wanted) replies.set(email, { at: performance.now(), answered: false });
        figures.rotations += wanted.length;
        release();
      };
    },
  };

  try {
    await rounds(me);
  } finally {
    service?.thaw();
    for (const ccb of started) await ccb[Symbol.asyncDispose]();
    await oauth.stop();
    await upstream.stop();
    await service?.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

/** A file where the journal's folders would be: nothing can be noted. */
function blockJournal(home: string): void {
  const state = join(home, ".local", "state", "ccb");
  mkdirSync(state, { recursive: true });
  const stem = [...new Bun.Glob("store-*.lock").scanSync(state)][0]?.replace(/\.lock$/, "") ?? "none";
  for (const kind of ["keyring", "file"]) {
    rmSync(join(state, `${stem}.journal-${kind}`), { recursive: true, force: true });
    writeFileSync(join(state, `${stem}.journal-${kind}`), "");
  }
}

/** The figures in a few lines. */
export function report(title: string, figures: Figures): string {
  const { kills, ...rest } = figures;
  const lines = Object.entries(rest).map(([name, value]) => `  ${name}: ${Math.round(value * 100) / 100}`);
  return [`${title}: kills ${JSON.stringify(kills)}`, ...lines].join("\n");
}
