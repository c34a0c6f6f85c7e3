// The other side of the self-test, on loopback: an authorization server's token endpoint, and an upstream that checks
// tokens and answers as a step wants it to.
import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { builtin } from "../../core/builtin.ts";
import type { Clock } from "../../core/ports.ts";
import { sha256 } from "../../core/sha256.ts";

/** A message that came with a good token. */
export interface Asked {
  /** Whose token it came with. */
  readonly email: string;
  readonly body: Buffer;
  readonly response: ServerResponse;
}

export interface Peer {
  readonly url: string;
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  readonly exchanges: number;
  /** Refused ones too. */
  readonly refreshes: number;
  /** Plays the browser and the person: what the page would show for pasting. null: the address asks for no S256. */
  authorize(loginUrl: string, email: string): string | null;
  /** The access tokens of an account are refused from now on. */
  expire(email: string): void;
  /** How messages are answered from now on. */
  answer(handler: (asked: Asked) => void): void;
  stop(): void;
}

interface PendingCode {
  readonly email: string;
  readonly challenge: string;
  readonly redirectUri: string;
  readonly state: string;
}

const TokenRequestSchema = Type.Union([
  Type.Object({
    grant_type: Type.Literal("authorization_code"),
    code: Type.String(),
    state: Type.String(),
    redirect_uri: Type.String(),
    code_verifier: Type.String(),
  }),
  Type.Object({ grant_type: Type.Literal("refresh_token"), refresh_token: Type.String() }),
]);

const EXPIRED = "OAuth token has expired. Please obtain a new token or refresh your existing token.";
/** How long a refresh takes, milliseconds. */
const ANSWER_MS = 50;
const word = (): string => randomBytes(32).toString("base64url");

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  // prettier-ignore
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** The error envelope of the Messages API. */
export const envelope = (type: string, message: string) => ({ type: "error", error: { type, message } });

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}

/** Starts it at a free port of 127.0.0.1. */
export async function startPeer(clock: Pick<Clock, "after">): Promise<Peer> {
  const codes = new Map<string, PendingCode>();
  const access = new Map<string, string>();
  const refresh = new Map<string, string>();
  const accounts = new Map<string, string>();
  const counts = { exchanges: 0, refreshes: 0 };
  let handler: (asked: Asked) => void = ({ response }) => sendJson(response, 500, envelope("api_error", "no answer"));

  function issue(email: string, response: ServerResponse): void {
    const [token, renewal] = [`sk-ant-oat01-${word()}`, `sk-ant-ort01-${word()}`];
    access.set(token, email);
    refresh.set(renewal, email);
    const uuid = accounts.get(email) ?? randomUUID();
    accounts.set(email, uuid);
    sendJson(response, 200, {
      token_type: "Bearer",
      access_token: token,
      refresh_token: renewal,
      expires_in: 28_800,
      scope: "user:profile user:inference",
      account: { uuid, email_address: email },
    });
  }

  function token(body: unknown, response: ServerResponse): void {
    const refuse = (): void => sendJson(response, 400, { error: "invalid_grant" });
    if (!Value.Check(TokenRequestSchema, body)) return refuse();
    if (body.grant_type === "refresh_token") {
      const email = refresh.get(body.refresh_token);
      refresh.delete(body.refresh_token);
      counts.refreshes += 1;
      // Whoever asks a second time does so before the first is answered.
      clock.after(ANSWER_MS, () => (email === undefined ? refuse() : issue(email, response)));
      return;
    }
    const pending = codes.get(body.code);
    codes.delete(body.code);
    const challenge = sha256(body.code_verifier).toString("base64url");
    const good =
      pending?.challenge === challenge && pending.redirectUri === body.redirect_uri && pending.state === body.state;
    if (!good) return refuse();
    counts.exchanges += 1;
    return issue(pending.email, response);
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const path = (request.url ?? "").split("?")[0];
    if (path === "/v1/oauth/token") return token(parseJson(body), response);
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const email = access.get(bearer);
    const allowed = String(request.headers["anthropic-beta"] ?? "").includes("oauth-2025-04-20");
    if (email === undefined || !allowed) return sendJson(response, 401, envelope("authentication_error", EXPIRED));
    return handler({ email, body, response });
  }

  const server = builtin.http().createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  return {
    url,
    authorizeUrl: `${url}/oauth/authorize`,
    tokenUrl: `${url}/v1/oauth/token`,
    get exchanges() {
      return counts.exchanges;
    },
    get refreshes() {
      return counts.refreshes;
    },
    authorize(loginUrl, email) {
      const asked = new URL(loginUrl).searchParams;
      const [challenge, state, redirectUri] = ["code_challenge", "state", "redirect_uri"].map((name) => asked.get(name)); // prettier-ignore
      if (asked.get("code_challenge_method") !== "S256" || !challenge || !state || !redirectUri) return null;
      const code = word();
      codes.set(code, { email, challenge, redirectUri, state });
      return `${code}#${state}`;
    },
    expire(email) {
      for (const [value, owner] of access) if (owner === email) access.delete(value);
    },
    answer(next) {
      handler = next;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
