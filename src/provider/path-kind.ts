// What a request is about, by its path.

/** What a path is for: what one kind meets says nothing of the others. */
export type PathKind = "messages" | "count_tokens" | "other";

const MESSAGES = "/v1/messages";

/** Whether a path, without its query, is that of a message: its reply is JSON or an event stream with usage. */
export const isMessages = (path: string): boolean => path === MESSAGES || path === `${MESSAGES}/`;

/** The kind of a path, without its query. */
export function kindOfPath(path: string): PathKind {
  if (isMessages(path)) return "messages";
  if (/\/count_tokens\/?$/.test(path)) return "count_tokens";
  return /^\/v1\/complete\/?$/.test(path) ? "messages" : "other";
}
