// The providers of ccb status: each with its targets, how they stand and how much of their limits is used.
import type { Static } from "@sinclair/typebox";
import type { StatusSchema } from "../../http/oauth-schemas.ts";
import type { ProvidersSchema } from "../../http/providers-schema.ts";
import { styled } from "../shown.ts";
import { clockTime, clockUntil } from "../times.ts";
import type { Session } from "./command.ts";
import { conditionPiece } from "./condition.ts";

type Provider = Static<typeof ProvidersSchema>["providers"][number];
type Target = Provider["targets"][number];
type Accounts = Static<typeof StatusSchema>["tokens"];

const FIVE_HOURS = "5h";
const WEEK = "7d";

/** Whose credential it is. `accounts`: those whose emails are known. */
function nameOf({ kind, account }: Target, accounts: Accounts, { words }: Session): string {
  if (kind === "key") return words.commands.withKey;
  if (kind === "client") return words.commands.ownCredential;
  return accounts.find(({ account_id }) => account_id === account)?.account_email ?? account ?? "";
}

function windowText({ utilization, resets_at }: Target["windows"][number], { words, now }: Session): string {
  const used = utilization === null ? words.commands.unknownUse : `${Math.round(utilization * 100)} %`;
  return words.commands.resets({
    used,
    at: resets_at === null ? null : clockTime(resets_at * 1000, now).slice(0, -3),
  });
}

/** What is used of one of the plan's own windows; "" where the upstream has not said. */
function planWindow({ windows }: Target, name: string, session: Session): string {
  const found = windows.find((window) => window.name === name && window.model === null);
  return found === undefined ? "" : windowText(found, session);
}

const isPlan = ({ name, model }: Target["windows"][number]): boolean =>
  model === null && (name === FIVE_HOURS || name === WEEK);

/** The other windows, and cooldowns of less than the whole target. */
function others({ windows, cooldowns }: Target, session: Session): string {
  const { words, language, now } = session;
  const limits = windows
    .filter((window) => !isPlan(window))
    .map(
      (window) =>
        `${[window.name, window.model].filter((part) => part !== null).join(" ")} ${windowText(window, session)}`,
    );
  const partly = cooldowns
    .filter(({ scope }) => scope === "model" || scope === "count_tokens")
    .map(({ model, until, reason }) => {
      const what = model === null ? words.commands.onlyCounting : words.commands.onlyModel({ model });
      const state = words.commands.state.cooldown;
      const at = until === null ? null : clockUntil(until, now / 1000, language);
      const text = at === null ? state : words.commands.stateUntil({ state, until: at });
      return `${what}: ${text}${words.commands.because({ reason })}`;
    });
  return [...limits, ...partly].join("; ");
}

function showTargets(session: Session, targets: readonly Target[], accounts: Accounts): void {
  const { words, language, now, table } = session;
  const { column } = words.commands;
  const rows = targets.map((target) => [
    nameOf(target, accounts, session),
    conditionPiece(target, words, language, now / 1000),
    planWindow(target, FIVE_HOURS, session),
    planWindow(target, WEEK, session),
    others(target, session),
    String(target.in_flight),
    String(target.requests),
  ]);
  const columns = [
    { title: column.target },
    { title: column.state },
    { title: column.fiveHours },
    { title: column.week },
    { title: column.others },
    { title: column.busy, align: "right" },
    { title: column.requests, align: "right" },
  ] as const;
  // A column without anything in it is left out.
  const used = columns.map((_, index) => rows.some((row) => row[index] !== ""));
  table(
    columns.filter((_, index) => used[index]),
    rows.map((row) => row.filter((_, index) => used[index])),
    { indent: "  " },
  );
}

/** Shows each provider with its targets. */
export function showProviders(session: Session, providers: readonly Provider[], accounts: Accounts): void {
  const { screen, words, language, now } = session;
  for (const provider of providers) {
    const { name, base_url, state, cooldown, targets, auth, enabled } = provider;
    const condition = {
      state,
      reason: cooldown?.reason ?? null,
      detail: null,
      cooldown_until: cooldown?.until ?? null,
    };
    screen.line();
    screen.line(
      styled("bold", name),
      "  ",
      styled("dim", base_url),
      "  ",
      conditionPiece(condition, words, language, now / 1000),
    );
    if (targets.length > 0) showTargets(session, targets, accounts);
    else if (auth === "oauth" && enabled) screen.line("  ", styled("warning", words.commands.noTarget));
  }
}
