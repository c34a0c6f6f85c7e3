// ccb's HTTP API as the page speaks it: what comes back is held against the server's own schemas.
import { Type } from "@sinclair/typebox";
import type { Static, TSchema } from "@sinclair/typebox";
import { Check } from "@sinclair/typebox/value";
import type { Browser } from "./browser.ts";

/**
 * unreachable: nobody, or not ccb, answered; refused: ccb said no, in the message; misfit: ccb answered something that
 * this page does not know.
 */
type Kind = "unreachable" | "refused" | "misfit";

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly kind: Kind;
  /** null: there was no answer. */
  readonly status: number | null;

  constructor(kind: Kind, status: number | null, message: string) {
    super(message);
    this.kind = kind;
    this.status = status;
  }
}

/** Every error that ccb itself makes. */
const EnvelopeSchema = Type.Object({ error: Type.Object({ message: Type.String() }) });

/** An answer that takes longer is none, milliseconds. */
const PATIENCE_MS = 15_000;
/** Refreshing and reloading wait for others. */
const LONG_PATIENCE_MS = 60_000;

export interface Api {
  /** Rejects with ApiError; with the signal's own reason where that was why. */
  get<Schema extends TSchema>(path: string, schema: Schema, signal?: AbortSignal): Promise<Static<Schema>>;
  send<Schema extends TSchema>(
    method: "POST" | "DELETE",
    path: string,
    schema: Schema,
    options?: { readonly body?: unknown; readonly signal?: AbortSignal },
  ): Promise<Static<Schema>>;
  /** A body that goes on until `signal` ends it. */
  stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

export interface ApiDeps {
  readonly fetch: Browser["fetch"];
  /** null: none was given. */
  readonly key: () => string | null;
  /** In which ccb's own messages come. */
  readonly language: () => string;
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

/** Creates the page's client. */
export function createApi({ fetch, key, language }: ApiDeps): Api {
  async function ask(path: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("accept-language", language());
    const given = key();
    if (given !== null) headers.set("x-ccb-key", given);
    let response: Response;
    try {
      response = await fetch(path, { ...init, headers, cache: "no-store", credentials: "omit", redirect: "error" });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new ApiError("unreachable", null, "");
    }
    if (response.ok) return response;
    const body = await jsonOf(response);
    // An error without ccb's envelope comes from something in front of it.
    if (!Check(EnvelopeSchema, body)) throw new ApiError("unreachable", response.status, "");
    throw new ApiError("refused", response.status, body.error.message);
  }

  async function take<Schema extends TSchema>(
    path: string,
    schema: Schema,
    init: RequestInit,
    patience: number,
    signal?: AbortSignal,
  ): Promise<Static<Schema>> {
    const limit = AbortSignal.timeout(patience);
    const all = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    const response = await ask(path, { ...init, signal: all }, signal);
    const body = await jsonOf(response);
    if (signal?.aborted === true) throw signal.reason;
    if (body === undefined) throw new ApiError("unreachable", response.status, "");
    if (!Check(schema, body)) throw new ApiError("misfit", response.status, "");
    return body;
  }

  return {
    get: (path, schema, signal) => take(path, schema, { method: "GET" }, PATIENCE_MS, signal),
    send(method, path, schema, { body, signal } = {}) {
      const content =
        body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
      return take(path, schema, { method, ...content }, LONG_PATIENCE_MS, signal);
    },
    async stream(path, signal) {
      const { body } = await ask(path, { method: "GET", signal }, signal);
      if (body === null) throw new ApiError("unreachable", null, "");
      return body;
    },
  };
}
