// Whose tokens these are: the server's word first, what the person typed only where the server says nothing.
import { nextRotation } from "../account/account.ts";
import type { Account } from "../account/account.ts";
import type { AccountStore } from "../account/store.ts";
import { sha256 } from "../core/sha256.ts";
import type { TokenReply } from "./endpoint.ts";

/** Twelve hexadecimal characters of a digest: stable over restarts, tells nothing, and fits a header. */
export function accountId(identity: string): string {
  return sha256(identity).toString("hex").slice(0, 12);
}

/** The account that already has this identity, if any. One that was signed in without identity is known by its email. */
function sameIdentity(store: AccountStore, id: string, email: string): Account | undefined {
  return (
    store.byId(id) ??
    store.all().find((account) => account.accountUuid === null && account.email.toLowerCase() === email.toLowerCase())
  );
}

export interface Identified {
  readonly account: Account;
  /** An older account that this one takes the place of under another id. */
  readonly replaces: Account | null;
  /** The email that was typed is not the one that signed in. */
  readonly differs: boolean;
}

/**
 * The account for a token reply, or null where neither the reply nor the person names one.
 * Accounts are keyed by account uuid and organization uuid (one login can hold several organizations); a second
 * organization under one email becomes `email (organization)`.
 */
export function identify(
  store: AccountStore,
  reply: TokenReply,
  typed: string | null,
  requestedScopes: readonly string[],
  nowMs: number,
): Identified | null {
  const email = reply.email ?? typed;
  if (email === null) return null;
  const id =
    reply.accountUuid === null
      ? accountId(`email:${email.toLowerCase()}`)
      : accountId(`${reply.accountUuid}:${reply.organizationUuid ?? ""}`);
  const known = sameIdentity(store, id, email);
  const differs =
    typed !== null && typed.toLowerCase() !== email.toLowerCase() && typed.toLowerCase() !== known?.name.toLowerCase();
  const aliases = new Set(known?.aliases);
  if (differs && typed !== null) aliases.add(typed);
  return {
    differs,
    replaces: known !== undefined && known.id !== id ? known : null,
    account: {
      id,
      name: uniqueName(store, id, email, reply, known),
      email,
      aliases: [...aliases].slice(-20),
      accountUuid: reply.accountUuid,
      organizationUuid: reply.organizationUuid,
      organizationName: reply.organizationName,
      tokens: { ...toTokens(reply, null, requestedScopes, nowMs), rotation: nextRotation(known?.tokens, nowMs) },
      createdAt: known?.createdAt ?? Math.floor(nowMs / 1000),
    },
  };
}

/** `name`, or the same with a part of the account's id where another account has it. */
export function freeName(store: AccountStore, name: string, id: string): string {
  const taken = store.all().some((account) => account.name.toLowerCase() === name.toLowerCase());
  return taken ? `${name} (${id.slice(0, 4)})` : name;
}

function uniqueName(
  store: AccountStore,
  id: string,
  email: string,
  reply: TokenReply,
  known: Account | undefined,
): string {
  if (known !== undefined && known.email.toLowerCase() === email.toLowerCase()) return known.name;
  const taken = (name: string): boolean =>
    store
      .all()
      .some((account) => account.id !== id && account !== known && account.name.toLowerCase() === name.toLowerCase());
  const organization = reply.organizationName ?? reply.organizationUuid?.slice(0, 8) ?? id;
  const names = [email, `${email} (${organization})`, `${email} (${organization} ${id.slice(0, 4)})`];
  return names.find((name) => !taken(name)) ?? `${email} (${id})`;
}

/** The token set of a reply; what the reply leaves out stays as it was (RFC 6749 §6: the old refresh token, the scopes). */
export function toTokens(
  reply: TokenReply,
  old: Account["tokens"] | null,
  requestedScopes: readonly string[],
  nowMs: number,
): Account["tokens"] {
  return {
    access: reply.access,
    refresh: reply.refresh ?? old?.refresh ?? null,
    expiresAt: nowMs + reply.expiresIn * 1000,
    obtainedAt: nowMs,
    scopes: reply.scopes ?? old?.scopes ?? requestedScopes,
    rotation: nextRotation(old, nowMs),
  };
}
