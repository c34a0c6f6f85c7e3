// Requests as rows of a table, and the names of those who served them.
import type { Words } from "../../core/words/en.ts";
import { StatusSchema } from "../../http/oauth-schemas.ts";
import type { Trace, TraceTarget } from "../../relay/trace-schema.ts";
import type { Client } from "../client.ts";
import { styled } from "../shown.ts";
import type { Piece, Style } from "../shown.ts";
import type { Column } from "../table.ts";
import { clockTime, duration, grouped } from "../times.ts";

/** Emails by the opaque ids of accounts. */
export type Emails = ReadonlyMap<string, string>;

export async function askEmails(client: Client): Promise<Emails> {
  const { tokens } = await client.get("/oauth/status", StatusSchema);
  return new Map(tokens.map(({ account_id, account_email }) => [account_id, account_email]));
}

/** "Provider / me@example.com"; an account that has gone is named by its id. */
export function targetName({ provider, account, kind }: TraceTarget, emails: Emails, { commands }: Words): string {
  const who =
    kind === "key"
      ? commands.withKey
      : kind === "client"
        ? commands.ownCredential
        : (emails.get(account ?? "") ?? account);
  return `${provider} / ${who ?? ""}`;
}

export function outcomeStyle({ status, state }: Trace): Style {
  if (state === "in_progress") return "dim";
  if (state === "client_gone") return "warning";
  return state === "complete" && status !== null && status < 400 ? "good" : "bad";
}

/** `live`: rows come one by one, so the widths are settled before. */
export function requestColumns({ commands: { column } }: Words, live: boolean): readonly Column[] {
  const min = (columns: number): { readonly min?: number } => (live ? { min: columns } : {});
  return [
    { title: column.time, ...min(8) },
    { title: column.request, ...min(28) },
    { title: column.model, ...min(26) },
    { title: column.status, ...min(6) },
    { title: column.took, align: "right", ...min(8) },
    { title: column.tries, align: "right", ...min(5) },
    { title: column.input, align: "right", ...min(8) },
    { title: column.output, align: "right", ...min(7) },
    { title: column.target },
  ];
}

/** All that was read of the request, from the cache or not; null: not said. */
function inputOf(tokens: NonNullable<Trace["tokens"]>): number | null {
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens } = tokens;
  return input_tokens === null
    ? null
    : input_tokens + (cache_creation_input_tokens ?? 0) + (cache_read_input_tokens ?? 0);
}

/** One request. `now` in milliseconds. */
export function requestRow(trace: Trace, emails: Emails, words: Words, now: number): readonly Piece[] {
  const { id, started_at, model, path, status, state, timings, attempt_count, tokens, chosen } = trace;
  const ended = state === "complete" ? String(status ?? "") : `${status ?? ""} ${words.requests.state[state]}`.trim();
  return [
    clockTime(started_at, now),
    id,
    model ?? path,
    styled(outcomeStyle(trace), ended),
    timings.total_ms === null ? "" : duration(timings.total_ms),
    String(attempt_count),
    tokens === null ? "" : grouped(inputOf(tokens)),
    tokens === null ? "" : grouped(tokens.output_tokens),
    chosen === null ? "" : targetName(chosen, emails, words),
  ];
}
