// One request: why this account, what else there was, what was tried, and how long it all took.
import type { Trace, TraceAttempt, TraceBench, TraceTarget } from "../relay/trace-schema.ts";
import { Badge } from "./badge.tsx";
import type { Account } from "./state.ts";
import { credentialName, useTools } from "./tools.ts";
import { reasonOf } from "./words.ts";

interface TraceViewProps {
  readonly trace: Trace;
  readonly accounts: readonly Account[];
  /** Milliseconds. */
  readonly now: number;
}

const same = (a: TraceTarget, b: TraceTarget): boolean =>
  a.provider === b.provider && a.account === b.account && a.kind === b.kind;

function useTargetName(accounts: readonly Account[]): (target: TraceTarget) => string {
  const { words } = useTools();
  return (target) => `${credentialName(target, accounts, words)} · ${target.provider}`;
}

/** One sentence, or two. */
function Why({ trace, accounts }: Omit<TraceViewProps, "now">) {
  const { words } = useTools();
  const { page } = words;
  const nameOf = useTargetName(accounts);
  const { chosen, candidates, state } = trace;
  if (chosen === null) return <p>{state === "in_progress" ? page.choosing : page.whyNobody}</p>;
  const candidate = candidates.find((each) => same(each, chosen));
  const target = nameOf(chosen);
  const moved = trace.attempts.some((attempt) => !same(attempt, chosen));
  return (
    <p>
      {moved || candidate === undefined
        ? page.whyMoved({ target })
        : page.whyChosen({ target, reason: reasonOf(words, candidate.reason) })}
    </p>
  );
}

function Benches({ benches, now }: { readonly benches: readonly TraceBench[]; readonly now: number }) {
  const { words, format } = useTools();
  const scopes: Readonly<Record<string, string>> = words.requests.scope;
  return (
    <>
      {benches.map(({ scope: code, until, official }) => {
        const scope = scopes[code] ?? code;
        const { benched, benchedUntil, guess } = words.page;
        const text = until === null ? benched({ scope }) : benchedUntil({ scope, at: format.clock(until, now) });
        return (
          <p key={code} class="dim">
            {official ? text : words.requests.listed([text, guess])}
          </p>
        );
      })}
    </>
  );
}

interface AttemptProps {
  readonly attempt: TraceAttempt;
  /** Milliseconds of the whole request. */
  readonly whole: number;
  readonly name: string;
  readonly now: number;
}

function Attempt({ attempt, whole, name, now }: AttemptProps) {
  const { words, format } = useTools();
  const { started_ms, ended_ms, status, reason, action, replay } = attempt;
  const left = Math.min(100, (started_ms / whole) * 100);
  const width = Math.max(1, Math.min(100 - left, ((ended_ms - started_ms) / whole) * 100));
  const good = reason === "served" || reason === "limit_announced";
  const said = [
    status === null ? null : String(status),
    reasonOf(words, reason),
    words.requests.action[action],
    replay === "ambiguous" ? words.requests.ambiguous : null,
  ].filter((part) => part !== null);
  return (
    <li>
      <div class="attempt-text">
        <strong>{name}</strong>
        <span class="dim">{format.duration(ended_ms - started_ms)}</span>
      </div>
      <div class="attempt-line" aria-hidden="true">
        <span class={good ? "good" : "bad"} style={{ marginLeft: `${left}%`, width: `${width}%` }} />
      </div>
      <p>{words.requests.listed(said)}</p>
      <Benches benches={attempt.benches} now={now} />
    </li>
  );
}

function Facts({ trace }: { readonly trace: Trace }) {
  const { words, format } = useTools();
  const { page } = words;
  const { timings, tokens } = trace;
  const time = (value: number | null): string | null => (value === null ? null : format.duration(value));
  const count = (name: keyof typeof page.tokenKinds) =>
    [page.tokenKinds[name], tokens === null || tokens[name] === null ? null : format.grouped(tokens[name])] as const;
  const rows = [
    [page.firstByteAfter, time(timings.first_byte_ms)],
    [page.total, time(timings.total_ms)],
    count("input_tokens"),
    count("output_tokens"),
    count("cache_creation_input_tokens"),
    count("cache_read_input_tokens"),
    [page.bytes, format.grouped(trace.bytes)],
    [page.strategy, trace.strategy],
    [page.conversation, trace.session],
    [page.callerKey, trace.key],
    [page.errorCode, trace.error],
  ] as const;
  return (
    <dl class="figures facts">
      {rows.map(([name, value]) =>
        value === null ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

export function TraceView({ trace, accounts, now }: TraceViewProps) {
  const { words, format } = useTools();
  const { page } = words;
  const nameOf = useTargetName(accounts);
  const { candidates, excluded, attempts, chosen } = trace;
  const whole = Math.max(1, trace.timings.total_ms ?? 0, ...attempts.map(({ ended_ms }) => ended_ms));
  const more = (all: number, shown: number) => all > shown && <li class="dim">{page.more({ count: all - shown })}</li>;
  return (
    <div class="trace">
      <div class="trace-why">
        <h3>{page.why}</h3>
        <Why trace={trace} accounts={accounts} />
      </div>
      {candidates.length > 0 && (
        <div>
          <h4>{page.couldServe}</h4>
          <ol class="ranking">
            {candidates.map((candidate) => (
              <li key={nameOf(candidate)} class={chosen !== null && same(candidate, chosen) ? "chosen" : ""}>
                {nameOf(candidate)} <span class="dim">{reasonOf(words, candidate.reason)}</span>
              </li>
            ))}
            {more(trace.candidate_count, candidates.length)}
          </ol>
        </div>
      )}
      {excluded.length > 0 && (
        <div>
          <h4>{page.leftOut}</h4>
          <ul class="ranking">
            {excluded.map((each) => (
              <li key={nameOf(each)}>
                {nameOf(each)} <Badge tone="warn">{reasonOf(words, each.reason)}</Badge>{" "}
                <span class="dim">
                  {words.requests.listed(
                    [
                      each.detail === null ? null : reasonOf(words, each.detail),
                      each.until === null
                        ? null
                        : page.untilWhen({
                            at: format.minute(each.until, now),
                            when: format.ahead(each.until / 1000, now / 1000),
                          }),
                    ].filter((part) => part !== null),
                  )}
                </span>
              </li>
            ))}
            {more(trace.excluded_count, excluded.length)}
          </ul>
        </div>
      )}
      {attempts.length > 0 && (
        <div>
          <h4>{page.attempts}</h4>
          <ol class="attempts">
            {attempts.map((attempt) => (
              <Attempt key={attempt.started_ms} attempt={attempt} whole={whole} name={nameOf(attempt)} now={now} />
            ))}
            {more(trace.attempt_count, attempts.length)}
          </ol>
        </div>
      )}
      <div>
        <h4>{page.facts}</h4>
        <Facts trace={trace} />
        <p class="dim id">{page.traceOf({ id: trace.id })}</p>
      </div>
    </div>
  );
}
