// The page a person signs in on: what it needs of an authorization URL (RFC 6749 §4.1.1, RFC 7636).
export const CLIENT_ID = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";

const SCOPES = new Set([
  "org:create_api_key",
  "user:profile",
  "user:inference",
  "user:sessions:claude_code",
  "user:mcp_servers",
  "user:file_upload",
]);
const REDIRECTS = new Set([
  "https://platform.claude.com/oauth/code/callback",
  "https://console.anthropic.com/oauth/code/callback",
]);
const LOOPBACK_REDIRECT = /^http:\/\/localhost:\d+\/callback$/;

/** Every item of the query that the real page needs, once, and of the right form. */
export function checkAuthorizationUrl(loginUrl: string, expected: string) {
  const url = new URL(loginUrl);
  if (url.origin + url.pathname !== expected)
    throw new Error(`not the authorization page: ${url.origin}${url.pathname}`);
  const item = (name: string, fits: (value: string) => boolean): string => {
    const [value, ...more] = url.searchParams.getAll(name);
    if (value === undefined || more.length > 0) throw new Error(`authorization URL: ${name} must be there once`);
    if (!fits(value)) throw new Error(`authorization URL: bad ${name}: ${value}`);
    return value;
  };
  item("code", (value) => value === "true");
  item("response_type", (value) => value === "code");
  item("code_challenge_method", (value) => value === "S256");
  return {
    clientId: item("client_id", (value) => value === CLIENT_ID),
    redirectUri: item("redirect_uri", (value) => REDIRECTS.has(value) || LOOPBACK_REDIRECT.test(value)),
    scope: item("scope", (value) => value !== "" && value.split(" ").every((scope) => SCOPES.has(scope))),
    challenge: item("code_challenge", (value) => /^[A-Za-z0-9_-]{43}$/.test(value)),
    state: item("state", (value) => value.length >= 16),
  };
}
