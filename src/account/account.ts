// What an account is, and the form in which the vault keeps it.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { Secret } from "../core/secret.ts";

/** The version of the entries that this program writes. A higher one is a newer program's: it is left alone. */
export const ENTRY_VERSION = 1;

const EntrySchema = Type.Object({
  version: Type.Literal(ENTRY_VERSION),
  id: Type.String({ minLength: 1, maxLength: 64 }),
  name: Type.String({ minLength: 1, maxLength: 500 }),
  email: Type.String({ minLength: 1, maxLength: 320 }),
  aliases: Type.Array(Type.String({ maxLength: 320 }), { maxItems: 50 }),
  account_uuid: Type.Union([Type.String(), Type.Null()]),
  organization_uuid: Type.Union([Type.String(), Type.Null()]),
  organization_name: Type.Union([Type.String(), Type.Null()]),
  access_token: Type.String({ minLength: 1 }),
  refresh_token: Type.Union([Type.String({ minLength: 1 }), Type.Null()]),
  expires_at: Type.Number({ minimum: 0 }),
  obtained_at: Type.Number({ minimum: 0 }),
  scopes: Type.Array(Type.String()),
  rotation: Type.Optional(Type.Integer({ minimum: 0 })),
  created_at: Type.Number({ minimum: 0 }),
});
type Entry = Static<typeof EntrySchema>;

/** A token set (RFC 6749 §5.1). Replaced as a whole, never changed in place: its identity tells which rotation it is. */
export interface TokenSet {
  readonly access: Secret;
  readonly refresh: Secret | null;
  /** Wall clock, milliseconds. */
  readonly expiresAt: number;
  readonly obtainedAt: number;
  readonly scopes: readonly string[];
  /** Grows with each token set of the account: which of two is newer, whatever the clock did between them. */
  readonly rotation?: number;
}

/**
 * The rotation after `old`. It begins at the clock's seconds, which a refresh outruns never: so a sign-in that knows of
 * no sets before it, because the account was removed, is after them all the same.
 */
export function nextRotation(old: TokenSet | null | undefined, nowMs: number): number {
  return Math.max((old?.rotation ?? 0) + 1, Math.floor(nowMs / 1000));
}

/** Whether `one` came after `other`: of two that differ one is, whichever is asked for. */
export function isNewer(one: TokenSet, other: TokenSet): boolean {
  const [mine, theirs] = [one.rotation ?? 0, other.rotation ?? 0];
  return mine === theirs ? one.obtainedAt > other.obtainedAt : mine > theirs;
}

export interface Account {
  /** Opaque, short, stable: goes into logs and headers where the email must not. */
  readonly id: string;
  /** The unique name in paths and lists: the email, or `email (organization)`. */
  readonly name: string;
  readonly email: string;
  readonly aliases: readonly string[];
  readonly accountUuid: string | null;
  readonly organizationUuid: string | null;
  readonly organizationName: string | null;
  readonly tokens: TokenSet;
  /** First sign-in, Unix seconds. */
  readonly createdAt: number;
}

/** The text of an account's vault entry. It holds the tokens in the clear: for the vault alone. */
export function toEntry(account: Account): string {
  const entry: Entry = {
    version: ENTRY_VERSION,
    id: account.id,
    name: account.name,
    email: account.email,
    aliases: [...account.aliases],
    account_uuid: account.accountUuid,
    organization_uuid: account.organizationUuid,
    organization_name: account.organizationName,
    access_token: account.tokens.access.reveal(),
    refresh_token: account.tokens.refresh?.reveal() ?? null,
    expires_at: account.tokens.expiresAt,
    obtained_at: account.tokens.obtainedAt,
    scopes: [...account.tokens.scopes],
    ...(account.tokens.rotation === undefined ? {} : { rotation: account.tokens.rotation }),
    created_at: account.createdAt,
  };
  return JSON.stringify(entry);
}

/** Why a stored text could not be taken: damaged, or written by a newer version. */
export type Damage = "corrupt" | "future";

/** Parses JSON and tells a newer version's entry from a damaged one. */
export function parseVersioned(text: string): { readonly value: unknown } | Damage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "corrupt";
  }
  if (typeof value !== "object" || value === null || !("version" in value)) return "corrupt";
  if (typeof value.version === "number" && value.version > ENTRY_VERSION) return "future";
  return { value };
}

/** The account in a vault entry, or why it could not be read. */
export function parseEntry(text: string): Account | Damage {
  const parsed = parseVersioned(text);
  if (typeof parsed === "string") return parsed;
  const entry = parsed.value;
  if (!Value.Check(EntrySchema, entry)) return "corrupt";
  return {
    id: entry.id,
    name: entry.name,
    email: entry.email,
    aliases: entry.aliases,
    accountUuid: entry.account_uuid,
    organizationUuid: entry.organization_uuid,
    organizationName: entry.organization_name,
    tokens: {
      access: new Secret(entry.access_token),
      refresh: entry.refresh_token === null ? null : new Secret(entry.refresh_token),
      expiresAt: entry.expires_at,
      obtainedAt: entry.obtained_at,
      scopes: entry.scopes,
      ...(entry.rotation === undefined ? {} : { rotation: entry.rotation }),
    },
    createdAt: entry.created_at,
  };
}
