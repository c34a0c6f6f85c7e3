// `make soak MINUTES=10`: the compiled program under a mixed load with faults, watched from outside. Exit code 1 where it grows.
// MINUTES (default 10), SOAK_SEED, SOAK_WORKERS, TEST_BINARY.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { configText, makeHome, startCcb } from "../support/binary.ts";
import type { Ccb, ConfigPieces } from "../support/binary.ts";
import { identity, startOAuthServer } from "../support/oauth-server.ts";
import type { OAuthServer } from "../support/oauth-server.ts";
import { createTestRandom } from "../support/random.ts";
import { startUpstream } from "../support/upstream.ts";
import { soakHandler, startLoad } from "./load.ts";
import type { Outcomes } from "./load.ts";
import { countDescriptors, inFlight, takeSample, trendOf, troughsOf, wakeUps } from "./sample.ts";
import type { Measure, Sample } from "./sample.ts";

const ACCOUNTS = ["a@example.com", "b@example.com", "c@example.com"];
/** Each account is refreshed about four times a minute. */
const TOKEN_LIFE_SECONDS = 15;
const SAMPLE_MS = 2_000;
const REST_SECONDS = 5;
/** After the load: what it started by itself (renewed tokens, connections that idle) has come to rest by then. */
const SETTLE_SECONDS = 30;

/**
 * MiB, between the medians of two quarters, and by the fitted line. The collector's own waves are of this size; what each
 * request left behind would be more within minutes: 1 kB is 10 MiB after 10,000 requests, a minute's worth.
 */
const RSS_GROWTH = 16;
/** Connections and files come and go with the load; one that each failed request left would be hundreds. */
const DESCRIPTOR_GROWTH = 16;
const THREAD_GROWTH = 2;
/** Beyond what was open before the load, and the one connection that each client here keeps alive. */
const DESCRIPTORS_LEFT = 8;
/** A second, beyond those before the load: a timer that was left and repeats would show. */
const WAKE_UPS_MORE = 20;
/** Of what has no fault of its own: served, or told to wait: every account is at a limit (429), or its token cannot be renewed (503). */
const ANSWERED_LEAST = 0.99;

async function signIn(ccb: Ccb, oauth: OAuthServer, email: string): Promise<void> {
  const begun = await ccb.request("/oauth/generate-url");
  const { login_url }: { readonly login_url: string } = JSON.parse(await begun.text());
  const done = await ccb.request("/oauth/exchange-code", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: oauth.authorize(login_url, identity(email)).pasted }),
  });
  if (!done.ok) throw new Error(`the sign-in of ${email}: ${done.status} ${await done.text()}`);
}

const one = (value: number): string => value.toFixed(1);

function printSamples(samples: readonly Sample[]): void {
  console.log("\n   s  RSS MiB  anonymous  descriptors  threads  in flight  CPU %  requests/s");
  const step = Math.max(1, Math.floor(samples.length / 24));
  let before = samples[0];
  for (const [index, sample] of samples.entries()) {
    if (before === undefined || index % step !== 0) continue;
    const seconds = sample.at - before.at || 1;
    const cpu = ((sample.cpuSeconds - before.cpuSeconds) / seconds) * 100;
    const rate = (sample.requests - before.requests) / seconds;
    const { at, rss, anonymous, descriptors, threads, inFlight } = sample;
    const cells = [at.toFixed(0), one(rss), one(anonymous), descriptors, threads, inFlight, cpu.toFixed(0), one(rate)];
    console.log(
      cells.map((cell, column) => String(cell).padStart([4, 8, 10, 12, 8, 10, 6, 11][column] ?? 8)).join(" "),
    );
    before = sample;
  }
}

function printOutcomes(outcomes: Outcomes): void {
  console.log("\nwhat came of the requests");
  for (const [kind, results] of outcomes) {
    const sorted = [...results].toSorted(([, a], [, b]) => b - a).slice(0, 8);
    console.log(`  ${kind.padEnd(18)}${sorted.map(([result, times]) => `${result}: ${times}`).join(", ")}`);
  }
}

const shareAnswered = (outcomes: Outcomes): number => {
  const of = ["plain", "stream", "count_tokens"].flatMap((kind) => [...(outcomes.get(kind) ?? [])]);
  const all = of.reduce((sum, [, times]) => sum + times, 0);
  return (
    of.filter(([result]) => ["200", "429", "503"].includes(result)).reduce((sum, [, times]) => sum + times, 0) / all
  );
};

/** One line of the verdict. */
type Finding = readonly [holds: boolean, what: string];

