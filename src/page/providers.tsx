// The providers, each with its targets: how they stand, how they have done, and the switches.
import { ReloadedSchema, SwitchedSchema } from "../http/providers-schema.ts";
import { Badge, STATE_TONES } from "./badge.tsx";
import { Icon } from "./icon.tsx";
import { Section } from "./section.tsx";
import { useStore } from "./state.ts";
import type { Account, Notice, Provider, Target } from "./state.ts";
import { ApiError } from "./api.ts";
import { credentialName, useAction, useNow, useTools } from "./tools.ts";
import { reasonOf } from "./words.ts";

const NOBODY: readonly Account[] = [];

function Cooldowns({ target, now }: { readonly target: Target; readonly now: number }) {
  const { words, format } = useTools();
  const { page } = words;
  return (
    <ul class="cooldowns">
      {target.cooldowns.map(({ scope, model, until, reason, official }) => {
        const untilWhen =
          until === null
            ? null
            : page.untilWhen({ at: format.minute(until * 1000, now), when: format.ahead(until, now / 1000) });
        const what = [
          model === null ? null : page.onlyModel({ model }),
          reasonOf(words, reason),
          untilWhen,
          official ? null : page.guess,
        ];
        return (
          <li key={`${scope} ${model} ${reason}`}>{words.requests.listed(what.filter((part) => part !== null))}</li>
        );
      })}
    </ul>
  );
}

function TargetRow({ target, now }: { readonly target: Target; readonly now: number }) {
  const { store, words, format } = useTools();
  const { page, commands } = words;
  const accounts = useStore(store, ({ status }) => status?.tokens ?? NOBODY);
  const { success_rate, first_byte_p50_ms: p50, first_byte_p95_ms: p95 } = target;
  const bytes = [p50, p95].map((time) => (time === null ? page.notSaid : format.duration(time))).join(" / ");
  const figures = [
    [page.success, success_rate === null ? page.notSaid : format.percent(success_rate)],
    [page.firstByte, bytes],
    [page.busy, format.grouped(target.in_flight)],
    [page.sessions, format.grouped(target.sessions)],
  ] as const;
  return (
    <li class="target">
      <div class="target-head">
        <span class="target-name">{credentialName(target, accounts, words)}</span>
        <Badge tone={STATE_TONES[target.state]}>{commands.state[target.state]}</Badge>
      </div>
      <dl class="figures four">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {target.cooldowns.length > 0 && <Cooldowns target={target} now={now} />}
    </li>
  );
}

function ProviderCard({ provider, now }: { readonly provider: Provider; readonly now: number }) {
  const { api, words } = useTools();
  const { page, commands } = words;
  const [busy, act] = useAction();
  const { name, enabled } = provider;
  const turn = async (): Promise<string> => {
    await api.send("POST", `/providers/${encodeURIComponent(name)}/${enabled ? "disable" : "enable"}`, SwitchedSchema);
    return enabled ? page.disabled({ provider: name }) : page.enabled({ provider: name });
  };
  const action = enabled ? page.disable : page.enable;
  return (
    <li class="card provider" aria-label={name}>
      <div class="card-head">
        <div class="names">
          <h3>{name}</h3>
          <p class="dim">
            {provider.base_url.replace(/^https?:\/\//, "")} · {page.priority({ priority: provider.priority })}
          </p>
        </div>
        <Badge tone={STATE_TONES[provider.state]}>{commands.state[provider.state]}</Badge>
        <button
          type="button"
          class="button"
          aria-label={page.forAccount({ action, account: name })}
          disabled={busy}
          onClick={() => act(turn)}
        >
          <Icon name="power" />
          {action}
        </button>
      </div>
      {provider.targets.length === 0 && <p class="condition dim">{page.noTarget}</p>}
      <ul class="targets">
        {provider.targets.map((target) => (
          <TargetRow key={target.id} target={target} now={now} />
        ))}
      </ul>
    </li>
  );
}

export function Providers() {
  const { api, store, words } = useTools();
  const { page } = words;
  const providers = useStore(store, ({ providers }) => providers);
  const now = useNow(5_000);
  const [busy, act] = useAction();
  async function reload(): Promise<Notice> {
    try {
      const {
        providers: count,
        restart_needed,
        warnings,
      } = await api.send("POST", "/providers/reload", ReloadedSchema);
      const restart = restart_needed.length === 0 ? [] : [page.restartFor({ keys: restart_needed.join(", ") })];
      return { text: page.reloaded({ providers: count }), lines: [...restart, ...warnings], good: true };
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 422) throw error;
      // ccb's first line says what the page says itself; each further one is a mistake with its line and column.
      return { text: page.reloadRefused, lines: error.message.split("\n").slice(1), good: false };
    }
  }
  const button = (
    <button type="button" class="button" disabled={busy} onClick={() => act(reload)}>
      <Icon name="refresh" />
      {page.reload}
    </button>
  );
  return (
    <Section title={page.providers} count={providers?.length ?? null} actions={button}>
      {providers === null && <p class="empty">{page.loading}</p>}
      {providers?.length === 0 && <p class="empty">{page.noProviders}</p>}
      <ul class="cards one">
        {providers?.map((provider) => (
          <ProviderCard key={provider.name} provider={provider} now={now} />
        ))}
      </ul>
    </Section>
  );
}
