// What the token endpoint does instead of answering, when a test says so.
import type { HeaderList } from "./http-wire.ts";
import { bytes, hang, json, reset, type Reply } from "./replies.ts";

/** What the next token call gets instead of an answer. */
export interface Failure {
  readonly status?: number;
  readonly body?: unknown;
  readonly html?: string;
  readonly headers?: HeaderList;
  /** RST before, or silence instead of, an answer. */
  readonly transport?: "reset" | "hang";
  /** The grant is used up all the same: the reply is lost on its way. */
  readonly consume?: boolean;
  /** Of refresh or exchange only. */
  readonly grant?: "authorization_code" | "refresh_token";
}

/** The reply of a failure. */
export function failed(failure: Failure): Reply {
  if (failure.transport === "reset") return reset();
  if (failure.transport === "hang") return hang();
  const status = failure.status ?? 500;
  if (failure.html !== undefined)
    return bytes(status, failure.html, [["Content-Type", "text/html; charset=UTF-8"], ...pairs(failure.headers)]);
  return json(status, failure.body ?? { error: "server_error" }, failure.headers);
}

const pairs = (headers: HeaderList = []): readonly (readonly [string, string])[] =>
  Array.isArray(headers) ? headers : Object.entries(headers);
