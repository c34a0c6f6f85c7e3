// The load of a soak: everything that clients do, and everything that goes wrong, mixed by chance.
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import type { Random } from "../../src/core/ports.ts";
import { anthropicStream, messagesHandler } from "../support/anthropic.ts";
import type { Ccb } from "../support/binary.ts";
import { identity } from "../support/oauth-server.ts";
import type { OAuthServer } from "../support/oauth-server.ts";
import { breakAfter, chunkedGarbage, dribble, error, hang, hangUp, later, reset, sse } from "../support/replies.ts";
import type { Reply } from "../support/replies.ts";
import type { Handler } from "../support/upstream.ts";

/** What the upstream is to do with a request; ccb relays the header as it does any other. */
const FAULT = "x-soak";
/** Conversations: few enough that ccb knows them all before the warm-up is over. */
const SESSIONS = 2_000;

const text = "Words, words, words: 你好, größer, 👋. ".repeat(20);
const FAULTS: Readonly<Record<string, () => Reply>> = {
  "429": () => error(429, "rate_limit_error", "Number of requests has exceeded your rate limit"),
  "429 later": () =>
    error(429, "rate_limit_error", "This request would exceed your rate limit", { "retry-after": "1" }),
  "529": () => error(529, "overloaded_error", "Overloaded"),
  "500": () => error(500, "api_error", "Internal server error"),
  "400": () => error(400, "invalid_request_error", "max_tokens: Field required"),
  reset,
  "hang up": hangUp,
  garbage: () => chunkedGarbage(),
  hang,
  "break early": () => breakAfter(1, anthropicStream(text, 10)),
  break: () => breakAfter(6, anthropicStream(text, 20)),
  "stream error": () =>
    sse([`event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n`]),
  slow: () => sse(anthropicStream(text, 20), { gapMs: 40 }),
  long: () => sse(anthropicStream(text.repeat(100), 400)),
  late: () => later(300, sse(anthropicStream(text, 5))),
  dribble: () =>
    dribble(200, JSON.stringify({ text }), { size: 40, gapMs: 5, headers: { "content-type": "application/json" } }),
};

/** The upstream's handler: the API, or the fault that the request asks for. */
export function soakHandler(): Handler {
  const usual = messagesHandler({ text, deltas: 20 });
  return (request) => FAULTS[request.header(FAULT) ?? ""]?.() ?? usual(request);
}

export interface LoadDeps {
  readonly ccb: Ccb;
  readonly oauth: OAuthServer;
  readonly random: Random;
  /** The configuration's text, to be written again. */
  readonly config: string;
}

/** What came of each kind of request: statuses, and how connections ended. */
export type Outcomes = Map<string, Map<string, number>>;

export interface Load {
  readonly outcomes: Outcomes;
  readonly sent: number;
  /** Lets what is under way come to its end. */
  stop(): Promise<void>;
}

type Kind = readonly [name: string, weight: number, run: () => Promise<string>];