function findTrends(samples: readonly Sample[]): Finding[] {
  const limits: readonly (readonly [Measure, string, number])[] = [
    ["rss", "RSS, MiB", RSS_GROWTH],
    ["descriptors", "descriptors", DESCRIPTOR_GROWTH],
    ["threads", "threads", THREAD_GROWTH],
  ];
  const findings = limits.map(([measure, name, limit]): Finding => {
    const { third, last, growth, perHour, fitted } = trendOf(troughsOf(samples, measure), measure);
    const what = `${name}, lowest of every 16 s: 3rd quarter ${one(third)}, last ${one(last)} (${one(growth)}); slope ${one(perHour)}/h, ${one(fitted)} over the time measured; limit ${limit} for both`;
    return [growth <= limit && fitted <= limit, what];
  });
  const { growth, perHour } = trendOf(troughsOf(samples, "anonymous"), "anonymous");
  console.log(
    `\nof the RSS, what is no file: ${one(growth)} MiB from the 3rd quarter to the last, slope ${one(perHour)} MiB/h`,
  );
  return findings;
}

async function main(): Promise<number> {
  const minutes = Number(process.env["MINUTES"] ?? 10);
  if (!(minutes >= 0.5 && minutes <= 10_000)) throw new Error("MINUTES takes a number from 0.5 on");
  const seed = Number(process.env["SOAK_SEED"] ?? Math.floor(Math.random() * 0x7fff_ffff));
  const workers = Number(process.env["SOAK_WORKERS"] ?? 16);
  console.log(`soak: ${minutes} minutes, ${workers} clients, seed ${seed} (again with SOAK_SEED=${seed})`);

  await using oauth = await startOAuthServer({ expiresIn: TOKEN_LIFE_SECONDS });
  await using upstream = await startUpstream({ authorize: oauth.identify });
  upstream.handle(soakHandler());
  const home = makeHome();
  const keyFile = join(home, "store.key");
  writeFileSync(keyFile, randomBytes(32).toString("base64"), { mode: 0o600 });
  const config: ConfigPieces = {
    upstream: upstream.url,
    oauth,
    settings: { log_level: "ERROR", oauth: { store: "file" } },
  };
  await using ccb = await startCcb({ config, home, env: { CCB_STORE_KEY_FILE: keyFile } });
  for (const email of ACCOUNTS) await signIn(ccb, oauth, email);
  await Bun.sleep(1_000);
  const quiet = { descriptors: countDescriptors(ccb.pid), wakeUps: await wakeUps(ccb.pid, REST_SECONDS) };

  const load = startLoad({ ccb, oauth, random: createTestRandom(seed), config: configText(config) }, workers, 30);
  const samples: Sample[] = [];
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  while (seconds() < minutes * 60) {
    await Bun.sleep(SAMPLE_MS);
    samples.push(await takeSample(ccb, seconds(), load.sent));
    // What the servers of the test remember of their requests would fill this process.
    upstream.clear();
  }
  await load.stop();
  upstream.dropConnections();
  await Bun.sleep(SETTLE_SECONDS * 1000);
  const woken = await wakeUps(ccb.pid, REST_SECONDS);
  const left = { descriptors: countDescriptors(ccb.pid), inFlight: await inFlight(ccb) };

  printSamples(samples);
  printOutcomes(load.outcomes);
  console.log(
    `\n${load.sent} requests, ${oauth.refreshes} refreshes, ${oauth.exchanges} sign-ins, ${oauth.reuse} refresh tokens used twice`,
  );
  const answered = shareAnswered(load.outcomes);
  const findings: readonly Finding[] = [
    ...findTrends(samples),
    [left.inFlight === 0, `requests in flight after the load: ${left.inFlight}; limit 0`],
    [
      left.descriptors <= quiet.descriptors + workers + DESCRIPTORS_LEFT,
      `descriptors before the load ${quiet.descriptors}, after it ${left.descriptors}; limit ${workers + DESCRIPTORS_LEFT} more (${workers} clients keep a connection)`,
    ],
    [
      woken <= quiet.wakeUps + WAKE_UPS_MORE,
      `wake-ups a second at rest, before ${one(quiet.wakeUps)}, after ${one(woken)}; limit ${WAKE_UPS_MORE} more (timers are not to be seen from outside; those that repeat wake a thread)`,
    ],
    [
      answered >= ANSWERED_LEAST,
      `${one(answered * 100)} % of the requests without a fault were served or told to wait; limit ${ANSWERED_LEAST * 100} %`,
    ],
    [(await ccb.stop()) === 0, "it stops when it is told to"],
  ];
  console.log("\nverdict");
  for (const [holds, what] of findings) console.log(`  ${holds ? "flat " : "NOT  "} ${what}`);
  return findings.every(([holds]) => holds) ? 0 : 1;
}

process.exit(await main());
