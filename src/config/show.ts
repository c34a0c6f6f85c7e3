// What is in force, as YAML, with the secrets hidden: the answer of `ccb check`.
import { stringify } from "yaml";

import type { Secret } from "../core/secret.ts";
import type { Config, Provider } from "./config.ts";

const HIDDEN = "***";

/** A proxy without its user name and password. */
function showProxy(proxy: Secret): string {
  const url = URL.parse(proxy.reveal());
  if (url === null) return HIDDEN;
  const userinfo = url.username === "" && url.password === "" ? "" : `${HIDDEN}@`;
  return `${url.protocol}//${userinfo}${url.host}`;
}

function showProvider(provider: Provider): Record<string, unknown> {
  const { name, type, base_url, auth_type, credential, enabled, priority, accounts, proxy } = provider;
  return {
    name,
    type,
    base_url,
    auth_type,
    auth_value: credential.kind === "key" ? HIDDEN : credential.kind,
    enabled,
    priority,
    ...(accounts === null ? {} : { accounts }),
    ...(proxy === null ? {} : { proxy: showProxy(proxy) }),
  };
}

/** All that is in force, defaults filled in, in the form of providers.yaml; keys and proxy passwords as `***`. */
export function showConfig(config: Config): string {
  const { oauth, ca_file, ...settings } = config.settings;
  const { proxy, ...signIn } = oauth;
  return stringify(
    {
      providers: config.providers.map(showProvider),
      settings: {
        ...settings,
        oauth: { ...signIn, ...(proxy === null ? {} : { proxy: showProxy(proxy) }) },
        ...(ca_file === null ? {} : { ca_file }),
      },
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}
