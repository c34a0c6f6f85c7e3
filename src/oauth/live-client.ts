// The OAuth client and its way out by the configuration in force: a reload changes them for whoever uses them next.
import type { Config, Provider } from "../config/config.ts";
import type { OAuthClient } from "./client.ts";

/** The client by the settings in force; each use reads them anew. */
export function liveOAuthClient(current: () => Config): OAuthClient {
  return {
    get client_id() {
      return current().settings.oauth.client_id;
    },
    get authorize_url() {
      return current().settings.oauth.authorize_url;
    },
    get token_url() {
      return current().settings.oauth.token_url;
    },
    get redirect_uri() {
      return current().settings.oauth.redirect_uri;
    },
    get scopes() {
      return current().settings.oauth.scopes;
    },
  };
}

/** The proxy of sign-in and refresh: its own, else that of the first provider with accounts. */
export function oauthProxy({ settings, providers }: Config): Provider["proxy"] {
  const first = providers.find(({ enabled, credential }) => enabled && credential.kind === "oauth");
  return settings.oauth.proxy ?? first?.proxy ?? null;
}
