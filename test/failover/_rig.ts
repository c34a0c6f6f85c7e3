// Providers with an upstream of their own each, in front of them the program: what a client gets, who was asked, and
// what ccb says of it. The first provider or account is preferred, so that a test knows who is asked first.
import { messagesHandler } from "../support/anthropic.ts";
import { identity } from "../support/oauth-server.ts";
import type { Reply } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Handler, Identity, Upstream, UpstreamRequest } from "../support/upstream.ts";
import { createWorld } from "../support/world.ts";
import type { World, WorldOptions } from "../support/world.ts";

type Fields = Readonly<Record<string, unknown>>;
type Settings = NonNullable<NonNullable<WorldOptions["config"]>["settings"]>;

interface RigOptions {
  /** Names and further keys; default: A and B. Each prefers the ones before it, unless it says otherwise. */
  readonly providers?: Readonly<Record<string, Fields>>;
  /** They sign for every provider, in this order of preference; without any, keys sign. */
  readonly accounts?: readonly string[];
  /** Rules of an account, merged over its priority. */
  readonly rules?: Readonly<Record<string, Fields>>;
  readonly settings?: Settings;
  readonly routes?: Readonly<Record<string, unknown>>;
}

interface Send {
  readonly method?: string;
  readonly path?: string;
  /** Merged over a small prompt. */
  readonly body?: Fields;
  /** In place of the prompt. */
  readonly raw?: string | ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A reply with its body read. */
export interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly error: { readonly type: string; readonly message: string };
  readonly provider: string | null;
  /** The email. */
  readonly account: string | null;
  readonly attempts: number;
  readonly id: string;
  /** Seconds. */
  readonly retryAfter: number | null;
}

export interface Rig {
  readonly world: World;
  /** The upstream of a provider. */
  on(provider: string): Upstream;
  send(send?: Send): Promise<Response>;
  ask(send?: Send): Promise<Got>;
  got(response: Response): Promise<Got>;
  /** How many requests each provider's upstream got since the last call, in order: `A2 B1`. */
  asked(): string;
  /** The trace of a reply, as `GET /requests/{id}` gives it. */
  trace(of: Pick<Got, "id">): Promise<any>; // oxlint-disable-line typescript/no-explicit-any
  /** Its attempts in short: `A 503 upstream_failed`, `A/email - not_reached safe`. */
  tried(of: Pick<Got, "id">): Promise<string[]>;
  /** The benches of all its attempts: scope, milliseconds from now, `!` where official. */
  benches(of: Pick<Got, "id">): Promise<string[]>;
  /** The last trace. */
  last(): Promise<any>; // oxlint-disable-line typescript/no-explicit-any
  /** A provider as `GET /providers` shows it. */
  view(provider: string): Promise<any>; // oxlint-disable-line typescript/no-explicit-any
  /** Its target of an account. */
  target(provider: string, email?: string): Promise<any>; // oxlint-disable-line typescript/no-explicit-any
  /** Moves the clock, real sockets meanwhile, until the promise has settled. Rejects where that takes longer. */
  drive<Value>(promise: Promise<Value>, milliseconds?: number, step?: number): Promise<Value>;
  /** Milliseconds of the fake clock that the promise takes, to the step. */
  duration(promise: Promise<unknown>, milliseconds: number, step: number): Promise<number>;
  idOf(email: string): string;
  [Symbol.asyncDispose](): Promise<void>;
}

const PROMPT = { model: "claude-opus-5", max_tokens: 16, messages: [{ role: "user", content: "hello" }] };

/** What the API answers, by the request's number from 0, else as usual. */
export const first = (reply: Reply, then: Handler = messagesHandler()): Handler => {
  let used = false;
  return (request) => {
    if (used) return then(request);
    used = true;
    return reply;
  };
};
export const always =
  (reply: Reply): Handler =>
  () =>
    reply;

/** One reply for the requests of an account, the usual ones for the others. */
export const forAccount =
  (email: string, reply: Reply | Handler, then: Handler = messagesHandler()): Handler =>
  (request: UpstreamRequest) => {
    if (request.identity?.email !== email) return then(request);
    return typeof reply === "function" ? reply(request) : reply;
  };

