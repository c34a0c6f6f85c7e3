// What a caller may reach, as the guard found it: its key's allow-list, held against targets, providers and models. Pure.
import { hasEscapedLetter, memberRanges, parseRange } from "../balance/json-members.ts";
import { matchesGlob } from "../balance/model-routes.ts";
import type { Forbidden } from "../balance/choosable.ts";
import type { AllowList } from "../config/config.ts";
import { CcbError } from "../core/errors.ts";
import type { Target } from "../provider/target.ts";
import { peekBody } from "./peek.ts";
import type { RequestBody } from "./request-body.ts";

export interface Access {
  /** The name of the caller's key, for the log; null: it needed none. */
  readonly key: string | null;
  /** null: everything. */
  readonly allow: AllowList | null;
  /** What the request carries for the upstream is a key of ccb's own: it must not get there. */
  readonly ownKeyForUpstream: boolean;
}

/** Of a caller that needs no key. */
export const FULL_ACCESS: Access = { key: null, allow: null, ownKeyForUpstream: false };

/** Also as an upstream may read it that merges slashes or knows no capitals. */
const BATCHES = /^\/+v1\/+messages\/+batches\/*$/i;
/** Uploads, which name no model. */
const FILES = /^\/v1\/files(?:\/|$)/;
/** They need no body that names one. */
const BODILESS = new Set(["GET", "HEAD", "DELETE", "OPTIONS"]);
const MODEL_KEY = /"model"\s*:/g;

/** Whether a provider is within reach. */
export function mayUseProvider({ allow }: Access, name: string): boolean {
  return allow === null || allow.providers === null || allow.providers.includes(name);
}

/** Why a target is out of reach; null: it is not. With `accounts` alone nothing but these accounts is within it. */
export function forbiddenOf(access: Access, target: Target): Forbidden | null {
  if (target.kind === "client" && access.ownKeyForUpstream) return "own_key";
  const { allow } = access;
  if (allow === null) return null;
  if (!mayUseProvider(access, target.providerName)) return "not_allowed";
  if (allow.accounts === null) return null;
  if (target.kind !== "account") return allow.providers === null ? "not_allowed" : null;
  const names = [target.account.name, target.account.email].map((name) => name.toLowerCase());
  return allow.accounts.some((allowed) => names.includes(allowed.toLowerCase())) ? null : "not_allowed";
}

/** Every model of a batch; null: they cannot be told for certain. */
function modelsOfBatch(bytes: Uint8Array): readonly unknown[] | null {
  if (hasEscapedLetter(bytes)) return null;
  const text = new TextDecoder().decode(bytes);
  const batch = parseRange(bytes, { start: 0, end: bytes.length });
  if (typeof batch !== "object" || batch === null || !("requests" in batch) || !Array.isArray(batch.requests))
    return null;
  // A name that stands somewhere twice is there once when it is written anew.
  const written = JSON.stringify(batch);
  if ((text.match(MODEL_KEY) ?? []).length !== (written.match(MODEL_KEY) ?? []).length) return null;
  return batch.requests.map((request: unknown) => {
    if (typeof request !== "object" || request === null || !("params" in request)) return null;
    const { params } = request;
    return typeof params === "object" && params !== null && "model" in params ? params.model : null;
  });
}

/** Rejects with `key_model` a request for a model that the key may not use, and one that does not say which it wants. */
export function assertModelAllowed(
  { allow }: Access,
  { method, path, body }: { readonly method: string; readonly path: string; readonly body: RequestBody },
): void {
  const models = allow?.models ?? null;
  if (models === null) return;
  const empty = body.kind === "none" || (body.kind === "whole" && body.bytes.length === 0);
  if (BODILESS.has(method) && empty) return;
  // What an upstream makes of escapes in a path is its own affair: `files/..%2fmessages` may be messages there.
  const plain = !path.includes("%");
  if (plain && FILES.test(path)) return;
  const bytes = body.kind === "whole" && plain ? body.bytes : new Uint8Array();
  const named = BATCHES.test(path)
    ? modelsOfBatch(bytes)
    : memberRanges(bytes, "model").map((range) => parseRange(bytes, range));
  if (named === null || named.length === 0) throw new CcbError("key_model", (words) => words.access.modelUntold);
  // What ccb itself would choose by: of a text that is no JSON it may read on where others stop.
  const { model } = peekBody(bytes);
  for (const name of model === null ? named : [...named, model]) {
    if (typeof name !== "string" || !models.some((pattern) => matchesGlob(pattern, name)))
      throw new CcbError("key_model", (words) => words.access.modelRefused);
  }
}
