// A real authorization server on loopback: PKCE, single-use codes, rotating refresh tokens, revocation, and faults on demand.
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { serveWire, type Exchange, type ReceivedRequest } from "./http-wire.ts";
import { failed, type Failure } from "./oauth-failure.ts";
import { checkAuthorizationUrl } from "./oauth-page.ts";
import { json, type Reply } from "./replies.ts";
import type { Identity } from "./upstream.ts";

/** A new person with one organization. */
export function identity(email: string, organizationName = `${email}'s organization`): Identity {
  return { accountUuid: randomUUID(), email, organizationUuid: randomUUID(), organizationName };
}

export interface OAuthServerOptions {
  /** Seconds; also how long an access token is accepted, by `now`. Default 28800. */
  expiresIn?: number;
  /** The answer to a refresh names no new refresh token, and the old one stays good. */
  omitRefreshToken?: boolean;
  /** Token answers say nothing of account and organization. */
  omitIdentity?: boolean;
  /** Token answers leave out the optional scope. */
  omitScope?: boolean;
  /** Milliseconds before each token answer. */
  delay?: number;
  /** A reused refresh token also revokes what its chain has got since. */
  reuseRevokesChain?: boolean;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

interface Authorization {
  readonly code: string;
  readonly state: string;
  /** redirect_uri?code=…&state=… */
  readonly callbackUrl: string;
  /** What the manual page shows: CODE#STATE. */
  readonly pasted: string;
}

interface Grant {
  readonly identity: Identity;
  readonly clientId: string;
  readonly scope: string;
  readonly chain: string;
}
interface PendingCode extends Grant {
  readonly challenge: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly madeAt: number;
}
interface AccessToken extends Grant {
  readonly expiresAt: number;
}

interface Revocation {
  readonly token: string;
  readonly hint: string | undefined;
  readonly clientId: string | undefined;
}

export interface OAuthServer {
  readonly url: string;
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  /** May be changed at any time. */
  readonly options: OAuthServerOptions;
  /** Successful ones. */
  readonly exchanges: number;
  readonly refreshes: number;
  /** Refresh tokens presented after they were used up. */
  readonly reuse: number;
  readonly revocations: readonly Revocation[];
  /** Every call, refused ones too. */
  readonly calls: readonly ReceivedRequest[];
  readonly userAgents: readonly (string | undefined)[];
  /** Access tokens that are good now, and whose. */
  readonly accessTokens: ReadonlyMap<string, Identity>;
  /** Refresh tokens that are good now, and whose. */
  readonly refreshTokens: ReadonlyMap<string, Identity>;
  /** Plays browser and person: checks the authorization URL as the real page would, throws where that shows an error. */
  authorize(loginUrl: string, identity: Identity): Authorization;
  /** For the upstream: whose token this is, while it is good. */
  readonly identify: (token: string) => Identity | undefined;
  /** The next `times` token calls fail. Several are used in order. */
  failNext(failure: Failure, times?: number): void;
  /** Holds every token answer back until the returned function is called. */
  hold(): () => void;
  /** Access tokens of this email are refused from now on; refresh works. */
  expire(email: string): void;
  /** Refresh tokens too. */
  revokeAll(email: string): void;
  /** Throws when a failure was left unused. */
  assertUsed(): void;
  readonly stop: () => Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const CODE_LIFETIME_MS = 600_000;

const secretPart = (length: number): string => randomBytes(length).toString("base64url").slice(0, length);
const oauthError = (code: string, description: string): Reply =>
  json(400, { error: code, error_description: description });
const field = (body: Readonly<Record<string, unknown>>, name: string): string | undefined =>
  typeof body[name] === "string" ? body[name] : undefined;

export async function startOAuthServer(initial: OAuthServerOptions = {}): Promise<OAuthServer> {
  const options: OAuthServerOptions = { ...initial };
  const now = initial.now ?? Date.now;
  const codes = new Map<string, PendingCode>();
  const access = new Map<string, AccessToken>();
  const refresh = new Map<string, Grant>();
  /** Refresh tokens used up, and their chain. */
  const spent = new Map<string, string>();
  const failures: Failure[] = [];
  const calls: ReceivedRequest[] = [];
  const revocations: Revocation[] = [];
  const counts = { exchanges: 0, refreshes: 0, reuse: 0 };
  let gate: Promise<void> | undefined;

  const issue = (grant: Grant, withRefresh: boolean): Reply => {
    const accessToken = `sk-ant-oat01-${secretPart(95)}`;
    const expiresIn = options.expiresIn ?? 28_800;
    access.set(accessToken, { ...grant, expiresAt: now() + expiresIn * 1000 });
    const refreshToken = withRefresh ? `sk-ant-ort01-${secretPart(95)}` : undefined;
    if (refreshToken !== undefined) refresh.set(refreshToken, grant);
    const { accountUuid, email, organizationUuid, organizationName } = grant.identity;
    return json(200, {
      token_type: "Bearer",
      access_token: accessToken,
      expires_in: expiresIn,
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
      ...(options.omitScope ? {} : { scope: grant.scope }),
      ...(options.omitIdentity
        ? {}
        : {
            account: { uuid: accountUuid, email_address: email },
            organization: { uuid: organizationUuid, name: organizationName },
          }),
    });
  };

  const exchange = (body: Readonly<Record<string, unknown>>): Reply => {
    const code = field(body, "code") ?? "";
    const pending = codes.get(code);
    // Used up by the first try, right or wrong (RFC 6749 §4.1.2).
    codes.delete(code);
    if (!pending || now() - pending.madeAt > CODE_LIFETIME_MS)
      return oauthError("invalid_grant", "Invalid 'code' in request.");
    if (field(body, "client_id") !== pending.clientId)
      return oauthError("invalid_client", "Invalid 'client_id' in request.");
    if (field(body, "redirect_uri") !== pending.redirectUri)
      return oauthError("invalid_grant", "Invalid 'redirect_uri' in request.");
    if (field(body, "state") !== pending.state) return oauthError("invalid_grant", "Invalid 'state' in request.");
    const verifier = field(body, "code_verifier") ?? "";
    const wellFormed = /^[A-Za-z0-9\-._~]{43,128}$/.test(verifier);
    if (!wellFormed || createHash("sha256").update(verifier).digest("base64url") !== pending.challenge)
      return oauthError("invalid_grant", "Invalid 'code_verifier' in request.");
    counts.exchanges++;
    return issue(pending, true);
  };

  const renew = (body: Readonly<Record<string, unknown>>): Reply => {
    const token = field(body, "refresh_token") ?? "";
    const chain = spent.get(token);
    if (chain !== undefined) {
      counts.reuse++;
      if (options.reuseRevokesChain) drop((grant) => grant.chain === chain);
    }
    const grant = refresh.get(token);
    if (!grant) return oauthError("invalid_grant", "Refresh token not found or invalid");
    if (field(body, "client_id") !== grant.clientId)
      return oauthError("invalid_client", "Invalid 'client_id' in request.");
    const scope = field(body, "scope");
    if (scope?.split(" ").some((item) => !grant.scope.split(" ").includes(item)))
      return oauthError("invalid_scope", "The requested scope is invalid, unknown, or malformed.");
    counts.refreshes++;
    if (options.omitRefreshToken) return issue(grant, false);
    refresh.delete(token);
    spent.set(token, grant.chain);
    return issue(grant, true);
  };

  const drop = (which: (grant: Grant) => boolean): void => {
    for (const [token, grant] of access) if (which(grant)) access.delete(token);
    for (const [token, grant] of refresh) if (which(grant)) refresh.delete(token);
  };

  const token = (request: ReceivedRequest): Reply => {
    const body = jsonBody(request);
    if (!body) return oauthError("invalid_request", "Only JSON bodies are taken here.");
    const grantType = field(body, "grant_type");
    const at = failures.findIndex((failure) => failure.grant === undefined || failure.grant === grantType);
    const failure = at < 0 ? undefined : failures.splice(at, 1)[0];
    if (failure && !failure.consume) return failed(failure);
    const answer =
      grantType === "authorization_code"
        ? exchange(body)
        : grantType === "refresh_token"
          ? renew(body)
          : oauthError("unsupported_grant_type", "Unsupported grant_type.");
    return failure ? failed(failure) : answer;
  };

  /** RFC 7009: 200 for unknown tokens too. Takes JSON and form bodies. */
  const revoke = (request: ReceivedRequest): Reply => {
    const body = jsonBody(request) ?? Object.fromEntries(new URLSearchParams(request.text));
    const value = field(body, "token");
    if (value === undefined) return oauthError("invalid_request", "token is required");
    revocations.push({
      token: value,
      hint: field(body, "token_type_hint"),
      clientId: field(body, "client_id"),
    });
    const grant = refresh.get(value);
    if (grant) drop((other) => other.chain === grant.chain);
    access.delete(value);
    return json(200, {});
  };

  const serve = async (request: ReceivedRequest, wire: Exchange): Promise<void> => {
    calls.push(request);
    const path = request.path;
    if (gate) await Promise.race([gate, wire.silence()]);
    if (options.delay) await wire.sleep(options.delay);
    if (wire.gone.aborted) return;
    const reply =
      request.method !== "POST"
        ? json(405, { error: "invalid_request" })
        : path === "/v1/oauth/token"
          ? token(request)
          : path === "/v1/oauth/token/revoke"
            ? revoke(request)
            : json(404, { error: "not_found" });
    await reply.send(wire);
  };
  const wire = await serveWire({ onRequest: serve });
  const url = `http://127.0.0.1:${wire.port}`;
  const authorizeUrl = `${url}/oauth/authorize`;

  return {
    url,
    authorizeUrl,
    tokenUrl: `${url}/v1/oauth/token`,
    options,
    get exchanges() {
      return counts.exchanges;
    },
    get refreshes() {
      return counts.refreshes;
    },
    get reuse() {
      return counts.reuse;
    },
    revocations,
    calls,
    get userAgents() {
      return calls.map((call) => call.header("user-agent"));
    },
    get accessTokens() {
      return new Map(
        [...access].filter(([, grant]) => grant.expiresAt > now()).map(([value, grant]) => [value, grant.identity]),
      );
    },
    get refreshTokens() {
      return new Map([...refresh].map(([value, grant]) => [value, grant.identity]));
    },
    authorize: (loginUrl, person) => {
      const asked = checkAuthorizationUrl(loginUrl, authorizeUrl);
      const code = secretPart(43);
      codes.set(code, { ...asked, identity: person, chain: randomUUID(), madeAt: now() });
      const callback = new URL(asked.redirectUri);
      callback.searchParams.set("code", code);
      callback.searchParams.set("state", asked.state);
      return {
        code,
        state: asked.state,
        callbackUrl: callback.href,
        pasted: `${code}#${asked.state}`,
      };
    },
    identify: (value) => {
      const grant = access.get(value);
      return grant && grant.expiresAt > now() ? grant.identity : undefined;
    },
    failNext: (failure, times = 1) => {
      for (let index = 0; index < times; index++) failures.push(failure);
    },
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return () => {
        gate = undefined;
        resolve();
      };
    },
    expire: (email) => {
      for (const [value, grant] of access) if (grant.identity.email === email) access.delete(value);
    },
    revokeAll: (email) => drop((grant) => grant.identity.email === email),
    assertUsed: () => {
      if (failures.length > 0)
        throw new Error(`${failures.length} scripted failures of the token endpoint were not used`);
    },
    stop: wire.stop,
    [Symbol.asyncDispose]: wire.stop,
  };
}

function jsonBody(request: ReceivedRequest): Readonly<Record<string, unknown>> | undefined {
  if (!/^application\/json\b/i.test(request.header("content-type") ?? "")) return undefined;
  try {
    const body: unknown = request.json();
    return typeof body === "object" && body !== null ? { ...body } : undefined;
  } catch {
    return undefined;
  }
}
