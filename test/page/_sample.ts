// A ccb with a week behind it, served on loopback: what the screenshots show.
import { messagesHandler } from "../support/anthropic.ts";
import { settle } from "../support/clock.ts";
import { identity } from "../support/oauth-server.ts";
import { error, json } from "../support/replies.ts";
import type { Reply } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { UpstreamRequest } from "../support/upstream.ts";
import { createWorld } from "../support/world.ts";
import type { World } from "../support/world.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 7;

const ME = identity("me@example.com", "me@example.com's organization");
const WORK = identity("work@example.com", "Example Works");
const LAB = identity("lab@example.com", "Example Lab");
const PEOPLE = [ME, WORK, LAB];
const MODELS = ["claude-opus-5", "claude-sonnet-5", "claude-haiku-4-5"] as const;

/** Used parts of the two windows, and in how many hours they begin anew. */
const USED: Readonly<Record<string, readonly [number, number, number, number]>> = {
  [ME.email]: [0.62, 0.38, 2.2, 75],
  [WORK.email]: [0.97, 0.81, 1.4, 30],
  [LAB.email]: [0.14, 0.22, 4.1, 120],
};

export interface Sample {
  readonly url: string;
  readonly world: World;
  /** Wall clock of the sample, milliseconds. */
  readonly now: () => number;
  [Symbol.asyncDispose](): Promise<void>;
}

const messageOf = (id: number, model: string, tokens: Readonly<Record<string, number>>) => ({
  id: `msg_${id}`,
  type: "message",
  role: "assistant",
  model,
  content: [{ type: "text", text: "Done." }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: tokens,
});

/** Serves a world on a port of its own; its clock goes on as the real one does. */
async function serve(world: World): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch: (request) => world.app.handle(request, () => {}),
  });
  const stopped = new AbortController();
  const ticking = (async () => {
    while (!stopped.signal.aborted) {
      await Bun.sleep(20);
      await world.clock.advance(20);
    }
  })();
  return {
    url: `http://localhost:${server.port}/`,
    async stop() {
      stopped.abort();
      await ticking;
      await server.stop(true);
    },
  };
}

/** Creates the sample: the same figures each time. */
export async function createSample(): Promise<Sample> {
  const keyed = await startUpstream();
  const world = await createWorld();
  const api = messagesHandler();
  keyed.handle(async (request) => {
    await world.clock.advance(1_720);
    return api(request);
  });
  world.oauth.options.expiresIn = 30 * 86_400;
  const { clock, upstream } = world;
  let count = 0;
  let limited = false;
  let told = false;

  async function answer(request: UpstreamRequest): Promise<Reply> {
    const email = request.identity?.email ?? "";
    const [fiveHours = 0, week = 0, hours = 1, more = 1] = USED[email] ?? [];
    const at = (inHours: number): string => String(Math.round((clock.now() + inHours * HOUR_MS) / 1000));
    const spent = limited && email === WORK.email;
    // The same for all, so that each gets its share of the conversations.
    const used = told ? fiveHours : 0.3;
    await clock.advance(spent ? 180 : 900 + (count % 11) * 410);
    const headers = {
      "anthropic-ratelimit-unified-status": spent ? "rejected" : "allowed",
      "anthropic-ratelimit-unified-5h-status": spent ? "rejected" : "allowed",
      "anthropic-ratelimit-unified-5h-utilization": String(spent ? 1 : used),
      "anthropic-ratelimit-unified-5h-reset": at(hours),
      "anthropic-ratelimit-unified-7d-status": "allowed",
      "anthropic-ratelimit-unified-7d-utilization": String(told ? week : 0.3),
      "anthropic-ratelimit-unified-7d-reset": at(more),
    };
    if (spent) return error(429, "rate_limit_error", "This account's five-hour limit is reached.", headers);
    count += 1;
    const body = JSON.parse(request.text);
    const wave = 1 + Math.sin(count / 9) * 0.6 + (count % 7) / 10;
    const tokens = {
      input_tokens: Math.round(900 * wave),
      output_tokens: Math.round(1_400 * wave),
      cache_creation_input_tokens: Math.round(6_000 * (2 - wave / 2)),
      cache_read_input_tokens: Math.round(92_000 * wave),
    };
    return json(200, messageOf(count, body.model, tokens), headers);
  }
  upstream.handle(answer);
  async function overloaded(): Promise<Reply> {
    await clock.advance(640);
    return error(529, "overloaded_error", "Overloaded");
  }

  world.configure({
    providers: [
      { name: "Claude Code Official", base_url: upstream.url, auth_value: "oauth", accounts: [ME.email, WORK.email, { email: LAB.email, reserve_percent: 25 }] }, // prettier-ignore
      { name: "Anthropic API", base_url: keyed.url, auth_type: "api_key", auth_value: "sk-ant-api03-sample", priority: 2 }, // prettier-ignore
    ],
  });
  for (const person of PEOPLE) await world.signIn(person);
  await world.json("/providers/reload", { method: "POST" });

  const ask = async (session: number, model: string): Promise<void> => {
    const body = { model, max_tokens: 64, messages: [{ role: "user", content: "x" }] };
    await world.post("/v1/messages", body, {
      "anthropic-version": "2023-06-01",
      "x-claude-code-session-id": `session-${session}`,
    });
  };
  for (let day = 0; day < DAYS; day += 1) {
    // Busy by day, quiet at night.
    for (const part of [0, 3, 2]) {
      for (let turn = 0; turn < part * (2 + (day % 4)); turn += 1) {
        await ask(day * 10 + (turn % 4), MODELS[(turn * turn + day) % MODELS.length] ?? MODELS[0]);
        await clock.advance(97_000);
      }
      clock.sleep(DAY_MS / 3 - part * (2 + (day % 4)) * 97_000);
    }
  }
  // Tokens as they are after a few hours of work.
  world.oauth.options.expiresIn = 8 * 3600;
  for (const person of PEOPLE) await world.signIn(person);
  await clock.advance(40 * 60_000);
  for (let turn = 0; turn < 14; turn += 1) {
    if (turn === 6) told = true;
    if (turn === 9) limited = true;
    if (turn === 11) upstream.script(overloaded);
    await ask(turn % 5, MODELS[turn % MODELS.length] ?? MODELS[0]);
    await clock.advance(41_000 + turn * 1_300);
  }
  await world.json(`/oauth/tokens/${LAB.email}/pause`, { method: "POST" });
  await settle();
  const served = await serve(world);
  return {
    url: served.url,
    world,
    now: () => clock.now(),
    async [Symbol.asyncDispose]() {
      await served.stop();
      await world[Symbol.asyncDispose]();
      await keyed.stop();
    },
  };
}
