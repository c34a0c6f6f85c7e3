// What the schema cannot say about the settings: the addresses of the sign-in, the authority file, where ccb listens.
import { dirname, resolve } from "node:path";

import { Secret } from "../core/secret.ts";
import { checkOrigin, checkProxy, checkUrl } from "./address-rules.ts";
import type { AuthSettings, Settings } from "./config.ts";
import { checkListening, normaliseHost, toHostname, toTls } from "./listening-rules.ts";
import type { ListeningContext } from "./listening-rules.ts";
import { isLoopbackHost, mayReceiveTokens, parseHttpUrl } from "./origins.ts";
import { child } from "./report.ts";
import type { Pointer, Report } from "./report.ts";
import { TOKEN_ORIGIN } from "./schema.ts";
import type { SettingsDraft, SettingsFields } from "./schema.ts";
import { checkPrices, toUsage } from "./usage-rules.ts";

/** The origins of `allowed_origins`; null where the list or an entry of it is faulty. */
function checkAllowedOrigins(draft: SettingsDraft, pointer: Pointer, report: Report): readonly string[] | null {
  const list = draft.oauth?.allowed_origins;
  if (list === undefined) return null;
  const at = child(child(pointer, "oauth"), "allowed_origins");
  const origins = list.map((entry, index) => checkOrigin(entry, child(at, index), report));
  const sound = origins.filter((origin) => origin !== null);
  return sound.length === origins.length ? sound : null;
}

function checkOAuth(draft: SettingsDraft, allowed: readonly string[] | null, pointer: Pointer, report: Report): void {
  const { oauth } = draft;
  if (oauth === undefined) return;
  const { authorize_url, token_url, redirect_uri } = oauth;
  if (authorize_url !== undefined) checkUrl(authorize_url, { query: true }, child(pointer, "authorize_url"), report);
  // Codes pass through the redirect, codes and refresh tokens go to the token endpoint.
  const checkReceiver = (text: string | undefined, key: "token_url" | "redirect_uri"): URL | null => {
    const at = child(pointer, key);
    const url = text === undefined ? null : checkUrl(text, { query: key === "redirect_uri" }, at, report);
    if (url !== null && allowed !== null && !mayReceiveTokens(url, TOKEN_ORIGIN, allowed)) {
      report.error(at, (words) => words.config.tokensNotAllowedThere);
    }
    return url;
  };
  const endpoint = checkReceiver(token_url, "token_url");
  checkReceiver(redirect_uri, "redirect_uri");
  const at = child(pointer, "proxy");
  const proxy = oauth.proxy === undefined ? null : checkProxy(oauth.proxy, at, report);
  if (endpoint?.protocol === "http:" && proxy !== null && !isLoopbackHost(proxy.hostname)) {
    report.error(at, (words) => words.config.proxyInTheClear);
  }
}

export interface SettingsContext extends Omit<ListeningContext, "resolve"> {
  readonly file: string | null;
  /** Whether a file holds certificates in PEM form that can be read. */
  readonly holdsCertificates: (path: string) => boolean;
}

const inFolder =
  ({ file }: SettingsContext) =>
  (path: string): string =>
    file === null ? path : resolve(dirname(file), path);

/** Reports what is wrong with the settings' sound keys; returns the allowed origins, null where they are not known. */
export function checkSettings(
  draft: SettingsDraft,
  pointer: Pointer,
  context: SettingsContext,
  report: Report,
): readonly string[] | null {
  checkListening(draft, pointer, { ...context, resolve: inFolder(context) }, report);
  const allowed = checkAllowedOrigins(draft, pointer, report);
  checkOAuth(draft, allowed, child(pointer, "oauth"), report);
  const webhook = draft.notify?.webhook;
  if (webhook !== undefined) checkUrl(webhook, { query: true }, child(child(pointer, "notify"), "webhook"), report);
  checkPrices(draft, child(pointer, "usage"), report);
  if (draft.ca_file !== undefined && !context.holdsCertificates(inFolder(context)(draft.ca_file))) {
    report.error(child(pointer, "ca_file"), (words) => words.config.caFileUnusable);
  }
  return allowed;
}

/** Settings without a fault, resolved. */
export function toSettings(
  fields: SettingsFields,
  allowed: readonly string[],
  auth: AuthSettings,
  context: SettingsContext,
): Settings {
  const { proxy, ...oauth } = fields.oauth;
  const { webhook, ...notify } = fields.notify;
  const inFolderOfFile = inFolder(context);
  return {
    ...fields,
    host: normaliseHost(fields.host),
    ca_file: fields.ca_file === undefined ? null : inFolderOfFile(fields.ca_file),
    allowed_hosts: fields.allowed_hosts.map((name) => toHostname(name) ?? name),
    auth,
    tls: toTls(fields, { ...context, resolve: inFolderOfFile }),
    socket: fields.socket === undefined ? null : inFolderOfFile(fields.socket),
    usage: toUsage(fields),
    notify: { ...notify, webhook: webhook === undefined ? null : new Secret(parseHttpUrl(webhook)?.href ?? webhook) },
    oauth: {
      ...oauth,
      proxy: proxy === undefined ? null : new Secret(parseHttpUrl(proxy)?.href ?? proxy),
      allowed_origins: allowed,
    },
  };
}
