// What the choice is asked for a request: its model, its conversation, what it names, and whose credential it carries.
import type { Asked, Fleet } from "../balance/fleet.ts";
import type { Plan } from "../balance/plan.ts";
import { sessionIdOf } from "../balance/session-id.ts";
import { sha256 } from "../core/sha256.ts";
import { kindOfPath } from "../provider/path-kind.ts";
import { carriesClaudeToken } from "../provider/prepare.ts";
import { forbiddenOf, FULL_ACCESS } from "./access.ts";
import type { Access } from "./access.ts";
import type { RequestBody } from "./request-body.ts";

/** Tells clients apart without keeping what they sent. */
function digestOf(headers: Headers): string {
  const credential = `${headers.get("authorization") ?? ""}\n${headers.get("x-api-key") ?? ""}`;
  return sha256(credential).toString("hex").slice(0, 16);
}

/**
 * What the place of a conversation is kept under. It has one for each route, as its small model may be another provider's,
 * and one for each key that may not have everything: such a key must not move another's conversation to its own accounts.
 */
function placeOf(sessionId: string | null, route: string, { allow, key }: Access): string | null {
  if (sessionId === null || (route === "" && allow === null)) return sessionId;
  return `${sessionId} ${route}${allow === null ? "" : `\n${key ?? ""}`}`;
}

export interface AskedInput {
  readonly headers: Headers;
  /** Without the query. */
  readonly path: string;
  readonly body: RequestBody;
  readonly model: string | null;
  /** The configuration in force. */
  readonly plan: Plan;
  readonly access: Access;
}

/** What a request asks for, and the conversation that it says it belongs to. */
export interface Read {
  readonly asked: Asked;
  /** As the client sent it. */
  readonly sessionId: string | null;
}

/** Reads what the choice needs; this takes the request's turn. */
export function toAsked(fleet: Fleet, { headers, path, body, model, plan, access }: AskedInput): Read {
  const kind = kindOfPath(path);
  const bytes = body.kind === "whole" && kind !== "other" ? body.bytes : null;
  const { pinned, thread } = fleet.affinity.look(path, bytes);
  const sessionId = sessionIdOf(headers, bytes);
  const route = plan.routeOf(model);
  const asked: Asked = {
    model,
    sessionId: placeOf(sessionId, route, access),
    pinned,
    thread,
    message: kind === "messages",
    countTokens: kind === "count_tokens",
    claudeToken: carriesClaudeToken(headers),
    clientDigest: plan.passesThrough ? digestOf(headers) : "",
    turn: fleet.nextTurn(),
    forbids: access === FULL_ACCESS ? null : (target) => forbiddenOf(access, target),
  };
  return { asked, sessionId };
}
