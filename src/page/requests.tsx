// The last requests, as they happen; each opens to tell why it went where it went.
import { useId, useState } from "preact/hooks";
import type { Trace } from "../relay/trace-schema.ts";
import { Badge } from "./badge.tsx";
import type { Tone } from "./badge.tsx";
import { Icon } from "./icon.tsx";
import { Section } from "./section.tsx";
import { useStore } from "./state.ts";
import type { Account } from "./state.ts";
import { credentialName, useNow, useTools } from "./tools.ts";
import { TraceView } from "./trace-view.tsx";

const FIRST = 25;
const NOBODY: readonly Account[] = [];

const toneOf = ({ state, status }: Trace): Tone => {
  if (state === "in_progress") return "info";
  if (state === "client_gone") return "dim";
  if (state !== "complete" || status === null || status >= 500) return "bad";
  return status >= 400 ? "warn" : "good";
};

function Outcome({ trace }: { readonly trace: Trace }) {
  const { words } = useTools();
  const { state, status } = trace;
  const named = words.requests.state[state];
  // A status alone says enough where all went well.
  const text =
    state === "complete" && status !== null ? String(status) : status === null ? named : `${status} ${named}`;
  return (
    <Badge tone={toneOf(trace)}>
      {state === "in_progress" && <span class="pulse" aria-hidden="true" />}
      {text}
    </Badge>
  );
}

function RequestRow({ trace, accounts }: { readonly trace: Trace; readonly accounts: readonly Account[] }) {
  const { words, format } = useTools();
  const { page } = words;
  const [open, setOpen] = useState(false);
  const now = useNow(trace.state === "in_progress" ? 1_000 : 60_000);
  const detail = useId();
  const { chosen, tokens, timings, attempt_count } = trace;
  const input =
    (tokens?.input_tokens ?? 0) + (tokens?.cache_read_input_tokens ?? 0) + (tokens?.cache_creation_input_tokens ?? 0);
  const total = timings.total_ms ?? Math.max(0, now - trace.started_at);
  return (
    <li class="request" data-id={trace.id}>
      <button
        type="button"
        class="request-row"
        aria-expanded={open}
        aria-controls={detail}
        onClick={() => setOpen(!open)}
      >
        <span class="r-time">{format.clock(trace.started_at, now)}</span>
        <span class="r-outcome">
          <Outcome trace={trace} />
        </span>
        <span class="r-model">{trace.model ?? `${trace.method} ${trace.path}`}</span>
        <span class="r-target">
          {chosen === null ? words.requests.nobodyServed : credentialName(chosen, accounts, words)}
          {attempt_count > 1 && <span class="tries">{page.tries({ count: attempt_count })}</span>}
        </span>
        <span class="r-took">{format.duration(total)}</span>
        <span class="r-tokens">
          {tokens !== null &&
            page.inAndOut({ input: format.compact(input), output: format.compact(tokens.output_tokens ?? 0) })}
        </span>
        <Icon name="down" />
      </button>
      <div id={detail} hidden={!open}>
        {open && <TraceView trace={trace} accounts={accounts} now={now} />}
      </div>
    </li>
  );
}

export function Requests() {
  const { store, words } = useTools();
  const { page } = words;
  const requests = useStore(store, ({ requests }) => requests);
  const accounts = useStore(store, ({ status }) => status?.tokens ?? NOBODY);
  const live = useStore(store, ({ live }) => live);
  const [most, setMost] = useState(FIRST);
  const badge = (
    <Badge tone={live ? "good" : "dim"}>
      {live && <span class="pulse" aria-hidden="true" />}
      {live ? page.live : page.notLive}
    </Badge>
  );
  return (
    <Section title={page.requests} actions={badge}>
      <div class="card flush">
        {requests === null && <p class="empty">{page.loading}</p>}
        {requests?.length === 0 && (
          <div class="empty">
            <p>
              <strong>{page.noRequests}</strong>
            </p>
            <p>{page.noRequestsText}</p>
          </div>
        )}
        {requests !== null && requests.length > 0 && (
          <>
            <div class="request-row request-heads" aria-hidden="true">
              <span class="r-time">{page.time}</span>
              <span class="r-outcome">{page.outcome}</span>
              <span class="r-model">{page.model}</span>
              <span class="r-target">{page.servedBy}</span>
              <span class="r-took">{page.took}</span>
              <span class="r-tokens">{page.tokens}</span>
              <span />
            </div>
            <ul class="requests">
              {requests.slice(0, most).map((trace) => (
                <RequestRow key={trace.id} trace={trace} accounts={accounts} />
              ))}
            </ul>
          </>
        )}
        {(requests?.length ?? 0) > most && (
          <button type="button" class="button quiet wide" onClick={() => setMost(most + FIRST)}>
            {page.showMore}
          </button>
        )}
      </div>
    </Section>
  );
}