const keyOf = (provider: string): string => `sk-ant-api03-of-${provider.toLowerCase()}-0123456789`;

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const { providers = { A: {}, B: {} }, accounts, rules = {}, settings = {}, routes } = options;
  const pieces = { settings, ...(routes === undefined ? {} : { routes }) };
  // The names of the providers have to be there from the start, as routes name them.
  const dead = "http://127.0.0.1:9";
  const world = await createWorld({
    vault: null,
    oauth: { expiresIn: 400 * 86_400 },
    config: {
      ...pieces,
      providers: Object.keys(providers).map((name) => ({ name, base_url: dead, auth_value: keyOf(name) })),
    },
  });
  const upstreams = new Map<string, Upstream>();
  const people = new Map<string, Identity>();
  const ids = new Map<string, string>();
  const emails = new Map<string, string>();
  const list: Fields[] = [];
  for (const [index, [name, more]] of Object.entries(providers).entries()) {
    const upstream = await startUpstream(accounts === undefined ? {} : { authorize: world.oauth.identify });
    upstream.handle(messagesHandler());
    upstreams.set(name, upstream);
    const signed =
      accounts === undefined
        ? { auth_type: "api_key", auth_value: keyOf(name) }
        : {
            auth_value: "oauth",
            accounts: accounts.map((email, place) => ({ email, priority: 100 * index + place, ...rules[email] })),
          };
    list.push({ name, base_url: upstream.url, priority: 100 * index, ...signed, ...more });
  }
  world.configure({ ...pieces, providers: list });
  const reloaded = await world.post("/providers/reload", {});
  if (reloaded.status !== 200) throw new Error(`reload: ${reloaded.text}`);
  for (const email of accounts ?? []) {
    const person = identity(email);
    people.set(email, person);
    const reply = await world.signIn(person);
    if (reply.status !== 200) throw new Error(`sign-in: ${reply.text}`);
  }
  for (const token of (await world.json("/oauth/status")).body.tokens) {
    ids.set(token.account_email, token.account_id);
    emails.set(token.account_id, token.account_email);
  }
  const seen = new Map<string, number>();

  const send: Rig["send"] = ({ method = "POST", path = "/v1/messages", body, raw, headers, signal } = {}) => {
    const whole = method === "GET" ? null : (raw ?? JSON.stringify({ ...PROMPT, ...body }));
    return world.request(path, {
      method,
      headers: { "content-type": "application/json", "anthropic-version": "2023-06-01", ...headers },
      ...(whole === null ? {} : { body: whole }),
      ...(signal === undefined ? {} : { signal }),
    });
  };
  const got: Rig["got"] = async (response) => {
    const { status, headers } = response;
    const bytes = await response.bytes();
    const text = new TextDecoder().decode(bytes);
    const account = headers.get("x-ccb-account");
    const after = headers.get("retry-after");
    return {
      status,
      headers,
      text,
      bytes,
      get error() {
        return JSON.parse(text).error;
      },
      provider: headers.get("x-ccb-provider"),
      account: account === null ? null : (emails.get(account) ?? account),
      attempts: Number(headers.get("x-ccb-attempts")),
      id: headers.get("x-ccb-request-id") ?? JSON.parse(text).request_id,
      retryAfter: after === null ? null : Number(after),
    };
  };
  const trace: Rig["trace"] = async ({ id }) => {
    const { status, body } = await world.json(`/requests/${id}`);
    if (status !== 200) throw new Error(`no trace of ${id}`);
    return body;
  };
  const who = ({ provider, account }: { provider: string; account: string | null }): string =>
    account === null ? provider : `${provider}/${emails.get(account) ?? account}`;
  const view: Rig["view"] = async (provider) =>
    (await world.json("/providers")).body.providers.find(({ name }: { name: string }) => name === provider);
  const duration: Rig["duration"] = async (promise, milliseconds, step) => {
    const state = { settled: false };
    const mark = (): void => {
      state.settled = true;
    };
    promise.then(mark, mark);
    for (let moved = 0; ; moved += step) {
      // Several turns: what comes over sockets may need more than one.
      for (let turn = 0; turn < 4 && !state.settled; turn += 1) await Bun.sleep(1);
      if (state.settled) return moved;
      if (moved >= milliseconds) throw new Error(`not over after ${milliseconds} ms of the fake clock`);
      await world.clock.advance(step);
    }
  };

  return {
    world,
    on(provider) {
      const upstream = upstreams.get(provider);
      if (upstream === undefined) throw new Error(`no provider ${provider}`);
      return upstream;
    },
    send,
    got,
    ask: async (request) => got(await send(request)),
    asked() {
      const counts = [...upstreams].map(([name, { requests }]) => {
        const count = requests.length - (seen.get(name) ?? 0);
        seen.set(name, requests.length);
        return `${name}${count}`;
      });
      return counts.join(" ");
    },
    trace,
    tried: async (of) =>
      (await trace(of)).attempts.map(
        (one: { provider: string; account: string | null; status: number | null; reason: string; replay: string }) =>
          `${who(one)} ${one.status ?? "-"} ${one.reason}${one.replay === null ? "" : ` ${one.replay}`}`,
      ),
    benches: async (of) =>
      (await trace(of)).attempts.flatMap(
        (one: { benches: { scope: string; until: number | null; official: boolean }[] }) =>
          one.benches.map(
            ({ scope, until, official }) =>
              `${scope} ${until === null ? "-" : Math.round(until - world.clock.now())}${official ? "!" : ""}`,
          ),
      ),
    last: async () => (await world.json("/requests?limit=1")).body.requests[0],
    view,
    async target(provider, email) {
      const { targets } = await view(provider);
      const id = email === undefined ? undefined : ids.get(email);
      return targets.find(({ account }: { account: string | null }) => id === undefined || account === id);
    },
    async drive(promise, milliseconds = 2_000, step = 10) {
      await duration(promise, milliseconds, step);
      return promise;
    },
    duration,
    idOf: (email) => ids.get(email) ?? "",
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      for (const upstream of upstreams.values()) await upstream.stop();
    },
  };
}
