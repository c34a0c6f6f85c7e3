// Speaks the HTTP API of the running server, for the commands. What it rejects with is fit to be shown.
import type { Static, TSchema } from "@sinclair/typebox";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { CcbError, codeOf, isErrorCode } from "../core/errors.ts";
import type { ErrorCode } from "../core/errors.ts";
import { wordsOf } from "../core/language.ts";
import type { Language } from "../core/language.ts";
import type { Clock, Fetch, FetchInit } from "../core/ports.ts";
import type { Secret } from "../core/secret.ts";
import type { Words } from "../core/words/en.ts";

export interface ClientDeps {
  readonly fetch: Fetch;
  readonly clock: Pick<Clock, "after">;
  /** Scheme, host and port, such as http://localhost:9090; null: there is only the socket. */
  readonly base: string | null;
  /** Sent as x-ccb-key; null: none. */
  readonly key: Secret | null;
  /** Path of the owner-only socket, which is tried first; null: there is none. */
  readonly socket: string | null;
  /** Whom to trust where `base` is https. */
  readonly tls?: FetchInit["tls"];
  /** In which the server's messages are asked for. */
  readonly language: Language;
}

type Method = "GET" | "POST" | "DELETE";

export interface Client {
  /** For people: where the server is looked for. */
  readonly address: string;
  /** Rejects with `server_down`, `server_silent`, `server_foreign`, or the server's own error and message. */
  get<Schema extends TSchema>(path: string, schema: Schema): Promise<Static<Schema>>;
  /** The same with a method and, where it is not null, a JSON body. */
  send<Schema extends TSchema>(method: Method, path: string, body: unknown, schema: Schema): Promise<Static<Schema>>;
  /** The text of a reply that has to be of this media type; otherwise as `get`. */
  getText(path: string, type: string): Promise<string>;
  /** A successful reply whose body is still to be read, without a limit of time. */
  open(path: string, accept: string, signal: AbortSignal): Promise<Response>;
}

/** Longer than the server itself waits for a token endpoint. */
const ANSWER_MS = 90_000;

const EnvelopeSchema = Type.Object({
  type: Type.Literal("error"),
  error: Type.Object({ type: Type.String(), message: Type.String() }),
});

/** Codes of a connection that did not come about: nobody has seen the request, so it may go another way. */
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  "ConnectionRefused",
  "FailedToOpenSocket",
  "ECONNREFUSED",
  "ENOENT",
  "EACCES",
  "ENOTSOCK",
]);

/** What a server says to a key: it answers, so it is there. */
export const KEY_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["key_missing", "key_unknown", "key_role"]);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A message of the server, which speaks to who speaks HTTP, for the command line. */
export function inCommands(message: string, { login, commands }: Words): string {
  const { again, accounts } = login.overHttp;
  return message.replace(again, commands.overHttp.again).replace(accounts, commands.overHttp.accounts);
}

/** Creates the client of one server. */
export function createClient({ fetch, clock, base, key, socket, tls, language }: ClientDeps): Client {
  const address = base ?? `unix:${socket ?? ""}`;
  /** What the first connection settled. */
  let bySocket = socket !== null;

  const foreign = (cause?: unknown): CcbError =>
    new CcbError("server_foreign", (words) => words.commands.serverForeign({ address }), { cause });

  async function connect(path: string, init: FetchInit): Promise<Response> {
    if (bySocket && socket !== null) {
      try {
        return await fetch(`http://localhost${path}`, { ...init, unix: socket });
      } catch (error) {
        if (base === null || !NOT_CONNECTED.has(codeOf(error))) throw error;
        bySocket = false;
      }
    }
    return fetch(`${base ?? ""}${path}`, { ...init, ...(tls === undefined ? {} : { tls }) });
  }

  async function request(method: Method, path: string, body: unknown, accept: string, signal: AbortSignal) {
    const headers = new Headers({ accept, "accept-language": language });
    if (key !== null) headers.set("x-ccb-key", key.reveal());
    if (body !== null) headers.set("content-type", "application/json");
    return connect(path, {
      method,
      headers,
      signal,
      ...(body === null ? {} : { body: JSON.stringify(body) }),
      redirect: "manual",
      keepalive: false,
      proxy: false,
      timeout: false,
    });
  }

  /** The server's own error of a reply that is none of success. */
  function toError(response: Response, text: string): CcbError {
    const envelope = parseJson(text);
    if (!Value.Check(EnvelopeSchema, envelope)) return foreign();
    const named = response.headers.get("x-ccb-error") ?? "";
    const code = isErrorCode(named) ? named : "server_said";
    // In the language that it was asked for in.
    const message = inCommands(envelope.error.message, wordsOf(language));
    const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
    return new CcbError(
      code,
      (words) => (KEY_CODES.has(code) ? `${message}\n${words.commands.giveKey({ given: key !== null })}` : message),
      Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {},
    );
  }

  /** Lets `work` fetch within a time, and says in ccb's own errors what went wrong. */
  async function within<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    const cancel = clock.after(ANSWER_MS, () => abort.abort());
    try {
      return await work(abort.signal);
    } catch (error) {
      throw abort.signal.aborted
        ? new CcbError("server_silent", (words) => words.commands.serverSilent({ address, seconds: ANSWER_MS / 1000 }))
        : toFailure(error);
    } finally {
      cancel();
    }
  }

  function toFailure(cause: unknown): unknown {
    if (cause instanceof CcbError) return cause;
    const reason = codeOf(cause);
    if (/CERT|TLS|SSL|SIGNATURE|ISSUER/.test(reason))
      return new CcbError("server_foreign", (words) => words.commands.serverCertificate({ address, reason }), {
        cause,
      });
    return new CcbError("server_down", (words) => words.commands.serverDown({ address, reason }), { cause });
  }

  async function send<Schema extends TSchema>(
    method: Method,
    path: string,
    body: unknown,
    schema: Schema,
  ): Promise<Static<Schema>> {
    return within(async (signal) => {
      const response = await request(method, path, body, "application/json", signal);
      const text = await response.text();
      if (!response.ok) throw toError(response, text);
      const value = parseJson(text);
      if (!Value.Check(schema, value)) throw foreign();
      return value;
    });
  }

  /** Whether a reply is of this media type. */
  const isOf = (type: string, { headers }: Response): boolean => (headers.get("content-type") ?? "").startsWith(type);

  return {
    address,
    send,
    getText: (path, type) =>
      within(async (signal) => {
        const response = await request("GET", path, null, type, signal);
        const text = await response.text();
        if (!response.ok) throw toError(response, text);
        if (!isOf(type, response)) throw foreign();
        return text;
      }),
    get: (path, schema) => send("GET", path, null, schema),
    async open(path, accept, signal) {
      try {
        const response = await request("GET", path, null, accept, signal);
        if (!response.ok) throw toError(response, await response.text());
        if (!isOf(accept, response)) {
          await response.body?.cancel();
          throw foreign();
        }
        return response;
      } catch (error) {
        throw signal.aborted ? error : toFailure(error);
      }
    },
  };
}
