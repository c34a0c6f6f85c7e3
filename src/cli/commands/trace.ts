// ccb trace: what became of one request, and why this account.
import type { Command } from "commander";
import type { Language } from "../../core/language.ts";
import { relativeTime } from "../../core/language.ts";
import type { Words } from "../../core/words/en.ts";
import { TraceSchema } from "../../relay/trace-schema.ts";
import type { Trace, TraceAttempt } from "../../relay/trace-schema.ts";
import { EXIT_OK } from "../configuration.ts";
import { styled } from "../shown.ts";
import type { Piece } from "../shown.ts";
import { clockTime, clockUntil, duration, grouped } from "../times.ts";
import { addServerCommand, runOnServer } from "./command.ts";
import type { Done, ServerOptions, Session } from "./command.ts";
import { askEmails, outcomeStyle, targetName } from "./request-rows.ts";
import type { Emails } from "./request-rows.ts";

/** A code in words; one that this program does not know is shown as it is. */
const inWords = (code: string, { requests }: Words): string =>
  new Map(Object.entries(requests.reason)).get(code) ?? code;

/** What is known of it, one after the other. */
const joined = ({ requests }: Words, ...parts: readonly (string | null)[]): string =>
  requests.listed(parts.filter((part) => part !== null));

const untilText = (until: number | null, { words, language, now }: Session): string | null =>
  until === null ? null : words.requests.until({ at: clockUntil(until / 1000, now / 1000, language) });

function headLines(trace: Trace, emails: Emails, words: Words): readonly (readonly Piece[])[] {
  const { requests } = words;
  const { model, stream, session, key, status, state, error, timings, bytes, chosen, tokens } = trace;
  const outcome = joined(
    words,
    status === null ? null : String(status),
    requests.state[state],
    error,
    timings.total_ms === null ? null : duration(timings.total_ms),
    timings.first_byte_ms === null ? null : requests.firstByte({ after: duration(timings.first_byte_ms) }),
    bytes === 0 ? null : requests.bytes({ count: grouped(bytes) }),
  );
  const asked = joined(
    words,
    model,
    stream ? requests.streamed : null,
    session === null ? null : requests.session({ session }),
  );
  return [
    ...(asked === "" ? [] : [[requests.model, asked]]),
    ...(key === null ? [] : [[requests.callerKey, key]]),
    [requests.outcome, styled(outcomeStyle(trace), outcome)],
    [requests.servedBy, chosen === null ? requests.nobodyServed : targetName(chosen, emails, words)],
    ...(tokens === null
      ? []
      : [
          [
            requests.tokens,
            requests.tokensUsed({
              input: grouped(tokens.input_tokens),
              output: grouped(tokens.output_tokens),
              written: grouped(tokens.cache_creation_input_tokens),
              read: grouped(tokens.cache_read_input_tokens),
            }),
          ],
        ]),
  ];
}

function benchText({ benches }: TraceAttempt, { words, language, now }: Session): string | null {
  const scopes = new Map(Object.entries(words.requests.scope));
  const texts = benches.map(({ scope, until }) =>
    words.requests.benched({
      scope: scopes.get(scope) ?? scope,
      at: until === null ? null : clockUntil(until / 1000, now / 1000, language),
    }),
  );
  return texts.length === 0 ? null : texts.join("; ");
}

function attemptRow(attempt: TraceAttempt, index: number, emails: Emails, session: Session): readonly Piece[] {
  const { words } = session;
  const { started_ms, ended_ms, status, reason, action, replay } = attempt;
  return [
    String(index + 1),
    targetName(attempt, emails, words),
    duration(ended_ms - started_ms),
    status === null ? "" : String(status),
    styled(
      action === "relay" ? "good" : "warning",
      joined(
        words,
        inWords(reason, words),
        words.requests.action[action],
        replay === "ambiguous" ? words.requests.ambiguous : null,
        benchText(attempt, session),
      ),
    ),
  ];
}

/** `all`: how many there were, where `rows` holds the first. */
function section(
  { screen, words, table }: Session,
  title: string,
  rows: readonly (readonly Piece[])[],
  all: number = rows.length,
): void {
  screen.line();
  screen.line(styled("bold", title));
  const columns = (rows[0] ?? []).map(() => ({ title: "" }));
  table(columns, rows, { indent: "  ", titles: false });
  if (all > rows.length) screen.line("  ", words.requests.more({ count: all - rows.length }));
}

function startText(startedAt: number, now: number, language: Language): string {
  return `${clockTime(startedAt, now)} (${relativeTime(startedAt / 1000, now / 1000, language)})`;
}

function show(session: Session, trace: Trace, emails: Emails): void {
  const { screen, table, words, language, now } = session;
  const { id, method, path, started_at, candidates, excluded, attempts, strategy } = trace;
  screen.line(styled("bold", id), `  ${method} ${path}  ${startText(started_at, now, language)}`);
  table([{ title: "" }, { title: "" }], headLines(trace, emails, words), { titles: false });
  const ranked = candidates.map((candidate, index) => [
    String(index + 1),
    targetName(candidate, emails, words),
    joined(words, inWords(candidate.reason, words), candidate.detail),
  ]);
  const none = [[styled("warning", words.requests.noCandidate)]];
  const title = words.requests.why({ strategy });
  section(session, title, ranked.length > 0 ? ranked : none, Math.max(trace.candidate_count, 1));
  if (excluded.length > 0)
    section(
      session,
      words.requests.leftOut,
      excluded.map(({ reason, detail, until, ...target }) => [
        targetName(target, emails, words),
        joined(words, inWords(reason, words), detail, untilText(until, session)),
      ]),
      trace.excluded_count,
    );
  if (attempts.length > 0)
    section(
      session,
      words.requests.attempts,
      attempts.map((attempt, index) => attemptRow(attempt, index, emails, session)),
      trace.attempt_count,
    );
}

/** Adds `trace`. */
export function addTraceCommand(program: Command, words: Words, done: Done): void {
  const examples = [
    "ccb trace ccb_0f1e2d3c4b5a69788796a5b4",
    "ccb trace ccb_0f1e2d3c4b5a69788796a5b4 --json | jq .attempts",
  ];
  addServerCommand(program, words, "trace", words.requests.trace, examples)
    .argument("<id>", words.requests.traceId)
    .action(async (id: string, options: ServerOptions) => {
      done(
        await runOnServer(options, async (session) => {
          const trace = await session.client.get(`/requests/${encodeURIComponent(id)}`, TraceSchema);
          if (options.json === true) session.screen.json(trace);
          else show(session, trace, await askEmails(session.client));
          return EXIT_OK;
        }),
      );
    });
}
