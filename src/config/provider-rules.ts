// What the schema cannot say about a provider: addresses, credentials and where they may go.
import { Secret } from "../core/secret.ts";
import { resolveAccounts } from "./account-rules.ts";
import { checkProxy, checkUrl } from "./address-rules.ts";
import type { Credential, Provider } from "./config.ts";
import { nearest } from "./nearest.ts";
import { isLoopbackHost, mayReceiveTokens } from "./origins.ts";
import { child } from "./report.ts";
import type { Pointer, Report } from "./report.ts";
import { API_ORIGIN } from "./schema.ts";
import type { ProviderDraft } from "./schema.ts";

interface ProviderContext {
  /** null: the list itself is faulty; then nothing is said about where tokens may go. */
  readonly allowedOrigins: readonly string[] | null;
  /** Names so far, in lower case; added to here. */
  readonly names: Set<string>;
}

const MODES = ["oauth", "passthrough"];

function toCredential(value: string): Credential {
  if (value === "oauth" || value === "passthrough") return { kind: value };
  return { kind: "key", key: new Secret(value) };
}

function checkCredential(draft: ProviderDraft, allowed: boolean, pointer: Pointer, report: Report): void {
  const value = draft.auth_value;
  if (value === undefined) return;
  const at = child(pointer, "auth_value");
  const { kind } = toCredential(value);
  if (kind === "oauth") {
    if (draft.auth_type === "api_key")
      report.error(child(pointer, "auth_type"), (words) => words.config.oauthWithApiKey);
    if (!allowed) report.error(at, (words) => words.config.oauthNotAllowedThere);
  } else if (kind === "key") {
    const meant = value.length < 16 ? nearest(value, MODES) : null;
    if (meant !== null) report.error(at, (words) => words.config.authValueMeant(meant));
    // Header values: visible ASCII (RFC 9110 §5.5); a space or a line break inside a key is a slip of copying.
    else if (!/^[\x21-\x7e]+$/.test(value)) report.error(at, (words) => words.config.keyNotSendable);
    else if (/^sk-ant-ort/i.test(value)) report.error(at, (words) => words.config.keyIsRefreshToken);
    else if (/^sk-ant-oat/i.test(value) && !allowed) report.error(at, (words) => words.config.oauthNotAllowedThere);
  }
  if (draft.accounts !== undefined && kind !== "oauth") {
    report.error(child(pointer, "accounts"), (words) => words.config.accountsWithoutOauth);
  }
}

/** Reports what is wrong with a provider's sound keys; returns the provider, or null where one that is needed is missing. */
export function resolveProvider(
  draft: ProviderDraft,
  pointer: Pointer,
  context: ProviderContext,
  report: Report,
): Provider | null {
  const { name, type, auth_type, auth_value, enabled, priority, weight, extra_usage } = draft;
  if (name !== undefined) {
    const folded = name.normalize("NFKC").toLowerCase();
    if (context.names.has(folded)) report.error(child(pointer, "name"), (words) => words.config.nameTwice);
    context.names.add(folded);
  }
  const accounts =
    draft.accounts === undefined ? null : resolveAccounts(draft.accounts, child(pointer, "accounts"), report);

  const base = child(pointer, "base_url");
  const url = draft.base_url === undefined ? null : checkUrl(draft.base_url, { query: false }, base, report);
  const path = url?.pathname.replace(/\/+$/, "") ?? "";
  if (path.endsWith("/v1")) report.warning(base, (words) => words.config.baseUrlEndsInV1);

  const allowed =
    url !== null && context.allowedOrigins !== null && mayReceiveTokens(url, API_ORIGIN, context.allowedOrigins);
  checkCredential(draft, allowed || url === null || context.allowedOrigins === null, pointer, report);

  const at = child(pointer, "proxy");
  const proxy = draft.proxy === undefined ? null : checkProxy(draft.proxy, at, report);
  // In the clear only within this machine: a proxy elsewhere would read the credential.
  if (url?.protocol === "http:" && proxy !== null && !isLoopbackHost(proxy.hostname)) {
    report.error(at, (words) => words.config.proxyInTheClear);
  }

  if (url === null || name === undefined || type === undefined || auth_type === undefined) return null;
  if (auth_value === undefined || enabled === undefined || priority === undefined) return null;
  if (weight === undefined || extra_usage === undefined) return null;
  return {
    name,
    type,
    auth_type,
    enabled,
    priority,
    weight,
    extra_usage,
    base_url: url.origin + path,
    origin: url.origin,
    credential: toCredential(auth_value),
    proxy: proxy === null ? null : new Secret(proxy.href),
    accounts,
    claudeTokensAllowed: allowed,
  };
}
