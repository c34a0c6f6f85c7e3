// Where ccb goes by itself: its upstreams and the token endpoint, and by which way.
import { parseHttpUrl } from "../../config/origins.ts";
import type { Config } from "../../config/config.ts";
import type { Secret } from "../../core/secret.ts";
import type { Words } from "../../core/words/en.ts";
import { oauthProxy } from "../../oauth/live-client.ts";

export interface Destination {
  readonly check: "upstream" | "token_endpoint";
  readonly name: string;
  readonly url: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** The one that the configuration names. */
  readonly proxy: Secret | null;
}

/** Each enabled provider, and the token endpoint where accounts are used. */
export function destinationsOf(config: Config, words: Words): readonly Destination[] {
  const enabled = config.providers.filter((provider) => provider.enabled);
  const upstreams = enabled.map(({ name, base_url, origin, proxy }) => ({
    check: "upstream" as const,
    name,
    url: base_url,
    origin,
    proxy,
  }));
  if (!enabled.some(({ credential }) => credential.kind === "oauth")) return upstreams;
  const url = config.settings.oauth.token_url;
  return [
    ...upstreams,
    {
      check: "token_endpoint",
      name: words.doctor.tokenEndpoint,
      url,
      origin: URL.parse(url)?.origin ?? "",
      proxy: oauthProxy(config),
    },
  ];
}

/** A proxy's address without what signs in to it; null: it cannot be read. */
export function shownProxy(address: string): string | null {
  const url = parseHttpUrl(address);
  return url === null ? null : `${url.protocol}//${url.host}`;
}
