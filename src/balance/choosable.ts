// What the choice is made from: targets, the request, and a view of how everything stands.
import type { Standing } from "./standing.ts";
import type { Limits } from "./windows.ts";

export interface ChoosableTarget {
  readonly id: string;
  readonly providerName: string;
  /** Lower is tried first. */
  readonly priority: number;
  /** Share among equals, above 0. */
  readonly weight: number;
  /** This much of each window is left to the owner. */
  readonly reservePercent: number;
  /** A target in paid overage: after all that have plan quota, never, or like any other. */
  readonly extraUsage: "last" | "never" | "allow";
  readonly kind: "account" | "key" | "client";
  /** The client's own Claude token may be sent there. */
  readonly claudeTokensAllowed: boolean;
  /** The model that it is asked for in place of the request's; null: the request's own. */
  readonly model: string | null;
}

export interface ChoiceRequest {
  readonly model: string | null;
  readonly sessionId: string | null;
  /** The id of the target that holds a thing the request names (affinity.ts). */
  readonly pinned: string | null;
  /** count_tokens has limits of its own, which bind it alone. */
  readonly countTokens: boolean;
  /** The client's own credential is a Claude access token. */
  readonly claudeToken: boolean;
}

/** Why a target cannot serve at all: no token, or its owner's wish. */
export type Unusable = "login_required" | "paused" | "disabled" | "key_refused";

/** Why a request may not have a target that could serve: its key does not reach it, or would be sent there. */
export type Forbidden = "not_allowed" | "own_key";

/** What is known of a target. */
export interface TargetRecord extends Readonly<Standing> {
  readonly models: ReadonlyMap<string, Readonly<Standing>>;
  readonly countTokens: Readonly<Standing>;
  readonly inFlight: number;
  readonly limits: Limits;
}

export interface ChoiceState<Target extends ChoosableTarget = ChoosableTarget> {
  target(targetId: string): TargetRecord | undefined;
  provider(name: string): Readonly<Standing> | undefined;
  /** The target a session is on. */
  sessionOn(sessionId: string): string | null;
  /** How many sessions a target has. */
  sessionsOn(targetId: string): number;
  readonly unusable: (target: Target) => Unusable | Forbidden | null;
}
