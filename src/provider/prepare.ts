// What an upstream is sent: the client's own headers, signed. Pure.
import type { Provider } from "../config/config.ts";
import type { Secret } from "../core/secret.ts";
import { USER_AGENT } from "../core/version.ts";
import { endToEnd } from "./hop-by-hop.ts";

/** Without it the API answers 401 to an OAuth token (facts B 2). */
const OAUTH_BETA = "oauth-2025-04-20";

/** How an access token begins (facts A). */
const CLAUDE_TOKEN = "sk-ant-oat";
const NOT_RELAYED = ["host", "content-length", "expect", "x-ccb-key"];
const CREDENTIALS = ["authorization", "x-api-key"];

export type Signature =
  | { readonly kind: "oauth"; readonly token: Secret }
  | { readonly kind: "key"; readonly key: Secret; readonly header: Provider["auth_type"] }
  /** The client's own `authorization` or `x-api-key`, untouched. */
  | { readonly kind: "client" };

/**
 * The headers for an upstream: all end-to-end headers of the client but for credentials, `host` and the length, which
 * `fetch` sets. `expect` ends here too: ccb has answered it by reading the body.
 */
export function toUpstreamHeaders(client: Headers, signature: Signature): Headers {
  const headers = endToEnd(client);
  for (const name of NOT_RELAYED) headers.delete(name);
  if (signature.kind !== "client") for (const name of CREDENTIALS) headers.delete(name);
  if (!headers.has("user-agent")) headers.set("user-agent", USER_AGENT);
  sign(headers, signature);
  return headers;
}

function sign(headers: Headers, signature: Signature): void {
  switch (signature.kind) {
    case "oauth":
      signWithToken(headers, signature.token.reveal());
      return;
    case "key": {
      const key = signature.key.reveal();
      if (key.startsWith(CLAUDE_TOKEN)) signWithToken(headers, key);
      else if (signature.header === "api_key") headers.set("x-api-key", key);
      else headers.set("authorization", `Bearer ${key}`);
      return;
    }
    case "client":
  }
}

/** An access token, of an account or of `claude setup-token`, wherever it was kept. */
function signWithToken(headers: Headers, token: string): void {
  headers.set("authorization", `Bearer ${token}`);
  headers.set("anthropic-beta", withOAuthBeta(headers.get("anthropic-beta")));
  // With one the API answers 401 to an organization's token (facts B 3): it would look like a dead token.
  headers.delete("origin");
}

/** Appends the OAuth beta where it is missing; everything else stays, in its order and spelling. */
export function withOAuthBeta(value: string | null): string {
  if (value === null || value.trim() === "") return OAUTH_BETA;
  return value.split(",").some((item) => item.trim() === OAUTH_BETA) ? value : `${value},${OAUTH_BETA}`;
}

/** A Claude access token, wherever a client put it: it may go to Anthropic's origin alone. */
export function carriesClaudeToken(client: Headers): boolean {
  return CREDENTIALS.some((name) => (client.get(name) ?? "").includes(CLAUDE_TOKEN));
}

/** Path and query of a request as the client's parser gave them, behind the provider's base URL. */
export function toUpstreamUrl(provider: Provider, requestUrl: string): string {
  return provider.base_url + requestUrl.slice(requestUrl.indexOf("/", requestUrl.indexOf("//") + 2));
}
