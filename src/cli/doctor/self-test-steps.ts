// The steps of the self-test, each as a client would do it.
import { randomUUID } from "node:crypto";
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { Fetch, FetchInit } from "../../core/ports.ts";
import { sha256 } from "../../core/sha256.ts";
import { LoginUrlSchema, StatusSchema } from "../../http/oauth-schemas.ts";
import { envelope, sendJson } from "./self-test-peer.ts";
import type { Asked, Peer } from "./self-test-peer.ts";

export const StepSchema = Type.Union([
  Type.Literal("sign_in"),
  Type.Literal("stream"),
  Type.Literal("refresh"),
  Type.Literal("failover"),
  Type.Literal("abort"),
]);
type StepName = Static<typeof StepSchema>;

/** What went another way than it should; the words are in the catalogue. */
export type FaultKind = "status" | "bytes" | "challenge" | "accounts" | "refreshes" | "attempts" | "silent"; // prettier-ignore

export class StepFault extends Error {
  override readonly name = "StepFault";
  readonly kind: FaultKind;
  /** Figures; never a token. */
  readonly detail: string;

  constructor(kind: FaultKind, detail: string) {
    super(`${kind}: ${detail}`);
    this.kind = kind;
    this.detail = detail;
  }
}

export interface StepDeps {
  /** Of ccb. */
  readonly url: string;
  readonly peer: Peer;
  readonly fetch: Fetch;
}

export interface Step {
  readonly name: StepName;
  /** Rejects with StepFault, or as fetch does. */
  readonly run: () => Promise<void>;
}

const EMAILS = ["first@self-test.invalid", "second@self-test.invalid"];
const PARALLEL = 4;
/** More than a socket takes at once. */
const BODY_TEXT = "ccb 自检 – e\u0301 🔧 ".repeat(8_000);

const digestOf = (data: string | Uint8Array): string => sha256(data).toString("hex");
const event = (name: string, data: object): string =>
  `event: ${name}\ndata: ${JSON.stringify({ type: name, ...data })}\n\n`;
const delta = (text: string): string => event("content_block_delta", { index: 0, delta: { type: "text_delta", text } });

const BEGINNING = [
  event("message_start", { message: { id: "msg_self_test", type: "message", role: "assistant", model: "claude-self-test", content: [], usage: { input_tokens: 1, output_tokens: 1 } } }), // prettier-ignore
  event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
  event("ping", {}),
  delta("字节 bytes"),
].join("");
const REST = [
  ...Array.from({ length: 500 }, (_, index) => delta(`${index} – ${"é字🔧".repeat(20)}`)),
  event("content_block_stop", { index: 0 }),
  event("message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 500 } }),
  event("message_stop", {}),
].join("");
const MESSAGE = { id: "msg_self_test", type: "message", role: "assistant", model: "claude-self-test", content: [{ type: "text", text: "ok" }], stop_reason: "end_turn", usage: { input_tokens: 1, output_tokens: 1 } }; // prettier-ignore

/** Pieces that cut characters and lines in two. */
const PIECE_BYTES = 997;
function writeInPieces({ response }: Asked, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) response.write(bytes.subarray(at, at + PIECE_BYTES));
}

function beginStream(asked: Asked): void {
  asked.response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  writeInPieces(asked, BEGINNING);
}

