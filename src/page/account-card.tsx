// One account: how it stands, what is used of its limits, and what can be done with it.
import { useState } from "preact/hooks";
import { PausedSchema, RemovedSchema, SignedInSchema } from "../http/oauth-schemas.ts";
import { Badge, STATE_TONES } from "./badge.tsx";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icon.tsx";
import type { Account, Notice, Target } from "./state.ts";
import { useAction, useTools } from "./tools.ts";
import { WindowBar } from "./window-bar.tsx";
import { reasonOf } from "./words.ts";

interface AccountCardProps {
  readonly account: Account;
  /** Where it may serve. */
  readonly targets: readonly Target[];
  readonly now: number;
  readonly onSignIn: () => void;
}

type Window = Target["windows"][number];

/** Each window once, the fullest word on it: two providers may have told of the same. */
function windowsOf(targets: readonly Target[]): readonly Window[] {
  const found = new Map<string, Window>();
  for (const window of targets.flatMap(({ windows }) => windows)) {
    const name = `${window.name} ${window.model ?? ""}`;
    const before = found.get(name);
    if (before === undefined || (window.utilization ?? -1) > (before.utilization ?? -1)) found.set(name, window);
  }
  return [...found.values()];
}

const SHARED = ["5h", "7d"] as const;

function Windows({ targets, now }: Pick<AccountCardProps, "targets" | "now">) {
  const { words } = useTools();
  const { windows: names, ofModel } = words.page;
  const windows = windowsOf(targets);
  const reservePercent = Math.max(0, ...targets.map(({ reserve_percent }) => reserve_percent));
  const known: Readonly<Record<string, string>> = names;
  const others = windows.filter(({ name, model }) => model !== null || !SHARED.some((shared) => shared === name));
  const nameOf = ({ name, model }: Window): string => {
    const window = known[name] ?? name;
    return model === null ? window : ofModel({ window, model });
  };
  return (
    <div class="windows">
      {SHARED.map((name) => (
        <WindowBar
          key={name}
          label={names[name]}
          window={windows.find((window) => window.name === name && window.model === null) ?? null}
          reservePercent={reservePercent}
          now={now}
        />
      ))}
      {others.map((window) => (
        <WindowBar key={nameOf(window)} label={nameOf(window)} window={window} reservePercent={0} now={now} />
      ))}
    </div>
  );
}

function Condition({ account, targets, now }: Pick<AccountCardProps, "account" | "targets" | "now">) {
  const { words, format } = useTools();
  const { state, reason, detail, cooldown_until } = account;
  const until =
    cooldown_until === null
      ? null
      : words.page.untilWhen({
          at: format.minute(cooldown_until * 1000, now),
          when: format.ahead(cooldown_until, now / 1000),
        });
  const overage = Math.max(0, ...targets.map(({ overage_until }) => overage_until ?? 0));
  const why = [reason === null ? null : reasonOf(words, reason), detail, until].filter((part) => part !== null);
  return (
    <>
      {why.length > 0 && <p class={`condition ${STATE_TONES[state]}`}>{words.requests.listed(why)}</p>}
      {overage > 0 && (
        <p class="condition warn">{words.page.extraUsage({ when: format.ahead(overage, now / 1000) })}</p>
      )}
      {targets.length === 0 && <p class="condition dim">{words.page.noTargets}</p>}
    </>
  );
}

function Figures({ account, now }: Pick<AccountCardProps, "account" | "now">) {
  const { words, format } = useTools();
  const { page } = words;
  const { usage_count, last_used_timestamp, expires_at, next_refresh_at, renewable } = account;
  const seconds = now / 1000;
  const refresh = renewable ? (next_refresh_at === null ? page.notSaid : format.ahead(next_refresh_at, seconds)) : page.notRenewable; // prettier-ignore
  const rows = [
    [page.requestsServed, format.grouped(usage_count)],
    [page.lastUsed, last_used_timestamp === null ? page.never : format.ago(last_used_timestamp, seconds)],
    [page.tokenEnds, expires_at <= seconds ? page.expired : format.ahead(expires_at, seconds)],
    [page.nextRefresh, refresh],
  ] as const;
  return (
    <dl class="figures">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function RemoveDialog({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const { api, words } = useTools();
  const { page } = words;
  const [busy, act] = useAction();
  const remove = async (): Promise<Notice | string> => {
    try {
      const { durable } = await api.send("DELETE", `/oauth/tokens/${encodeURIComponent(name)}`, RemovedSchema);
      return durable ? page.removed({ account: name }) : page.removedLater({ account: name });
    } finally {
      onClose();
    }
  };
  return (
    <Dialog title={page.removeTitle({ account: name })} onClose={onClose}>
      <p>{page.removeText}</p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose} autofocus>
          {page.cancel}
        </button>
        <button type="button" class="button danger" disabled={busy} onClick={() => act(remove)}>
          {page.remove}
        </button>
      </div>
    </Dialog>
  );
}

export function AccountCard({ account, targets, now, onSignIn }: AccountCardProps) {
  const { api, words } = useTools();
  const { page, commands } = words;
  const [busy, act] = useAction();
  const [removing, setRemoving] = useState(false);
  const { account_email: name, organization, state } = account;
  const named = { account: name };
  const at = `/oauth/tokens/${encodeURIComponent(name)}`;
  const paused = state === "paused";
  const labelOf = (action: string): string => page.forAccount({ action, account: name });
  const turn = async (): Promise<string> => {
    await api.send("POST", `${at}/${paused ? "resume" : "pause"}`, PausedSchema);
    return paused ? page.resumed(named) : page.paused(named);
  };
  const refresh = async (): Promise<Notice | string> => {
    const { notices } = await api.send("POST", `/oauth/refresh/${encodeURIComponent(name)}`, SignedInSchema);
    return { text: page.refreshed(named), lines: notices, good: true };
  };
  return (
    <li class="card account" aria-label={name} data-state={state}>
      <div class="card-head">
        <div class="names">
          <h3>{name}</h3>
          {organization !== null && <p class="dim">{organization}</p>}
        </div>
        <Badge tone={STATE_TONES[state]}>{commands.state[state]}</Badge>
      </div>
      <Condition account={account} targets={targets} now={now} />
      <Windows targets={targets} now={now} />
      <Figures account={account} now={now} />
      <div class="actions">
        {state === "login_required" && (
          <button type="button" class="button primary" aria-label={labelOf(page.signIn)} onClick={onSignIn}>
            {page.signIn}
          </button>
        )}
        <button
          type="button"
          class="button"
          aria-label={labelOf(paused ? page.resume : page.pause)}
          disabled={busy}
          onClick={() => act(turn)}
        >
          <Icon name={paused ? "play" : "pause"} />
          {paused ? page.resume : page.pause}
        </button>
        {account.renewable && (
          <button
            type="button"
            class="button"
            aria-label={labelOf(page.refresh)}
            disabled={busy}
            onClick={() => act(refresh)}
          >
            <Icon name="refresh" />
            {page.refresh}
          </button>
        )}
        <button
          type="button"
          class="button quiet-danger"
          aria-label={labelOf(page.remove)}
          disabled={busy}
          onClick={() => setRemoving(true)}
        >
          <Icon name="trash" />
          {page.remove}
        </button>
      </div>
      {removing && <RemoveDialog name={name} onClose={() => setRemoving(false)} />}
    </li>
  );
}