/** Starts `workers` clients, each with `pauseMs` on average between its requests. */
export function startLoad({ ccb, oauth, random, config }: LoadDeps, workers: number, pauseMs: number): Load {
  const outcomes: Outcomes = new Map();
  let sent = 0;
  const stopping = new AbortController();
  const upTo = (most: number): number => Math.floor(random.fraction() * most);
  const pick = (names: readonly string[]): string => names[upTo(names.length)] ?? "";

  const headers = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
    "content-type": "application/json",
    authorization: "Bearer soak",
    "anthropic-version": "2023-06-01",
    "x-claude-code-session-id": `00000000-0000-4000-8000-${String(upTo(SESSIONS)).padStart(12, "0")}`,
    ...more,
  });
  const body = (stream: boolean): string =>
    JSON.stringify({
      model: "claude-opus-5",
      max_tokens: 64,
      stream,
      messages: [{ role: "user", content: "x".repeat(upTo(20_000)) }],
    });
  const post = async (
    path: string,
    content: string,
    more: Readonly<Record<string, string>> = {},
    signal?: AbortSignal,
  ): Promise<Response> =>
    await ccb.request(path, {
      method: "POST",
      headers: headers(more),
      body: content,
      ...(signal === undefined ? {} : { signal }),
    });
  const ended = async (response: Response): Promise<string> => {
    await response.arrayBuffer();
    return String(response.status);
  };
  const get = async (path: string, method = "GET"): Promise<string> =>
    await ended(await ccb.request(path, { method, headers: headers() }));

  /** The client leaves after so many milliseconds, wherever the request is by then. */
  async function leave(fault: string, milliseconds: number): Promise<string> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), milliseconds);
    try {
      return await ended(await post("/v1/messages", body(true), { [FAULT]: fault }, abort.signal));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Bytes that are no request, or the beginning of one; then the client is gone. */
  const raw = (bytes: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(ccb.port, "127.0.0.1", () => socket.write(bytes));
      const timer = setTimeout(() => socket.destroy(), 20 + upTo(200));
      let answer = "";
      socket.on("data", (data) => (answer ||= data.toString("latin1", 9, 12)));
      socket.on("error", () => {});
      socket.on("close", () => {
        clearTimeout(timer);
        resolve(answer === "" ? "no answer" : answer);
      });
    });

  let guests = 0;
  /** Somebody signs in and goes again. */
  async function guest(): Promise<string> {
    const person = identity(`guest${guests++ % 50}@example.com`);
    const begun = await ccb.request("/oauth/generate-url");
    const { login_url }: { readonly login_url: string } = JSON.parse(await begun.text());
    const { pasted } = oauth.authorize(login_url, person);
    const signed = await post("/oauth/exchange-code", JSON.stringify({ code: pasted }));
    await signed.arrayBuffer();
    const gone = await ccb.request(`/oauth/tokens/${encodeURIComponent(person.email)}`, { method: "DELETE" });
    await gone.arrayBuffer();
    return `${signed.status} ${gone.status}`;
  }

  async function reload(): Promise<string> {
    const broken = upTo(4) === 0;
    writeFileSync(ccb.configFile, broken ? "providers: [" : `${config}\n# ${upTo(1_000_000)}\n`, { mode: 0o600 });
    const response = await ccb.request("/providers/reload", { method: "POST" });
    await response.arrayBuffer();
    if (broken) writeFileSync(ccb.configFile, config, { mode: 0o600 });
    return `${broken ? "broken " : ""}${response.status}`;
  }

  async function badToken(): Promise<string> {
    if (upTo(2) === 0) oauth.failNext({ status: 503, grant: "refresh_token" });
    else oauth.expire(pick(["a@example.com", "b@example.com", "c@example.com"]));
    return "done";
  }

  const kinds: readonly Kind[] = [
    ["plain", 30, async () => await ended(await post("/v1/messages", body(false)))],
    ["stream", 30, async () => await ended(await post("/v1/messages", body(true)))],
    ["count_tokens", 8, async () => await ended(await post("/v1/messages/count_tokens", body(false)))],
    [
      "upstream refuses",
      6,
      async () => await ended(await post("/v1/messages", body(false), { [FAULT]: pick(["429", "529", "500", "400"]) })),
    ],
    // It puts an account to rest for seconds, so not often.
    [
      "upstream's limit",
      0.05,
      async () => await ended(await post("/v1/messages", body(false), { [FAULT]: "429 later" })),
    ],
    [
      "upstream breaks",
      6,
      async () =>
        await ended(
          await post("/v1/messages", body(true), {
            [FAULT]: pick(["reset", "hang up", "garbage", "break early", "break", "stream error"]),
          }),
        ),
    ],
    [
      "slow",
      3,
      async () => await ended(await post("/v1/messages", body(true), { [FAULT]: pick(["slow", "late", "dribble"]) })),
    ],
    ["long", 1, async () => await ended(await post("/v1/messages", body(true), { [FAULT]: "long" }))],
    ["client leaves", 8, async () => await leave(pick(["slow", "late", "long", "hang", "break", ""]), upTo(250))],
    [
      "big body",
      0.5,
      async () => await ended(await post("/v1/messages", `{"model":"claude-opus-5","pad":"${"y".repeat(1_000_000)}"}`)),
    ],
    ["odd requests", 4, async () => await oddRequest()],
    [
      "no HTTP",
      2,
      async () =>
        await raw(
          pick([
            "GET / HTTP/1.1\r\n",
            "\0\0\0",
            "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{",
            "GET http://[ HTTP/1.1\r\n\r\n",
            "\r\n\r\n",
          ]),
        ),
    ],
    [
      "management",
      4,
      async () => await get(pick(["/health", "/providers", "/oauth/status", "/requests", "/docs/json", "/docs"])),
    ],
    ["sign-in begun", 1, async () => await get("/oauth/generate-url")],
    ["guest", 0.5, guest],
    ["reload", 0.5, reload],
    ["token trouble", 0.2, badToken],
  ];
  async function oddRequest(): Promise<string> {
    switch (upTo(7)) {
      case 0:
        return await get("/v1/models");
      case 1:
        return await get("/v1/messages", "HEAD");
      case 2:
        return await get("/v1/messages", "OPTIONS");
      case 3:
        return await ended(await post("/v1/messages", pick(["", "{", "[]", '"model"', "\0"])));
      case 4:
        return await get(pick(["/nowhere", "/v1/%2e%2e/x", "/v1//messages", "/oauth/refresh/nobody"]));
      case 5:
        return await ended(
          await ccb.request("/v1/messages", {
            method: "POST",
            headers: headers({ origin: "https://evil.example" }),
            body: "{}",
          }),
        );
      default:
        return await ended(await post("/oauth/exchange-code", JSON.stringify({ code: "wrong", state: "wrong" })));
    }
  }
  const weights = kinds.reduce((sum, [, weight]) => sum + weight, 0);

  function choose(): Kind | undefined {
    let left = random.fraction() * weights;
    return kinds.find(([, weight]) => (left -= weight) < 0);
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      const [name, , run] = choose() ?? ["plain", 1, async () => "none"];
      let result: string;
      try {
        result = await run();
      } catch (cause) {
        result =
          cause instanceof Error ? ("code" in cause && typeof cause.code === "string" ? cause.code : cause.name) : "?";
      }
      sent += 1;
      const of = outcomes.get(name) ?? new Map<string, number>();
      outcomes.set(name, of);
      of.set(result, (of.get(result) ?? 0) + 1);
      await Bun.sleep(random.fraction() * 2 * pauseMs);
    }
  }
  const all = Promise.all(Array.from({ length: workers }, work));
  return {
    outcomes,
    get sent() {
      return sent;
    },
    async stop() {
      stopping.abort();
      await all;
    },
  };
}
