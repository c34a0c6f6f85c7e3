// Which targets a request may go to, in which order. Pure.
import type { AccountHealth } from "../account/store.ts";
import type { Target } from "../provider/target.ts";

/** Why a target is left out of the choice. */
type Exclusion = "login_required" | "claude_token_not_allowed_there";

export interface Choice {
  /** Best first. */
  readonly candidates: readonly Target[];
  readonly excluded: readonly { readonly target: Target; readonly why: Exclusion }[];
}

export interface ChoiceInput {
  readonly targets: readonly Target[];
  readonly health: (accountId: string) => AccountHealth;
  /** The client's own credential is a Claude access token. */
  readonly claudeToken: boolean;
  /** Counts requests: the turn decides who is first among equals. */
  readonly turn: number;
}

/** Lower `priority` first; among equals each turn begins one target further, so that all serve alike. */
export function choose({ targets, health, claudeToken, turn }: ChoiceInput): Choice {
  const groups = new Map<number, Target[]>();
  const excluded: { target: Target; why: Exclusion }[] = [];
  for (const target of targets) {
    const why = exclusionOf(target, health, claudeToken);
    if (why !== null) {
      excluded.push({ target, why });
      continue;
    }
    const group = groups.get(target.provider.priority);
    if (group === undefined) groups.set(target.provider.priority, [target]);
    else group.push(target);
  }
  const candidates = [...groups]
    .sort(([a], [b]) => a - b)
    .flatMap(([, group]) => {
      const first = turn % group.length;
      return [...group.slice(first), ...group.slice(0, first)];
    });
  return { candidates, excluded };
}

function exclusionOf(target: Target, health: ChoiceInput["health"], claudeToken: boolean): Exclusion | null {
  if (target.kind === "account") return health(target.account.id).state === "login_required" ? "login_required" : null;
  if (target.kind === "client" && claudeToken && !target.provider.claudeTokensAllowed)
    return "claude_token_not_allowed_there";
  return null;
}
