// The whole program in process: a fake clock, seeded randomness and a vault of the test's choice, against a real
// upstream and a real authorization server on loopback.
import { createApp } from "../../src/app.ts";
import type { App } from "../../src/app.ts";
import type { KeeperStatus } from "../../src/account/keeper.ts";
import { parseConfig } from "../../src/config/parse.ts";
import type { Language } from "../../src/core/language.ts";
import type { Fetch } from "../../src/core/ports.ts";
import { createMemoryVault } from "../../src/vault/memory.ts";
import type { UsageDeps } from "../../src/usage/usage.ts";
import type { Journal } from "../../src/vault/journal.ts";
import type { Vault } from "../../src/vault/vault.ts";
import { messagesHandler } from "./anthropic.ts";
import { configText } from "./binary.ts";
import type { ConfigPieces } from "./binary.ts";
import { createTestClock, settle } from "./clock.ts";
import type { TestClock } from "./clock.ts";
import { createTestLog } from "./log.ts";
import type { LogLine, TestLog } from "./log.ts";
import { identity, startOAuthServer } from "./oauth-server.ts";
import type { DesktopPorts } from "../../src/notify/desktop.ts";
import type { OAuthServer, OAuthServerOptions } from "./oauth-server.ts";
import { createTestRandom } from "./random.ts";
import { startUpstream } from "./upstream.ts";
import type { Identity, Upstream } from "./upstream.ts";

export interface WorldOptions {
  /** Over the usual configuration: one provider with `auth_value: oauth`. */
  readonly config?: Pick<ConfigPieces, "providers" | "settings" | "routes">;
  /** Default: one in memory that passes for a keyring. null: persistence is off. */
  readonly vault?: Vault | null;
  /** Default: none. */
  readonly journal?: Journal;
  /** Default: usage is counted in memory. */
  readonly usageFiles?: UsageDeps["files"];
  /** Default: there is none. */
  readonly desktop?: DesktopPorts;
  readonly oauth?: OAuthServerOptions;
  readonly language?: Language;
  readonly seed?: number;
  /** In place of the real one, which it may call. */
  readonly fetch?: Fetch;
  /** Servers and clock of an earlier world: the program starts again in the same surroundings. They stay the earlier one's to stop. */
  readonly after?: World;
  /** false: `app.start()` is left to the test. */
  readonly start?: boolean;
  /** Default: the usual one. */
  readonly callbackUrl?: string | null;
}

/** An answer whose body was read as JSON. */
export interface JsonReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any
  readonly text: string;
}

export interface World {
  readonly app: App;
  readonly clock: TestClock;
  readonly oauth: OAuthServer;
  readonly upstream: Upstream;
  readonly vault: Vault | null;
  readonly log: TestLog;
  readonly lines: readonly LogLine[];
  readonly announced: readonly string[];
  readonly persistence: readonly KeeperStatus[];
  /** How often memory was given back at rest. */
  releases(): number;
  /** Changes the file; a reload will find it so. */
  configure(next: string | Pick<ConfigPieces, "providers" | "settings" | "routes">): void;
  /** Through app.handle, as a client at localhost:9090. */
  request(path: string, init?: RequestInit): Promise<Response>;
  json(path: string, init?: RequestInit): Promise<JsonReply>;
  /** A POST of JSON. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<JsonReply>;
  /** POST /v1/messages with a small prompt. */
  message(headers?: Readonly<Record<string, string>>): Promise<JsonReply>;
  /** The whole sign-in of a person; without one, of a new person. */
  signIn(person?: Identity, more?: Readonly<Record<string, unknown>>): Promise<JsonReply>;
  /** A new login address, opened and agreed to in the browser. */
  authorize(person: Identity): Promise<ReturnType<OAuthServer["authorize"]>>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Waits for what real sockets bring; the fake clock does not move. Rejects after 5 s. */
export async function eventually(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 5_000; performance.now() < deadline; await Bun.sleep(1)) {
    if (await check()) return;
  }
  throw new Error(`did not happen within 5 s: ${what}`);
}

