// One account as GET /oauth/status shows it.
import type { Static } from "@sinclair/typebox";
import type { Account } from "../account/account.ts";
import type { Persistence } from "../account/persistence.ts";
import type { AccountHealth, AccountStore } from "../account/store.ts";
import { relativeTime } from "../core/language.ts";
import type { Language } from "../core/language.ts";
import type { Clock } from "../core/ports.ts";
import type { Schedule } from "../oauth/schedule.ts";
import { toSecondsAhead } from "./cooldowns.ts";
import type { Wait } from "./cooldowns.ts";
import type { StatusSchema } from "./oauth-schemas.ts";

type TokenStatus = Static<typeof StatusSchema>["tokens"][number];

export interface TokenStatusDeps {
  readonly clock: Pick<Clock, "now">;
  readonly store: Pick<AccountStore, "health">;
  readonly persistence: Pick<Persistence, "statistics">;
  readonly schedule: Pick<Schedule, "nextAt">;
  /** Its owner keeps the account out of the choice. */
  readonly paused: (accountId: string) => boolean;
  /** What the account waits for, whatever the model; null: nothing. */
  readonly cooldownOf: (accountId: string) => Pick<Wait, "until" | "reason"> | null;
}

/** Unix seconds of a time in milliseconds. */
export const toSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);

/** In the order of GET /providers: its owner's wish, the sign-in, a limit. */
export function conditionOf(
  { state, reason, said }: AccountHealth,
  paused: boolean,
  cooldown: ReturnType<TokenStatusDeps["cooldownOf"]>,
): Pick<TokenStatus, "state" | "reason" | "detail" | "cooldown_until"> {
  const cooldown_until = cooldown === null ? null : toSecondsAhead(cooldown.until);
  if (paused) return { state: "paused", reason: null, detail: null, cooldown_until };
  if (state === "login_required" || cooldown === null) return { state, reason, detail: said, cooldown_until };
  return { state: "cooldown", reason: cooldown.reason, detail: null, cooldown_until };
}

/** One row of GET /oauth/status. */
export function toTokenStatus(deps: TokenStatusDeps, account: Account, language: Language): TokenStatus {
  const now = deps.clock.now();
  const health = deps.store.health(account.id);
  const usage = deps.persistence.statistics.of(account.id);
  const nextAt = deps.schedule.nextAt(account.id);
  const { expiresAt, refresh, scopes } = account.tokens;
  return {
    account_email: account.name,
    account_id: account.id,
    organization: account.organizationName,
    expires_in_minutes: Math.round(((expiresAt - now) / 60_000) * 10) / 10,
    is_healthy: health.state !== "login_required" && (expiresAt > now || refresh !== null),
    ...conditionOf(health, deps.paused(account.id), deps.cooldownOf(account.id)),
    usage_count: usage.usage_count,
    last_used: usage.last_used === null ? null : relativeTime(usage.last_used, now / 1000, language),
    last_used_timestamp: usage.last_used,
    created_at: account.createdAt,
    expires_at: toSeconds(expiresAt),
    renewable: refresh !== null,
    next_refresh_at: nextAt === null ? null : toSeconds(nextAt),
    scopes: [...scopes],
  };
}
