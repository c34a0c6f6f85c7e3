// The OAuth client that ccb is, from the settings, and the door to its endpoints.
import { CcbError } from "../core/errors.ts";
import type { Clock, Fetch } from "../core/ports.ts";
import { USER_AGENT } from "../core/version.ts";

/** The token endpoint's time-out, milliseconds: what the real client allows (facts/claude-code). */
const TIMEOUT_MS = 30_000;
/** A token reply is about 1 kB; what is larger is not one. */
const REPLY_LIMIT_BYTES = 256 * 1024;

export interface OAuthClient {
  readonly client_id: string;
  readonly authorize_url: string;
  readonly token_url: string;
  readonly redirect_uri: string;
  readonly scopes: string;
}

/** Outbound options that depend on the address: the proxy and the certificate authorities. */
export type Route = (url: string) => {
  readonly proxy: string | false;
  readonly tls?: { readonly ca: readonly string[] };
};

export interface EndpointDeps {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly route: Route;
}

/** What came back from an endpoint: status, the headers that matter, and the text. */
export interface EndpointReply {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | null;
  /** Cloudflare's word for "a challenge page, not an answer". */
  readonly mitigated: boolean;
  readonly text: string;
}

/**
 * Posts JSON to an OAuth endpoint (this server wants JSON where RFC 6749 says a form: facts A).
 * Redirects are not followed: a token request goes where the configuration says, or nowhere.
 * Rejects with `oauth_unavailable` when no whole answer came within 30 s.
 */
export async function postJson(
  deps: EndpointDeps,
  url: string,
  body: Readonly<Record<string, string>>,
): Promise<EndpointReply> {
  const abort = new AbortController();
  const cancel = deps.clock.after(TIMEOUT_MS, () => abort.abort());
  try {
    const response = await deps.fetch(url, {
      method: "POST",
      headers: new Headers({
        "content-type": "application/json",
        accept: "application/json",
        "user-agent": USER_AGENT,
      }),
      body: JSON.stringify(body),
      signal: abort.signal,
      redirect: "manual",
      timeout: false,
      // Rare calls: a pooled connection would be an old one, and a dead one costs 30 s.
      keepalive: false,
      ...deps.route(url),
    });
    return {
      status: response.status,
      contentType: response.headers.get("content-type") ?? "",
      retryAfter: response.headers.get("retry-after"),
      mitigated: response.headers.get("cf-mitigated") !== null,
      text: await readText(response),
    };
  } catch (cause) {
    throw new CcbError("oauth_unavailable", (words) => words.login.endpointUnreachable, { cause });
  } finally {
    cancel();
  }
}

async function readText(response: Response): Promise<string> {
  if (response.body === null) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > REPLY_LIMIT_BYTES) throw new Error("the reply is too large");
    chunks.push(chunk);
  }
  // Not toString: it would leave a byte order mark in front, and tokens behind it would be lost.
  return new TextDecoder().decode(Buffer.concat(chunks));
}
