// What is in force, as YAML, with the secrets hidden: the answer of `ccb check`.
import { stringify } from "yaml";

import type { Secret } from "../core/secret.ts";
import type { AccountRule, AuthSettings, ClientKey, Config, ModelRoute, NotifySettings, Provider } from "./config.ts";

const HIDDEN = "***";

/** A proxy without its user name and password. */
function showProxy(proxy: Secret): string {
  const url = URL.parse(proxy.reveal());
  if (url === null) return HIDDEN;
  const userinfo = url.username === "" && url.password === "" ? "" : `${HIDDEN}@`;
  return `${url.protocol}//${userinfo}${url.host}`;
}

/** A plain text where nothing but the email is set. */
function showAccount({ email, priority, weight, reserve_percent }: AccountRule): unknown {
  if (priority === null && weight === null && reserve_percent === 0) return email;
  return {
    email,
    ...(priority === null ? {} : { priority }),
    ...(weight === null ? {} : { weight }),
    reserve_percent,
  };
}

function showProvider(provider: Provider): Record<string, unknown> {
  const { name, type, base_url, auth_type, credential, enabled, priority, weight, extra_usage } = provider;
  const { accounts, proxy } = provider;
  return {
    name,
    type,
    base_url,
    auth_type,
    auth_value: credential.kind === "key" ? HIDDEN : credential.kind,
    enabled,
    priority,
    weight,
    extra_usage,
    ...(accounts === null ? {} : { accounts: accounts.map(showAccount) }),
    ...(proxy === null ? {} : { proxy: showProxy(proxy) }),
  };
}

function showRoutes(routes: readonly ModelRoute[]): ReadonlyMap<string, unknown> {
  // A Map: an object would put a pattern of digits first, and the order decides.
  return new Map(
    routes.map(({ pattern, entries }) => [
      pattern,
      entries.map(({ provider, model, priority }) => ({ provider, model, ...(priority === null ? {} : { priority }) })),
    ]),
  );
}

function showKey({ name, secret, role, allow, requests_per_minute, max_concurrent }: ClientKey): unknown {
  const reach = Object.entries(allow ?? {}).filter(([, list]) => list !== null);
  return {
    name,
    [secret.kind === "key" ? "key" : "key_sha256"]: HIDDEN,
    role,
    ...(allow === null ? {} : { allow: Object.fromEntries(reach) }),
    ...(requests_per_minute === null ? {} : { requests_per_minute }),
    ...(max_concurrent === null ? {} : { max_concurrent }),
  };
}

function showAuth({ enabled, keys, exempt_paths, admin }: AuthSettings): unknown {
  return {
    enabled,
    ...(keys.length === 0 ? {} : { api_keys: keys.map(showKey) }),
    exempt_paths,
    ...(admin === null ? {} : { admin }),
  };
}

/** Whoever knows the path of a webhook may write there. */
function showNotify({ webhook, ...rest }: NotifySettings): unknown {
  const url = webhook === null ? null : URL.parse(webhook.reveal());
  return { ...(webhook === null ? {} : { webhook: url === null ? HIDDEN : `${url.origin}/${HIDDEN}` }), ...rest };
}

/** All that is in force, defaults filled in, in the form of providers.yaml; keys and proxy passwords as `***`. */
export function showConfig(config: Config): string {
  const { oauth, ca_file, auth, tls, socket, notify, ...settings } = config.settings;
  const { proxy, ...signIn } = oauth;
  return stringify(
    {
      providers: config.providers.map(showProvider),
      ...(config.model_routes.length === 0 ? {} : { model_routes: showRoutes(config.model_routes) }),
      settings: {
        ...settings,
        oauth: { ...signIn, ...(proxy === null ? {} : { proxy: showProxy(proxy) }) },
        ...(ca_file === null ? {} : { ca_file }),
        auth: showAuth(auth),
        ...(tls === null ? {} : { tls: { cert: tls.cert, key: tls.key } }),
        ...(socket === null ? {} : { socket }),
        notify: showNotify(notify),
      },
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}
