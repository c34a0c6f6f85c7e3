// Every condition as it stands now, read from the accounts, the vault's state and the windows: nothing on the way of a
// request has to report anything.
import type { Account } from "../account/account.ts";
import type { Persistence } from "../account/persistence.ts";
import type { AccountStore } from "../account/store.ts";
import type { Fleet } from "../balance/fleet.ts";
import type { Plan } from "../balance/plan.ts";
import type { Condition } from "./condition.ts";

export interface ConditionDeps {
  readonly store: Pick<AccountStore, "all" | "health">;
  readonly persistence: Pick<Persistence, "status">;
  readonly fleet: { readonly state: Pick<Fleet["state"], "target"> };
  readonly plan: () => Pick<Plan, "targets">;
}

function ofSignIn({ id, name }: Account, store: ConditionDeps["store"]): Condition {
  const { state, reason, said } = store.health(id);
  const why = [reason, said].filter((part) => part !== null).join(": ");
  return {
    key: `login_required\n${id}`,
    event: "login_required",
    account: { id, name },
    window: null,
    // A refresh under way says nothing yet.
    holds: state === "refreshing" ? null : state === "login_required",
    say: {
      firing: (words) => words.notify.loginRequired({ account: name, reason: why }),
      resolved: (words) => words.notify.loginResolved({ account: name }),
    },
  };
}

/** Nothing where persistence is switched off: its owner wanted it so. */
function ofVault(persistence: ConditionDeps["persistence"]): readonly Condition[] {
  const status = persistence.status();
  if (status === null) return [];
  const { phase, fault } = status;
  return [
    {
      key: "not_durable",
      event: "not_durable",
      account: null,
      window: null,
      holds: phase === "opening" && fault === null ? null : fault !== null,
      say: {
        firing: (words) =>
          fault === null ? "" : words.login.notDurable({ why: words.vault.why[fault], mend: words.vault.mend[fault] }),
        resolved: (words) => words.notify.durable,
      },
    },
  ];
}

function ofWindow(
  { id, name }: Account,
  window: NonNullable<Condition["window"]>,
  percent: number,
  now: number,
): Condition {
  const used = Math.round(window.utilization * 1000) / 10;
  const minutes = window.resetsAt === null ? null : Math.max(0, Math.ceil((window.resetsAt - now) / 60_000));
  return {
    key: `window\n${id}\n${window.name}`,
    event: "window",
    account: { id, name },
    window,
    holds: used >= percent,
    say: {
      firing: (words) => words.notify.windowHigh({ account: name, window: window.name, percent: used, minutes }),
      resolved: (words) => words.notify.windowResolved({ account: name, window: window.name, percent }),
    },
  };
}

/** Each window of an account by its name: the fullest, where several providers or models have one of that name. */
function windowsOf(
  id: string,
  { fleet, plan }: ConditionDeps,
  now: number,
): readonly NonNullable<Condition["window"]>[] {
  const fullest = new Map<string, NonNullable<Condition["window"]>>();
  for (const target of plan().targets()) {
    if (target.kind !== "account" || target.account.id !== id) continue;
    for (const { name, utilization, until, resets } of fleet.state.target(target.id)?.limits.windows ?? []) {
      if (utilization === null || until <= now || (fullest.get(name)?.utilization ?? -1) >= utilization) continue;
      fullest.set(name, { name, utilization, resetsAt: resets ? until : null });
    }
  }
  return [...fullest.values()];
}

/**
 * The conditions now. `told`: those that somebody was told of; a window among them that has begun anew, of which nothing
 * is known any more, holds no longer. `percent`: from this use on a window is worth a word. `now`: wall clock, milliseconds.
 */
export function readConditions(
  deps: ConditionDeps,
  told: readonly Condition[],
  percent: number,
  now: number,
): readonly Condition[] {
  const accounts = deps.store.all();
  const windows = accounts.flatMap((account) =>
    windowsOf(account.id, deps, now).map((window) => ofWindow(account, window, percent, now)),
  );
  const known = new Set(windows.map(({ key }) => key));
  const ids = new Set(accounts.map(({ id }) => id));
  const begunAnew = told.filter(
    ({ key, event, account }) => event === "window" && !known.has(key) && account !== null && ids.has(account.id),
  );
  return [
    ...accounts.map((account) => ofSignIn(account, deps.store)),
    ...ofVault(deps.persistence),
    ...windows,
    ...begunAnew.map((condition): Condition => ({ ...condition, holds: false })),
  ];
}
