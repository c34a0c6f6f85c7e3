// What a request is about, by its path.

/** What a path is for: what one kind meets says nothing of the others. */
export type PathKind = "messages" | "count_tokens" | "other";

/** The kind of a path, without its query. */
export function kindOfPath(path: string): PathKind {
  if (/\/count_tokens\/?$/.test(path)) return "count_tokens";
  return /^\/v1\/(?:messages|complete)\/?$/.test(path) ? "messages" : "other";
}