/** The steps, in their order: each builds on the ones before. */
export function createSteps({ url, peer, fetch }: StepDeps): readonly Step[] {
  // One conversation, so that one account has all of it.
  const session = randomUUID();
  let serving = "";

  const call = (path: string, init: FetchInit = {}): Promise<Response> =>
    fetch(`${url}${path}`, { ...init, redirect: "manual", proxy: false, timeout: false });

  const post = (path: string, body: unknown, more: FetchInit = {}): Promise<Response> =>
    call(path, {
      ...more,
      method: "POST",
      headers: new Headers({ "content-type": "application/json", "x-claude-code-session-id": session, "anthropic-version": "2023-06-01" }), // prettier-ignore
      body: JSON.stringify(body),
    });

  const message = (stream: boolean, more: FetchInit = {}): Promise<Response> =>
    post("/v1/messages", { model: "claude-self-test", max_tokens: 16, stream, messages: [{ role: "user", content: BODY_TEXT }] }, more); // prettier-ignore

  function assertServed(response: Response): void {
    const code = response.headers.get("x-ccb-error");
    if (!response.ok) throw new StepFault("status", `HTTP ${response.status}${code === null ? "" : `, ${code}`}`);
  }

  const plain = (asked: Asked): void => {
    serving = asked.email;
    sendJson(asked.response, 200, MESSAGE);
  };

  async function signIn(): Promise<void> {
    for (const email of EMAILS) {
      const asked = await call("/oauth/generate-url");
      assertServed(asked);
      const login: unknown = await asked.json();
      const code = Value.Check(LoginUrlSchema, login) ? peer.authorize(login.login_url, email) : null;
      if (code === null) throw new StepFault("challenge", "S256");
      const done = await post("/oauth/exchange-code", { code });
      assertServed(done);
      await done.text();
    }
    const status: unknown = await (await call("/oauth/status")).json();
    const count = Value.Check(StatusSchema, status) ? status.total_tokens : 0;
    if (count !== EMAILS.length || peer.exchanges !== count) throw new StepFault("accounts", `${count}`);
  }

  async function stream(): Promise<void> {
    let received = "";
    const seen = Promise.withResolvers<void>();
    peer.answer((asked) => {
      serving = asked.email;
      received = digestOf(asked.body);
      beginStream(asked);
      void seen.promise.then(() => {
        writeInPieces(asked, REST);
        asked.response.end();
      });
    });
    const response = await message(true);
    assertServed(response);
    const pieces: Uint8Array[] = [];
    for await (const piece of response.body ?? []) {
      pieces.push(piece);
      // The rest is not sent before the beginning is here: one that holds it back waits for ever.
      seen.resolve();
    }
    const sent = digestOf(JSON.stringify({ model: "claude-self-test", max_tokens: 16, stream: true, messages: [{ role: "user", content: BODY_TEXT }] })); // prettier-ignore
    if (received !== sent) throw new StepFault("bytes", "request");
    const whole = Buffer.concat(pieces);
    if (digestOf(whole) !== digestOf(BEGINNING + REST))
      throw new StepFault("bytes", `${whole.length} / ${Buffer.byteLength(BEGINNING + REST)}`);
  }

  async function refresh(): Promise<void> {
    peer.expire(serving);
    peer.answer(plain);
    const before = peer.refreshes;
    const replies = await Promise.all(Array.from({ length: PARALLEL }, () => message(false)));
    for (const reply of replies) {
      assertServed(reply);
      await reply.text();
    }
    if (peer.refreshes - before !== 1) throw new StepFault("refreshes", `${peer.refreshes - before}`);
  }

  async function failover(): Promise<void> {
    const spent = serving;
    peer.answer((asked) => {
      if (asked.email !== spent) plain(asked);
      else sendJson(asked.response, 429, envelope("rate_limit_error", "Limit"), { "retry-after": "60" });
    });
    const reply = await message(false);
    assertServed(reply);
    await reply.text();
    const attempts = reply.headers.get("x-ccb-attempts") ?? "-";
    if (attempts !== "2" || serving === spent) throw new StepFault("attempts", attempts);
  }

  async function abort(): Promise<void> {
    const gone = Promise.withResolvers<void>();
    peer.answer((asked) => {
      asked.response.once("close", () => gone.resolve());
      beginStream(asked);
    });
    const leave = new AbortController();
    const reply = await message(true, { signal: leave.signal });
    assertServed(reply);
    const reader = reply.body?.getReader();
    await reader?.read();
    leave.abort();
    // The end of the reader is the client's own abort.
    await reader?.read().catch(() => {});
    await gone.promise;
  }

  return [
    { name: "sign_in", run: signIn },
    { name: "stream", run: stream },
    { name: "refresh", run: refresh },
    { name: "failover", run: failover },
    { name: "abort", run: abort },
  ];
}