/** Moves the clock in steps, with room for real sockets after each, until `check` says yes or `milliseconds` have passed. */
export async function advanceUntil(
  world: Pick<World, "clock">,
  milliseconds: number,
  check: () => boolean,
): Promise<void> {
  const step = Math.max(1, Math.ceil(milliseconds / 50));
  for (let moved = 0; moved <= milliseconds; moved += step) {
    if (check()) return;
    await world.clock.advance(step);
    await Bun.sleep(2);
  }
  if (!check()) throw new Error(`did not happen within ${milliseconds} ms of the fake clock`);
}

/** Whether a promise has settled, after all that waits on promises alone has run. */
export async function settledNow(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  const mark = (): void => {
    done = true;
  };
  promise.then(mark, mark);
  await settle();
  await settle();
  return done;
}

const PROMPT = { model: "claude-opus-5", max_tokens: 16, messages: [{ role: "user", content: "hello" }] };

/** Starts the servers and the program. */
export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const { after } = options;
  const clock = after?.clock ?? createTestClock();
  const oauth = after?.oauth ?? (await startOAuthServer({ now: () => clock.now(), ...options.oauth }));
  const upstream = after?.upstream ?? (await startUpstream({ authorize: oauth.identify }));
  if (after === undefined) upstream.handle(messagesHandler());
  const vault = options.vault === undefined ? { ...createMemoryVault(), backend: "keyring" as const } : options.vault;
  const log = createTestLog();
  const persistence: KeeperStatus[] = [];
  let releases = 0;

  /** What a reload will find. */
  let configuration = configText({ upstream: upstream.url, oauth, ...options.config });
  const parsed = parseConfig(configuration, { file: null, env: {} });
  if (!parsed.ok) throw new Error(`bad configuration: ${JSON.stringify(parsed.problems)}`);

  const app = createApp({
    houseClock: clock,
    config: parsed.config,
    load: async () => parseConfig(configuration, { file: null, env: {} }),
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    clock,
    random: createTestRandom(options.seed ?? (after === undefined ? 1 : 2)),
    log: log.log,
    announce: log.announce,
    vault,
    journal: options.journal ?? null,
    usageFiles: options.usageFiles ?? null,
    residentBytes: () => 50_000_000,
    releaseMemory: () => void (releases += 1),
    desktop: options.desktop ?? { platform: "none", env: {}, find: () => null, run: async () => 0 },
    routing: () => () => ({ proxy: false }),
    network: () => "one network",
    publicUrl: () => "http://localhost:9090",
    callbackUrl: () => (options.callbackUrl === undefined ? "http://localhost:9090/callback" : options.callbackUrl),
    loginCommand: "ccb login",
    language: options.language ?? "en",
    onPersistence: (status) => void persistence.push(status),
    onConfig: () => {},
  });
  if (options.start !== false) app.start();
  await settle();

  const request: World["request"] = (path, init) =>
    app.handle(new Request(`http://localhost:9090${path}`, init), () => {});
  const json: World["json"] = async (path, init) => {
    const response = await request(path, init);
    const body = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: body === "" ? null : JSON.parse(body),
      text: body,
    };
  };
  const post: World["post"] = (path, body, headers) =>
    json(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  const authorize: World["authorize"] = async (person) => {
    const { body } = await json("/oauth/generate-url");
    return oauth.authorize(body.login_url, person);
  };

  const stop = async (): Promise<void> => {
    // The shutdown's own limits are on the fake clock.
    const stopping = app.stop();
    while (!(await settledNow(stopping))) {
      await clock.advance(1_000);
      await Bun.sleep(1);
    }
    await stopping;
    if (after !== undefined) return;
    await upstream.stop();
    await oauth.stop();
  };

  return {
    app,
    clock,
    oauth,
    upstream,
    vault,
    log,
    lines: log.lines,
    announced: log.announced,
    persistence,
    releases: () => releases,
    configure: (next) => {
      configuration = typeof next === "string" ? next : configText({ upstream: upstream.url, oauth, ...next });
    },
    request,
    json,
    post,
    message: (headers) => post("/v1/messages", PROMPT, { "anthropic-version": "2023-06-01", ...headers }),
    authorize,
    async signIn(person = identity("user1@example.com"), more = {}) {
      const { pasted } = await authorize(person);
      return post("/oauth/exchange-code", { code: pasted, ...more });
    },
    [Symbol.asyncDispose]: stop,
  };
}
