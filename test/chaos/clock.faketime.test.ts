// The machine's clock is set anew while ccb runs, a day ahead and a day back. libfaketime stands between the compiled
// program and the wall clock; its monotonic clock and its timers run on as they do on a real machine.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messagesRequest, signIn } from "../binary/_ccb.ts";
import { call, persistence } from "../keyring/_ccb.ts";
import { messagesHandler } from "../support/anthropic.ts";
import { makeHome } from "../support/binary.ts";
import type { Ccb } from "../support/binary.ts";
import { identity, startOAuthServer } from "../support/oauth-server.ts";
import type { OAuthServer } from "../support/oauth-server.ts";
import { error } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { keyed, startRig, within } from "./_rig.ts";
import type { Fault, Rig } from "./_rig.ts";

const a = identity("a@example.com");
const home = makeHome();
const rate = join(home, "faketime");
/** By a rename: libfaketime reads it at each look at the clock, and would else read half of it. */
function setClock(offset: string): void {
  writeFileSync(`${rate}.new`, `${offset}\n`);
  renameSync(`${rate}.new`, rate);
}
const [library = "libfaketime.so.1"] = new Bun.Glob("usr/lib/*/faketime/libfaketime.so.1").scanSync({
  cwd: "/",
  absolute: true,
});

let oauth: OAuthServer;
let upstream: Upstream;
let limited: Upstream;
let rig: Rig;
const start = async (): Promise<Rig> =>
  await startRig({
    home,
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: rate,
      FAKETIME_NO_CACHE: "1",
      DONT_FAKE_MONOTONIC: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      CCB_STORE_KEY_FILE: join(home, "store.key"),
    },
    providers: [
      { name: "Accounts", base_url: upstream.url, auth_value: "oauth" },
      keyed(limited.url, { name: "Limited" }),
    ],
    oauth,
    routes: { mine: [{ provider: "Accounts" }], limited: [{ provider: "Limited" }] },
    settings: { oauth: { enable_persistence: true, store: "file" } },
  });
beforeAll(async () => {
  setClock("+0");
  writeFileSync(join(home, "store.key"), randomBytes(32).toString("base64"), { mode: 0o600 });
  oauth = await startOAuthServer();
  upstream = await startUpstream({ authorize: oauth.identify });
  upstream.handle(messagesHandler());
  limited = await startUpstream();
  limited.handle(messagesHandler());
  rig = await start();
  await signIn(rig.ccb, oauth, a);
});
afterAll(async () => {
  rig.print("clock");
  await rig[Symbol.asyncDispose]();
  for (const server of [oauth, upstream, limited]) await server.stop();
  rmSync(home, { recursive: true, force: true });
});

const ask = async (ccb: Ccb, model: string): Promise<number> =>
  (await ccb.request("/v1/messages", { ...messagesRequest({ model }), keepalive: false })).status;
/** What ccb took for now when it was last asked, in seconds off the real clock. */
async function offBy(ccb: Ccb): Promise<number> {
  const { body } = await call(ccb, "GET", "/oauth/status");
  const used = body.tokens[0].last_used_timestamp;
  return used - Date.now() / 1000;
}
const DAY = 86_400;

const FAULTS: readonly (Fault & { readonly to: string })[] = [
  ["a day ahead", "+1d", DAY, 1],
  ["back to now", "+0", 0, 0],
  ["a day back", "-1d", -DAY, 0],
  ["ahead to now", "+0", 0, 0],
].map(([name, to, off, refreshes]) => ({
  name: `clock: ${name}`,
  to: String(to),
  expect: `served 200, clock followed, refreshes within ${refreshes}, durable, healthy`,
  async run({ ccb }) {
    const before = oauth.refreshes;
    setClock(String(to));
    const status = await ask(ccb, "mine");
    // A loaded machine may take a moment to read the file of the clock.
    const followed = await within(
      10,
      async () => Math.abs((await offBy(ccb)) - Number(off)) < 60 || (await ask(ccb, "mine"), false),
    );
    // Longer than the pause between two looks at clock and network: what it sets off by itself counts too.
    if (Number(off) !== 0) await Bun.sleep(5_500);
    const { body } = await call(ccb, "GET", "/oauth/status");
    const count = oauth.refreshes - before;
    return [
      `served ${status === 200 ? await ask(ccb, "mine") : status}`,
      followed ? "clock followed" : "clock not followed",
      `refreshes within ${count <= Number(refreshes) ? refreshes : `(${count})`}`,
      (await persistence(ccb)).durable ? "durable" : "not durable",
      body.tokens.length === 1 && body.tokens[0].is_healthy === true ? "healthy" : JSON.stringify(body.tokens),
    ].join(", ");
  },
}));

test("set ahead and back: served, one refresh at most, nothing lost", async () => {
  for (const fault of FAULTS) await rig.run(fault);
  expect(oauth.reuse).toBe(0);
});

test("set back while a limit of two seconds runs: it does not last a day", async () => {
  setClock("+0");
  await rig.run({
    name: "clock: a day back during a limit of 2 s",
    expect: "429, 429 meanwhile, 200 after",
    async run({ ccb }) {
      limited.script(error(429, "rate_limit_error", "slow down", { "retry-after": "2" }));
      const first = await ask(ccb, "limited");
      setClock("-1d");
      const meanwhile = await ask(ccb, "limited");
      const again = await within(10, async () => (await ask(ccb, "limited")) === 200);
      return `${first}, ${meanwhile} meanwhile, ${again ? 200 : "429 for long"} after`;
    },
  });
});

test("a restart with the clock a day back knows the account", async () => {
  setClock("+0");
  expect(await ask(rig.ccb, "mine")).toBe(200);
  expect(await rig.ccb.stop()).toBe(0);
  rig.print("clock");
  await rig[Symbol.asyncDispose]();
  setClock("-1d");
  rig = await start();
  expect(await within(10, async () => (await ask(rig.ccb, "mine")) === 200)).toBe(true);
  expect((await call(rig.ccb, "POST", "/oauth/refresh/a@example.com")).body.durable).toBe(true);
  expect(oauth.reuse).toBe(0);
});
